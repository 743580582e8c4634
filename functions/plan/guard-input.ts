// What the guards look at, and the policy that they go by. Types only; the table of the guards is in guards.ts.
import type { Name } from '../records/name.ts';
import type { Rrset } from '../records/rrset.ts';
import type { ProviderCapabilities } from './capabilities.ts';
import type { HoldMemory } from './memory.ts';
import type { Change } from './plan.ts';

export interface PlanPolicy {
  /** Names without which no set is believed: default `kubernetes.default.svc.<zone>`. */
  readonly mustHave: readonly Name[];
  /** From 0 to 1. */
  readonly maxDeleteShare: number;
  /** Below this number the share counts only from one half up. */
  readonly minDeletesToHold: number;
  /** A hold that is older lets go by itself, in milliseconds; 0: never. */
  readonly holdExpiresAfterMs: number;
}

/** What the guards look at. `current` and `changes` hold nothing but what Lifeboat owns; `desired` is as it came. */
export interface GuardInput {
  readonly zone: Name;
  readonly desired: readonly Rrset[];
  readonly current: readonly Rrset[];
  readonly changes: readonly Change[];
  readonly policy: PlanPolicy;
  readonly clusterHealthy: boolean;
  readonly capabilities: ProviderCapabilities;
  /** As recalled: memory.ts. */
  readonly memory: HoldMemory;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

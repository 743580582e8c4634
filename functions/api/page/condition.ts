// A condition: one thing that a person should know of a cluster now, with the five answers of the first screen. Types only.
import type { Deed, Step } from '../../alerts/catalogue/entry.ts';
import type { Finding } from '../../decision/incidents/findings.ts';

/**
 * `calm` nothing is wrong and Lifeboat sees well; `progress` it is being put right; `warning`, `critical` the cluster or the standby needs
 * somebody; `blind` Lifeboat itself cannot see or cannot work, so that nothing else it says may be relied on.
 */
export type Severity = 'calm' | 'progress' | 'warning' | 'critical' | 'blind';

export interface Condition {
  readonly severity: Severity;
  readonly headline: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Vantages; none where it is Lifeboat's own knowledge. */
  readonly seenFrom: readonly string[];
  readonly did: readonly Deed[];
  readonly next: readonly Step[];
  /** Is this told by it already? */
  readonly tells?: (finding: Finding) => boolean;
}

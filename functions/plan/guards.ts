// The guards: what refuses a plan, and what holds deletes back. Pure. They change no plan themselves: build.ts carries the verdict out.
//
// | guard             | when                                                                        | effect                          |
// |-------------------|-----------------------------------------------------------------------------|---------------------------------|
// | empty-desired     | the desired set has no records of ours                                      | refuse                          |
// | must-have         | a must-have name has no A, AAAA or CNAME in the desired set                 | refuse                          |
// | ownership         | the desired set holds a record outside what Lifeboat owns                   | refuse                          |
// | alias-alone       | a desired CNAME stands beside another type, or has two values               | refuse                          |
// | rrset-size        | a desired set has more values than the DNS host takes                       | refuse                          |
// | batch-size        | what must be written at once (a set, a CNAME switch) fits no batch          | refuse                          |
// | cluster-health    | the cluster is not healthy                                                  | hold every delete               |
// | delete-share      | N deletes out of M sets that the zone holds:                                | hold every delete               |
// |                   |   N >= minDeletesToHold and N / M > maxDeleteShare, or in any zone, however |                                 |
// |                   |   small, N >= 2 and N / M > the larger of maxDeleteShare and one half       |                                 |
// | namespace-lost    | a namespace has names in the zone and none in the desired set               | hold the namespace's deletes    |
//
// A delete is a loss: the delete within a switch between CNAME and other types is none (order.ts). Adds and changes are never held.
// An operator's release lifts delete-share and namespace-lost, which then only note; it never lifts cluster-health nor a refusal.
import type { Name } from '../records/name.ts';
import type { Rrset } from '../records/rrset.ts';
import type { ProviderCapabilities } from './capabilities.ts';
import { changeKey } from './diff.ts';
import { type Hold, heldByHealth, heldByNamespace, heldByShare } from './holds.ts';
import { lossesAmong } from './order.ts';
import type { Change, Finding } from './plan.ts';
import { refusals } from './refusals.ts';

export interface PlanPolicy {
  /** Names without which no set is believed: default `kubernetes.default.svc.<zone>`. */
  readonly mustHave: readonly Name[];
  /** From 0 to 1, default 0.3. */
  readonly maxDeleteShare: number;
  /** Below this number of deletes the share counts only from one half up; default 10. */
  readonly minDeletesToHold: number;
}

/** What an operator lets through, once. */
export type Release = { readonly kind: 'none' } | { readonly kind: 'all' };

/** What the guards look at. `current` and `changes` hold nothing but what Lifeboat owns; `desired` is as it came. */
export interface GuardInput {
  readonly zone: Name;
  readonly desired: readonly Rrset[];
  readonly current: readonly Rrset[];
  readonly changes: readonly Change[];
  readonly policy: PlanPolicy;
  readonly clusterHealthy: boolean;
  readonly capabilities: ProviderCapabilities;
  readonly release: Release;
}

export interface GuardVerdict {
  readonly findings: readonly Finding[];
  /** Keys of the sets whose deletes are held. */
  readonly heldKeys: ReadonlySet<string>;
}

/** Asks every guard. All of them speak, so that a person sees the whole picture at once. */
export function runGuards(input: GuardInput): GuardVerdict {
  const losses = lossesAmong(input.changes);
  const byPolicy = [...heldByShare(input, losses), ...heldByNamespace(input, losses)];
  const holds = [...heldByHealth(input, losses), ...(input.release.kind === 'all' ? byPolicy.map(released) : byPolicy)];
  return {
    findings: [...refusals(input), ...holds.map((hold) => hold.finding)],
    heldKeys: new Set(holds.flatMap((hold) => hold.changes.map(changeKey))),
  };
}

function released({ finding }: Hold): Hold {
  return { finding: { ...finding, effect: 'note', reason: `${finding.reason}; released by an operator` }, changes: [] };
}

// The guards: what refuses a plan, and what of it is held back. Pure. They change no plan themselves: build.ts carries the verdict out.
//
// | guard             | when                                                                        | effect                          |
// |-------------------|-----------------------------------------------------------------------------|---------------------------------|
// | empty-desired     | the desired set has no records of ours                                      | refuse                          |
// | must-have         | a must-have name has no A, AAAA or CNAME in the desired set                 | refuse                          |
// | ownership         | the desired set holds a record outside what Lifeboat owns                   | refuse                          |
// | alias-alone       | a desired CNAME stands beside another type, or has two values               | refuse                          |
// | rrset-size        | a desired set has more values than the DNS host takes                       | refuse                          |
// | batch-size        | what must be written at once (a set, a CNAME switch) fits no batch          | refuse                          |
// | zone-size         | what the plan adds is more than the host lets the zone hold (quota.ts)      | refuse                          |
// | cluster-health    | the cluster is not healthy, or was not when the snapshot was taken          | hold every loss                 |
// | delete-share      | N deletes, or N sets fewer, than the M that the zone held in the last day   | hold every delete               |
// |                   | at most, endpoints' names of Services that stay left out:                   |                                 |
// |                   |   N >= minDeletesToHold and N / M > maxDeleteShare, or in any zone, however |                                 |
// |                   |   small, N >= 2 and N / M > the larger of maxDeleteShare and one half, of   |                                 |
// |                   |   the sets or of the Services that go wholly                                |                                 |
// | namespace-lost    | a namespace has names in the zone and none in the desired set               | hold the namespace's deletes    |
// | addresses-lost    | N addresses fewer, set by set or than the zone held in the last day at most:| hold what loses addresses       |
// |                   | the same shares                                                             |                                 |
// | renumbered        | N sets keep none of their addresses: the same shares of the sets that have  | hold them as they are; in an    |
// |                   | some, but for those of pods; N >= 2 is enough when a must-have name is      | outage those of one value       |
// |                   | among them                                                                  |                                 |
// | forgotten         | what was held is not known any more (functions/tasks/publish/holds.ts)              | hold every loss                 |
// | too-many          | more is held than can be kept by name                                       | hold every loss                 |
// | unread-source     | a record of the source could not be read                                    | note; unread.ts says what stays |
// | unread-zone       | a record of the zone could not be read                                      | note; nothing is changed there  |
//
// A loss is a set that is deleted, a set of several values that loses one, or a name that goes from CNAME to other types or back; for
// `renumbered` also the one value of a set. What is added is never held: of a set that shrinks, the new values go out beside the old ones,
// as many as the DNS host takes, the old ones first. What was kept so is not lost a second time when it goes: addresses are counted against
// those that the set had before (memory.ts). The name of an endpoint of a Service that stays counts by its address, not for delete-share, and
// not at all when the Service has as many endpoints as before (endpoints.ts): pods come and go.
//
// What a guard but cluster-health holds stays held, whatever later plans look like, until the desired set no longer asks for the loss, an
// operator releases it, or the policy lets it expire (memory.ts); a set that has as many addresses again as it had asks for no loss. A
// release lifts no cluster-health and no refusal.
import { count, maxNamesListed } from './findings.ts';
import type { GuardInput } from './guard-input.ts';
import {
  type Hold,
  heldAltogether,
  heldAsRenumbered,
  heldBefore,
  heldByAddresses,
  heldByHealth,
  heldByNamespace,
  heldByShare,
} from './holds.ts';
import { type Loss, lossesAmong } from './losses.ts';
import { type HoldMemory, passes } from './memory.ts';
import { changeTarget, type Finding, type HoldGuard } from './plan.ts';
import { refusals } from './refusals.ts';

export interface GuardVerdict {
  readonly findings: readonly Finding[];
  /** By which guard each loss is held. */
  readonly held: ReadonlyMap<Loss, HoldGuard>;
}

/** Asks every guard. All of them speak, so that a person sees the whole picture at once. */
export function runGuards(input: GuardInput): GuardVerdict {
  const { memory, now, policy } = input;
  const pass = { memory, now, holdExpiresAfterMs: policy.holdExpiresAfterMs };
  const losses = lossesAmong(input.changes);
  const byPass = Map.groupBy(losses, (loss) => passes(pass, loss));
  const holds = holdsOf(input, losses, byPass.get(undefined) ?? []);
  const notes = [...byPass].flatMap(([why, out]) => (why === undefined ? [] : [letOut(memory, why, out)]));
  // The first one to hold a loss is the one that it is held by.
  const held = holds.toReversed().flatMap(({ guard, losses: of }) => of.map((loss) => [loss, guard] as const));
  return {
    findings: [...refusals(input), ...holds.flatMap((hold) => hold.findings), ...notes],
    held: new Map(held),
  };
}

/** `judged`: the losses that nothing lets out. In an outage, where every loss is held anyway, their number says nothing. */
function holdsOf(input: GuardInput, all: readonly Loss[], judged: readonly Loss[]): readonly Hold[] {
  const byNumber: Hold[] = [...heldAsRenumbered(input, judged)];
  if (input.clusterHealthy) {
    const byShare = heldByShare(input, judged);
    const deleted = new Set(byShare.flatMap(({ losses }) => losses));
    const rest = judged.filter((loss) => !deleted.has(loss));
    byNumber.push(...byShare, ...heldByNamespace(input, judged), ...heldByAddresses(input, rest));
  }
  const spokenOf = new Set(byNumber.flatMap(({ losses }) => losses));
  const before = heldBefore(input, judged, spokenOf);
  return [...before, ...byNumber, ...heldAltogether(input, judged), ...heldByHealth(input, all)];
}

function letOut({ released }: HoldMemory, why: 'released' | 'expired', losses: readonly Loss[]): Finding {
  const who = [...new Set([...released.values()].map((one) => `${one.who}: ${one.why}`))].join('; ');
  const words = why === 'released' ? `released by ${who}` : 'let out, held for longer than the policy holds';
  const names = losses.flatMap(({ changes }) => changes.map((change) => changeTarget(change).name));
  return {
    guard: why,
    effect: 'note',
    reason: `${count(losses.length, 'loss', 'es')} ${words}`,
    numbers: { losses: losses.length },
    names: [...new Set(names)].slice(0, maxNamesListed),
  };
}

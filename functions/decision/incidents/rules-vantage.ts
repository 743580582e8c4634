// The incidents of vantages: one that has fallen silent, too few of them to confirm anything, and requests in their name that were refused.
// Pure.

import { clip } from '../../lib/clip.ts';
import { duration } from '../../lib/duration.ts';
import { own } from '../../lib/own.ts';
import { targetsOf } from '../health/assess.ts';
import { outOfReach } from '../health/reach.ts';
import { judgedByUplink } from '../health/uplink.ts';
import { nobody, quietSince } from '../health/vantages.ts';
import { targetKey } from '../health/verdict.ts';
import { maxAgeMs, type Policy } from '../machine/policy.ts';
import { streakOf } from '../machine/selectors.ts';
import { type ClusterState, type ReachKind, reachKinds } from '../machine/state.ts';
import { command, type Rule } from './rule.ts';
import { counted } from './words.ts';

/** Fewer are chance: a request that another one overtook, a process that was started again. */
const leastRefusals = 3;
const maxNamesCharacters = 300;

/**
 * | key                | opens after                                                  | closes after                    | severity |
 * |--------------------|--------------------------------------------------------------|---------------------------------|----------|
 * | vantage/ID         | nothing fresh of it for `degradedRounds` intervals           | `healthyRounds` rounds in a row | warning; critical when a target has no fresh observation |
 * | quorum/KIND        | fewer known readings than the quorum needs, for `degradedRounds` looks or again and again, of a target that somebody calls healthy | `healthyRounds` looks with enough | critical for the API server, else warning |
 * | vantage-refused/ID | three refused requests in its name without ten calm minutes between | ten calm minutes         | warning  |
 * | vantage-refused    | the same of requests that name no known vantage              | the same                        | warning  |
 */
export function vantageRules(state: ClusterState, policy: Policy, now: number): readonly Rule[] {
  return [
    ...policy.vantages.map((id) => silent(state, id, policy, now)),
    ...reachKinds.map((kind) => tooFew(state, kind, policy, now)),
    ...[nobody, ...policy.vantages].map((id) => refused(state, id, now)),
  ];
}

function silent(state: ClusterState, id: string, policy: Policy, now: number): Rule {
  const vantage = own(state.vantages, id);
  const quietMs = vantage === undefined ? 0 : now - quietSince(vantage);
  const isBack = vantage !== undefined && vantage.rounds >= policy.healthyRounds && quietMs <= maxAgeMs(policy);
  const unseen = targetsOf({ ...policy, standbys: [] }).filter((target) => {
    const verdict = state.verdicts[targetKey(target)];
    return verdict === undefined || verdict.reason === 'no-observation';
  });
  const lost =
    unseen.length === 0
      ? 'Every target is still seen from elsewhere.'
      : `Not seen by anybody: ${unseen.map(targetKey).join(', ')}.`;
  return {
    key: `vantage/${id}`,
    opens: quietMs >= policy.degradedRounds * policy.intervalMs,
    stays: !isBack,
    tell: () => ({
      severity: unseen.length === 0 ? 'warning' : 'critical',
      summary: `vantage ${id} has delivered nothing fresh for ${duration(quietMs)}${unseen.length === 0 ? '' : ': there is a target that nobody looks at'}`,
      whatIsWrong: `No observation of ${id} that counts ${vantage?.heardAt == null ? 'has ever come' : 'comes any more'}: its process, its network, its clock or its key. ${lost}`,
      since: vantage === undefined ? now : quietSince(vantage),
      seenFrom: [],
      whatLifeboatDid: 'Took what only it looks at for unknown, which is not down: an outage there would not be seen.',
      whatToRunNext: `where it runs: ${command(state.cluster, `vantage --id ${id} --once`)}`,
    }),
  };
}

function tooFew(state: ClusterState, kind: ReachKind, policy: Policy, now: number): Rule {
  const known = state.reach[kind];
  const isOpen = known?.isOpen === true;
  const targets = !isOpen
    ? []
    : outOfReach(kind, judgedByUplink(state.observations, policy), targetsOf(policy), policy, now);
  const { downs, groups } = policy.quorum[kind];
  const needed = `${counted(downs, 'vantage')}${groups > 1 ? ` of ${groups} groups` : ''}`;
  const names = targets.length === 0 ? kind : targets.join(', ');
  const seen = isOpen ? state.observations.filter(({ target }) => target.kind === kind) : [];
  const heard = [...new Set(seen.map((one) => one.vantage))];
  return {
    key: `quorum/${kind}`,
    // Where nobody knows anything `blind` and `no-healthy-replica` tell, and while it is coming back it is not told anew.
    opens: targets.some((key) => streakOf(state, key).healthy >= policy.healthyRounds),
    stays: isOpen,
    tell: () => ({
      severity: kind === 'apiserver' ? 'critical' : 'warning',
      summary: `an outage could not be confirmed: of ${clip(names, maxNamesCharacters)} fewer than ${needed} know anything`,
      whatIsWrong: `The quorum asks for ${needed}, and ${heard.length === 0 ? 'nobody delivers' : `only ${heard.join(', ')} deliver`}, or know nothing: silent, refused, or cut off. What they see now is healthy; if it went down, the verdict would be unknown.`,
      since: known?.at ?? now,
      seenFrom: heard,
      whatLifeboatDid: 'Nothing fails over by itself until enough of them see it again.',
      whatToRunNext: `${command(state.cluster, 'status')} says which vantage is silent, ${command(state.cluster, 'check')} which is refused`,
    }),
  };
}

function refused(state: ClusterState, id: string, now: number): Rule {
  const spell = own(state.refusals, id);
  const whose = id === nobody ? 'that name no known vantage' : `in the name of vantage ${id}`;
  return {
    key: id === nobody ? 'vantage-refused' : `vantage-refused/${id}`,
    opens: spell !== undefined && spell.count >= leastRefusals,
    stays: spell !== undefined,
    tell: () => ({
      severity: 'warning',
      summary: `${spell?.count ?? 0} requests ${whose} were refused, wholly or in part, the last one as ${spell?.refusal ?? 'unknown'}`,
      whatIsWrong: `The last one: ${spell?.reason ?? 'unknown'}. Somebody has its token but not its key, two processes share one key, a clock is wrong, or it is of another version or configuration.`,
      since: spell?.since ?? now,
      seenFrom: [],
      whatLifeboatDid: 'Counted nothing of what was refused.',
      whatToRunNext: `${command(state.cluster, 'status')}; when it is nobody of yours, replace the token of the scope vantage`,
    }),
  };
}

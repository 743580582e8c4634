// The incidents of vantages: one that has fallen silent, too few of them to confirm anything, and requests in their name that were refused.
// Pure.
import { own } from '../../lib/own.ts';
import { targetsOf } from '../health/assess.ts';
import { outOfReach } from '../health/reach.ts';
import { judgedByUplink } from '../health/uplink.ts';
import { nobody, quietSince } from '../health/vantages.ts';
import { targetKey } from '../health/verdict.ts';
import { maxAgeMs, type Policy } from '../machine/policy.ts';
import { streakOf } from '../machine/selectors.ts';
import { type ClusterState, type ReachKind, reachKinds } from '../machine/state.ts';
import { known, type Rule } from './rule.ts';

/** Fewer are chance: a request that another one overtook, a process that was started again. */
const leastRefusals = 3;

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
  return {
    key: `vantage/${id}`,
    opens: quietMs >= policy.degradedRounds * policy.intervalMs,
    stays: !isBack,
    tell: () => ({
      severity: unseen.length === 0 ? 'warning' : 'critical',
      ...known(vantage === undefined ? now : quietSince(vantage)),
      facts: {
        kind: 'vantage',
        vantage: id,
        quietSince: now - quietMs,
        wasHeard: vantage?.heardAt != null,
        unseen: unseen.map(targetKey),
      },
    }),
  };
}

function tooFew(state: ClusterState, kind: ReachKind, policy: Policy, now: number): Rule {
  const reach = state.reach[kind];
  const isOpen = reach?.isOpen === true;
  const targets = !isOpen
    ? []
    : outOfReach(kind, judgedByUplink(state.observations, policy), targetsOf(policy), policy, now);
  const { downs, groups } = policy.quorum[kind];
  const seen = isOpen ? state.observations.filter(({ target }) => target.kind === kind) : [];
  const heard = [...new Set(seen.map((one) => one.vantage))];
  return {
    key: `quorum/${kind}`,
    // Where nobody knows anything `blind` and `no-healthy-replica` tell, and while it is coming back it is not told anew.
    opens: targets.some((key) => streakOf(state, key).healthy >= policy.healthyRounds),
    stays: isOpen,
    tell: () => ({
      severity: kind === 'apiserver' ? 'critical' : 'warning',
      ...known(reach?.at ?? now),
      seenFrom: heard,
      facts: { kind: 'quorum', of: kind, downs, groups, targets, heard },
    }),
  };
}

function refused(state: ClusterState, id: string, now: number): Rule {
  const spell = own(state.refusals, id);
  return {
    key: id === nobody ? 'vantage-refused' : `vantage-refused/${id}`,
    opens: spell !== undefined && spell.count >= leastRefusals,
    stays: spell !== undefined,
    tell: () => ({
      severity: 'warning',
      ...known(spell?.since ?? now),
      facts: {
        kind: 'vantage-refused',
        vantage: id === nobody ? null : id,
        count: spell?.count ?? 0,
        refusal: spell?.refusal ?? 'unknown',
        reason: spell?.reason ?? 'unknown',
      },
    }),
  };
}

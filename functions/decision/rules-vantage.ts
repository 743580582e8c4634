// The incidents of vantages: one that has fallen silent, and requests in its name that were refused. Pure.

import { duration } from '../lib/duration.ts';
import { own } from '../lib/own.ts';
import { targetsOf } from './assess.ts';
import { maxAgeMs, type Policy } from './policy.ts';
import { command, type Rule } from './rule.ts';
import type { ClusterState } from './state.ts';
import { nobody, quietSince } from './vantages.ts';
import { targetKey } from './verdict.ts';

/** Fewer are chance: a request that another one overtook, a process that was started again. */
const leastRefusals = 3;

/**
 * | key                | opens after                                                  | closes after                    | severity |
 * |--------------------|--------------------------------------------------------------|---------------------------------|----------|
 * | vantage/ID         | nothing fresh of it for `degradedRounds` intervals           | `healthyRounds` rounds in a row | warning; critical when a target has no fresh observation |
 * | vantage-refused/ID | three refused requests in its name without ten calm minutes between | ten calm minutes         | warning  |
 * | vantage-refused    | the same of requests that name no known vantage              | the same                        | warning  |
 */
export function vantageRules(state: ClusterState, policy: Policy, now: number): readonly Rule[] {
  return [
    ...policy.vantages.map((id) => silent(state, id, policy, now)),
    ...[nobody, ...policy.vantages].map((id) => refused(state, id, now)),
  ];
}

function silent(state: ClusterState, id: string, policy: Policy, now: number): Rule {
  const vantage = own(state.vantages, id);
  const quietMs = vantage === undefined ? 0 : now - quietSince(vantage);
  const isBack = vantage !== undefined && vantage.rounds >= policy.healthyRounds && quietMs <= maxAgeMs(policy);
  const unseen = targetsOf(policy).filter((target) => {
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

function refused(state: ClusterState, id: string, now: number): Rule {
  const spell = own(state.refusals, id);
  const whose = id === nobody ? 'that name no known vantage' : `in the name of vantage ${id}`;
  return {
    key: id === nobody ? 'vantage-refused' : `vantage-refused/${id}`,
    opens: spell !== undefined && spell.count >= leastRefusals,
    stays: spell !== undefined,
    tell: () => ({
      severity: 'warning',
      summary: `${spell?.count ?? 0} requests ${whose} were refused, the last one as ${spell?.refusal ?? 'unknown'}`,
      whatIsWrong: `The last one: ${spell?.reason ?? 'unknown'}. Somebody has its token but not its key, two processes share one key, or a clock is wrong.`,
      since: spell?.since ?? now,
      seenFrom: [],
      whatLifeboatDid: 'Counted none of them.',
      whatToRunNext: `${command(state.cluster, 'status')}; when it is nobody of yours, replace the token of the scope vantage`,
    }),
  };
}

// The incidents of refused credentials: of a target that takes none from anybody, and of a single vantage that others do not share. Pure.

import type { Target } from '../../model/target.ts';
import { targetsOf } from '../health/assess.ts';
import { deliveringOf, partsOf } from '../health/credentials.ts';
import { apiServerKey, targetKey } from '../health/verdict.ts';
import type { Policy } from '../machine/policy.ts';
import { conditionOf, streakOf } from '../machine/selectors.ts';
import type { ClusterState } from '../machine/state.ts';
import { isOpenIncident } from './key.ts';
import { asSeen, type Rule } from './rule.ts';
import { sightOf } from './rules-target.ts';

/**
 * | key                             | opens after                                                                    | closes after            | severity |
 * |---------------------------------|--------------------------------------------------------------------------------|-------------------------|----------|
 * | credential/TARGET               | every vantage that delivers about it was refused for `downRounds` rounds, or again and again | `healthyRounds` answered rounds, and one takes it | critical for the API server, else warning |
 * | credential/TARGET/VANTAGE       | one was and still is, and another is not                                       | its own `healthyRounds` rounds with a credential that was taken | warning: what it costs is told by `quorum/…` |
 *
 * TARGET is `apiserver`, `dns/ADDRESS` or `standby/STANDBY`.
 */
export function credentialRules(state: ClusterState, policy: Policy): readonly Rule[] {
  return targetsOf(policy).flatMap((target) => [ofAll(state, target, policy), ...ofSingle(state, target)]);
}

function ofAll(state: ClusterState, target: Target, policy: Policy): Rule {
  const key = targetKey(target);
  const name = `credential/${nameOf(target)}`;
  // In peace there is nothing to look for.
  const isQuiet = Object.keys(state.credentials).length === 0 && !isOpenIncident(state, name);
  const delivering = isQuiet ? [] : deliveringOf(state, key);
  const { healthy, bad } = streakOf(state, key);
  const condition = conditionOf(state, key);
  const answered = condition === 'healthy' ? healthy : condition === 'degraded' ? bad : 0;
  return {
    key: name,
    opens: delivering.length > 0 && delivering.every(({ isOpen }) => isOpen),
    shows: key === apiServerKey && state.verdicts[key]?.reason === 'credential' ? 'critical' : undefined,
    stays: answered < policy.healthyRounds || delivering.every(({ isOpen, isRefused }) => isOpen || isRefused),
    tell: () => {
      const verdict = state.verdicts[key];
      const severity = key === apiServerKey ? 'critical' : 'warning';
      const isRefused = verdict === undefined || verdict.condition === 'unknown';
      return {
        severity,
        ...asSeen(state, verdict),
        facts: { kind: 'credential', target, ...sightOf(verdict, null), isRefused },
      };
    },
  };
}

/** Those that are refused while somebody else is not: what all are refused is told once. */
function ofSingle(state: ClusterState, target: Target): readonly Rule[] {
  const key = targetKey(target);
  const known = Object.entries(state.credentials);
  if (known.length === 0) return [];
  const delivering = deliveringOf(state, key);
  return known.flatMap(([id, { isOpen, at }]): Rule[] => {
    const { vantage, target: about } = partsOf(id);
    if (about !== key) return [];
    const isRefused = delivering.some((one) => one.vantage === vantage && one.isRefused);
    const isTaken = delivering.some((one) => !one.isOpen && !one.isRefused);
    const refusals = state.observations.filter(
      (seen) => seen.vantage === vantage && targetKey(seen.target) === key && seen.reason === 'credential',
    );
    return [
      {
        key: `credential/${nameOf(target)}/${vantage}`,
        opens: isOpen && isRefused && isTaken,
        stays: isOpen,
        tell: () => ({
          severity: 'warning',
          since: at,
          seenFrom: [vantage],
          evidence: refusals.map(({ evidence }) => `${vantage}: ${evidence}`),
          facts: { kind: 'credential-of-vantage', target: target, vantage },
        }),
      },
    ];
  });
}

function nameOf(target: Target): string {
  return target.kind === 'apiserver' ? targetKey(target) : `${target.kind}/${target.id}`;
}

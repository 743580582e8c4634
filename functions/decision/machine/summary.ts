// A state in one word. Pure; it decides nothing. What is shown of it to machines is in functions/tasks/cluster/summary.ts.

import type { VerdictCondition } from '../health/verdict.ts';
import type { ClusterState } from './state.ts';

const ranking = ['healthy', 'unknown', 'degraded', 'stale', 'down'] as const satisfies readonly VerdictCondition[];

/** The worst verdict of a state; `unknown` where nothing was looked at. */
export function worstCondition(state: Pick<ClusterState, 'verdicts'>): VerdictCondition {
  const conditions = Object.values(state.verdicts).map((verdict) => ranking.indexOf(verdict.condition));
  return conditions.length === 0 ? 'unknown' : (ranking[Math.max(...conditions)] ?? 'unknown');
}

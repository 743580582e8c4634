// What is shown of a state to machines: `--json` of the commands, and the API. Pure; it decides nothing.

import type { VerdictCondition } from '../health/verdict.ts';
import { standbyAgeMs } from './selectors.ts';
import type { ClusterState, StandbyState } from './state.ts';

/** Instants are milliseconds since the epoch. */
export interface StateSummary
  extends Pick<
    ClusterState,
    | 'cluster'
    | 'phase'
    | 'since'
    | 'reason'
    | 'cause'
    | 'holdUntil'
    | 'activation'
    | 'verdicts'
    | 'incidents'
    | 'transitions'
  > {
  readonly capture: Pick<ClusterState['capture'], 'snapshot' | 'asOf' | 'failures' | 'lastFailure'>;
  /** By id; each with its label, for people. */
  readonly standbys: Readonly<Record<string, StandbyState & { readonly ageMs: number | null }>>;
}

const shownTransitions = 20;

export function stateSummary(state: ClusterState, now: number): StateSummary {
  const { cluster, phase, since, reason, cause, holdUntil, activation, verdicts, incidents, transitions } = state;
  const { snapshot, asOf, failures, lastFailure } = state.capture;
  return {
    ...{ cluster, phase, since, reason, cause, holdUntil, activation, verdicts },
    capture: { snapshot, asOf, failures, lastFailure },
    standbys: mapValues(state.standbys, (standby) => ({ ...standby, ageMs: standbyAgeMs(standby, now) })),
    incidents,
    transitions: transitions.slice(-shownTransitions),
  };
}

const ranking = ['healthy', 'unknown', 'degraded', 'stale', 'down'] as const satisfies readonly VerdictCondition[];

/** The worst verdict of a state; `unknown` where nothing was looked at. */
export function worstCondition(state: Pick<ClusterState, 'verdicts'>): VerdictCondition {
  const conditions = Object.values(state.verdicts).map((verdict) => ranking.indexOf(verdict.condition));
  return conditions.length === 0 ? 'unknown' : (ranking[Math.max(...conditions)] ?? 'unknown');
}

function mapValues<In, Out>(record: Readonly<Record<string, In>>, change: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

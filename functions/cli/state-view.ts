// A cluster's state for people: lines of text, and the summary for --json. Pure; it decides and prints nothing.

import { standbyAgeMs } from '../decision/selectors.ts';
import type { ClusterState, StandbyState } from '../decision/state.ts';
import type { Verdict } from '../decision/verdict.ts';
import { duration } from '../lib/duration.ts';

/** One line per target, and the evidence of those that are not healthy. */
export function verdictLines(state: ClusterState, now: number): readonly string[] {
  return Object.entries(state.verdicts).flatMap(([key, verdict]) => [
    `${key.padEnd(24)} ${verdict.condition.padEnd(9)} ${duration(now - verdict.since).padStart(10)}  ${verdict.words}`,
    ...(verdict.condition === 'healthy' ? [] : verdict.evidence.map((line) => `    ${line}`)),
  ]);
}

/** One line per standby: what it holds, how old that is, what is wrong with it. */
export function standbyLines(state: ClusterState, now: number): readonly string[] {
  return Object.entries(state.standbys).map(([label, standby]) => `${label}: ${standbyWords(standby, now)}`);
}

function standbyWords(standby: StandbyState, now: number): string {
  const age = standbyAgeMs(standby, now);
  if (age === null) return 'nothing was ever published';
  const parts = [
    `snapshot ${standby.snapshot}, ${duration(age)} old`,
    standby.frozen > 0 ? `frozen by activation ${standby.frozen}` : 'warm',
  ];
  if (standby.heldDeletes > 0) parts.push(`${standby.heldDeletes} deletes held back`);
  if (standby.fence !== '') parts.push(standby.fence);
  if (standby.failures > 0) parts.push(`${standby.failures} failures in a row: ${standby.lastFailure}`);
  return parts.join(', ');
}

/** What --json shows of a state. */
export function stateSummary(state: ClusterState, now: number): object {
  return {
    cluster: state.cluster,
    phase: state.phase,
    since: state.since,
    reason: state.reason,
    cause: state.cause,
    activation: state.activation,
    verdicts: Object.fromEntries(
      Object.entries(state.verdicts).map(([key, verdict]) => [key, verdictSummary(verdict)]),
    ),
    capture: {
      snapshot: state.capture.snapshot,
      asOf: state.capture.asOf,
      failures: state.capture.failures,
      lastFailure: state.capture.lastFailure,
    },
    standbys: Object.fromEntries(
      Object.entries(state.standbys).map(([label, standby]) => [
        label,
        { ...standby, ageMs: standbyAgeMs(standby, now) },
      ]),
    ),
    incidents: state.incidents,
    transitions: state.transitions.slice(-20),
  };
}

function verdictSummary({ condition, reason, words, since, evidence }: Verdict): object {
  return { condition, reason, words, since, evidence };
}

const ranking = ['healthy', 'unknown', 'degraded', 'stale', 'down'] as const;

/** The worst verdict of a state, for the exit code; `unknown` where nothing was looked at. */
export function worstCondition(state: ClusterState): (typeof ranking)[number] {
  const conditions = Object.values(state.verdicts).map((verdict) => ranking.indexOf(verdict.condition));
  return conditions.length === 0 ? 'unknown' : (ranking[Math.max(...conditions)] ?? 'unknown');
}

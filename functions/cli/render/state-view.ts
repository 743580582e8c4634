// A cluster's state for people: lines of text. Pure; it decides and prints nothing.
import { keptWords } from '../../alerts/catalogue/entry.ts';
import { keepingOf, standbyAgeMs } from '../../decision/machine/selectors.ts';
import type { ClusterState, StandbyState } from '../../decision/machine/state.ts';
import { duration } from '../../lib/duration.ts';

/** One line per target, and the evidence of those that are not healthy. */
export function verdictLines(state: ClusterState, now: number): readonly string[] {
  return Object.entries(state.verdicts).flatMap(([key, verdict]) => [
    `${key.padEnd(24)} ${verdict.condition.padEnd(9)} ${duration(now - verdict.since).padStart(10)}  ${verdict.words}`,
    ...(verdict.condition === 'healthy' ? [] : verdict.evidence.map((line) => `    ${line}`)),
  ]);
}

/** One line per standby: what it holds, how old that is, what is wrong with it. */
export function standbyLines(state: ClusterState, now: number): readonly string[] {
  return Object.entries(state.standbys).map(([id, standby]) => {
    const where = standby.label === '' ? '' : ` (${standby.label})`;
    return `${id}${where}: ${standbyWords(standby, now)}`;
  });
}

function standbyWords(standby: StandbyState, now: number): string {
  if (standby.foreign !== '') return standby.foreign;
  const kept = keptWords(keepingOf(standby));
  if (kept !== '') return standby.frozen > 0 ? `${kept}, for activation ${standby.frozen}` : kept;
  const age = standbyAgeMs(standby, now);
  if (age === null) return 'nothing was ever published';
  const parts = [
    `snapshot ${standby.snapshot}, ${duration(age)} old`,
    standby.frozen > 0 ? `frozen by activation ${standby.frozen}` : 'warm',
  ];
  if (standby.heldDeletes > 0) parts.push(`${standby.heldDeletes} changes held back`);
  if (standby.fence !== '') parts.push(standby.fence);
  if (standby.failures > 0) parts.push(`${standby.failures} failures in a row: ${standby.lastFailure}`);
  return parts.join(', ');
}

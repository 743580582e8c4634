// What of a cluster's record is no state of the machine, for people: alerts that have not arrived, deletes that are held back. Pure.
import { byUrgency } from '../alerts/claims.ts';
import { duration } from '../lib/duration.ts';
import type { ClusterRecord } from '../tasks/cluster-record.ts';

const mostAlertLines = 5;
const mostHeldLines = 20;

/** Alerts that have not arrived: those that wait, the most urgent first, and those that were given up. */
export function alertLines({ pending, dead }: ClusterRecord['outbox']): readonly string[] {
  const waiting = pending.toSorted(byUrgency).map(({ channel, alert, failures, lastFailure }) => {
    const why = failures === 0 ? '' : ` (${failures} failures, the last: ${lastFailure})`;
    return `  alert waits for ${channel}: ${alert.summary}${why}`;
  });
  const lost = dead.map(
    ({ delivery, reason }) => `  alert given up for ${delivery.channel}: ${delivery.alert.summary}: ${reason}`,
  );
  return [...waiting.slice(0, mostAlertLines), ...lost.slice(-mostAlertLines)];
}

/** The sets whose deletes are held back, the longest held first. */
export function heldLines(held: ClusterRecord['held'], now: number): readonly string[] {
  const all = Object.entries(held)
    .flatMap(([standby, sets]) => Object.entries(sets).map(([set, since]) => ({ standby, set, since })))
    .sort((a, b) => a.since - b.since);
  const lines = all.slice(0, mostHeldLines).map(({ standby, set, since }) => {
    return `  delete held back for ${duration(now - since)}: ${set} at ${standby}`;
  });
  return all.length > mostHeldLines ? [...lines, `  and ${all.length - mostHeldLines} more (--json)`] : lines;
}

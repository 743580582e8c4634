// What of a cluster's record is no state of the machine, for people: alerts that have not arrived, what is held back. Pure.
import { byUrgency } from '../../alerts/claims.ts';
import { duration } from '../../lib/duration.ts';
import type { ClusterRecord } from '../../tasks/cluster/record.ts';
import type { HeldByStandby, HeldChangeView } from '../../tasks/publish/holds.ts';

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

/** What is held back from the standbys, the longest held first, and what lets it out. */
export function heldLines(held: HeldByStandby, now: number): readonly string[] {
  const all = Object.entries(held)
    .flatMap(([standby, { changes }]) => changes.map((change) => ({ standby, ...change })))
    .sort((a, b) => a.since - b.since);
  const lines = all.slice(0, mostHeldLines).map(({ standby, set, since, guard, wants, release }) => {
    const what = wants.length === 0 ? 'delete' : 'loss of values';
    return `  ${what} held back for ${duration(now - since)} by ${guard}: ${set} at ${standby}${released[release]}`;
  });
  const more = Object.values(held).reduce((sum, { total }) => sum + total, 0) - lines.length;
  return more > 0 ? [...lines, `  and ${more} more (--json)`] : lines;
}

const released: Readonly<Record<HeldChangeView['release'], string>> = {
  possible: '',
  outage: ', until the cluster is healthy',
  released: ', released: the next publication lets it out',
};

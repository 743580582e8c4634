// Does the watch of a cluster work as a whole? For its heartbeat. Pure; it sends nothing.
import type { Outbox } from '../../alerts/outbox.ts';
import { standbyKey } from '../../decision/health/verdict.ts';
import { isOpenIncident, standbyIncidents } from '../../decision/incidents/key.ts';
import type { ClusterState } from '../../decision/machine/state.ts';

export interface WatchFacts {
  readonly machine: ClusterState;
  readonly outbox: Outbox;
  /** Ids of the configured channels. */
  readonly channels: readonly string[];
  readonly storeTrouble: string | undefined;
}

/** Longer than any channel's deadline and a few attempts. */
const patienceMs = 300_000;

/**
 * Why a heartbeat would be a lie; none: all is well, or what is wrong is told by alerts that leave. Asked at the end of a probe round, so that a
 * watch that does not probe sends none. All that applies:
 *
 * | what           | against it                                                                                           |
 * |----------------|------------------------------------------------------------------------------------------------------|
 * | the store      | what was decided is in memory only                                                                   |
 * | each standby   | it is not seen to be as it should, and no incident about it is open                                  |
 * | the outbox     | every channel has alerts that wait for more than 5 min: nobody is told of anything                   |
 */
export function reasonsAgainst(
  { machine, outbox, channels, storeTrouble }: WatchFacts,
  now: number,
): readonly string[] {
  const stuck = channels.filter((id) =>
    outbox.pending.some((one) => one.channel === id && now - one.enqueuedAt > patienceMs),
  );
  return [
    ...(storeTrouble === undefined ? [] : [`the state is in memory only: ${storeTrouble}`]),
    ...Object.keys(machine.standbys).flatMap((id) => againstStandby(machine, id)),
    ...(channels.length > 0 && stuck.length === channels.length
      ? [`no alert leaves: ${stuck.join(', ')} took none for 5 min`]
      : []),
  ];
}

/** Seen right, or told. */
function againstStandby(machine: ClusterState, id: string): readonly string[] {
  const verdict = machine.verdicts[standbyKey(id)];
  if (verdict?.condition === 'healthy') return [];
  const isTold = standbyIncidents.some((kind) => isOpenIncident(machine, `${kind}/${id}`));
  return isTold ? [] : [verdict?.words ?? `the standby ${id} was never looked at`];
}

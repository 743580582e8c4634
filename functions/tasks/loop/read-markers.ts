// Tells the machine what the markers of the standbys say, so that a store that is new or was lost knows which activations they have seen.
// It writes to no zone.
import type { Effect } from '../../decision/machine/effect.ts';
import type { ClusterEvent } from '../../decision/machine/event.ts';
import { own } from '../../lib/own.ts';
import { newcomer } from '../../model/standing.ts';
import { mayWrite } from '../../plan/fence.ts';
import type { ClusterPorts, Standby } from '../cluster/ports.ts';
import { readRecord } from '../cluster/record.ts';
import { deploymentOf, markerSeen } from '../publish/publication.ts';
import { type ActivityListener, dispatch } from './dispatch.ts';

/**
 * Asks the standbys that this store has never published to; of the others it knows. Best effort: one that cannot be read, or has no marker,
 * says nothing. What the machine asks for is given back.
 */
export async function readMarkers(ports: ClusterPorts, onActivity: ActivityListener): Promise<readonly Effect[]> {
  const { standbys, lastActivation } = (await readRecord(ports)).record.machine;
  const strangers = ports.standbys.filter(({ id }) => (own(standbys, id)?.publishedAt ?? null) === null);
  const events = await Promise.all(strangers.map((standby) => markerEvent(ports, standby, lastActivation)));
  const effects: Effect[] = [];
  for (const event of events) if (event !== undefined) effects.push(...(await dispatch(ports, event, onActivity)));
  return effects;
}

async function markerEvent(
  ports: ClusterPorts,
  { id, provider, timeoutMs }: Standby,
  knownActivation: number,
): Promise<ClusterEvent | undefined> {
  const marker = await provider.readMarker(AbortSignal.timeout(timeoutMs)).then(
    (read) => read.marker,
    () => undefined,
  );
  if (marker === undefined) return undefined;
  const verdict = mayWrite(marker, { kind: 'publish', knownActivation }, deploymentOf(ports), newcomer);
  const read = { kind: 'marker-read', standby: id, activation: 0, freeze: '' } as const;
  if (verdict.status === 'foreign') return { ...read, foreign: verdict.reason };
  const freeze = verdict.status === 'frozen' ? verdict.reason : '';
  return { ...read, activation: marker.activation, freeze, marker: markerSeen(ports, marker) };
}

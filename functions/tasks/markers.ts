// Tells the machine what the markers of the standbys say, so that a store that is new or was lost knows which activations they have seen.
// It writes to no zone.
import type { Effect } from '../decision/effect.ts';
import type { ClusterEvent } from '../decision/event.ts';
import { newcomer } from '../model/standing.ts';
import { mayWrite } from '../plan/fence.ts';
import type { Provider } from '../providers/provider.ts';
import { readRecord } from './cluster-record.ts';
import { dispatch, type Onlooker } from './drive.ts';
import type { ClusterPorts } from './ports.ts';
import { deploymentOf, markerSeen, standbyTimeoutMs } from './publication.ts';

/**
 * Asks the standbys that this store has never published to; of the others it knows. Best effort: one that cannot be read, or has no marker,
 * says nothing. What the machine asks for is given back.
 */
export async function readMarkers(ports: ClusterPorts, onlooker: Onlooker): Promise<readonly Effect[]> {
  const { standbys, lastActivation } = (await readRecord(ports)).record.machine;
  const strangers = ports.providers.filter(({ label }) => (standbys[label]?.publishedAt ?? null) === null);
  const events = await Promise.all(strangers.map((provider) => markerEvent(ports, provider, lastActivation)));
  const effects: Effect[] = [];
  for (const event of events) if (event !== undefined) effects.push(...(await dispatch(ports, event, onlooker)));
  return effects;
}

async function markerEvent(
  ports: ClusterPorts,
  provider: Provider,
  knownActivation: number,
): Promise<ClusterEvent | undefined> {
  const timeoutMs = standbyTimeoutMs(ports, provider);
  const marker = await provider.read(AbortSignal.timeout(timeoutMs)).then(
    (zone) => zone.marker,
    () => undefined,
  );
  if (marker === undefined) return undefined;
  const verdict = mayWrite(marker, { kind: 'publish', knownActivation }, deploymentOf(ports), newcomer);
  const read = { kind: 'marker-read', standby: provider.label, activation: 0, freeze: '' } as const;
  if (verdict.status === 'foreign') return { ...read, foreign: verdict.reason };
  const freeze = verdict.status === 'frozen' ? verdict.reason : '';
  return { ...read, activation: marker.activation, freeze, marker: markerSeen(ports, marker) };
}

// Freezes a standby as it is: moves the marker alone, no records. For when no publication could do it. Best effort.
import type { FreezeEffect } from '../decision/effect.ts';
import type { ClusterEvent } from '../decision/event.ts';
import { mayWrite, nextMarker } from '../plan/fence.ts';
import type { ClusterPorts } from './ports.ts';
import { providerOf } from './ports.ts';
import { standbyTimeoutMs } from './publication.ts';

/** The digest of a zone that Lifeboat never published to. */
const noDigest = `sha256:${'0'.repeat(64)}`;

export async function freeze(ports: ClusterPorts, effect: FreezeEffect): Promise<ClusterEvent> {
  const { activation, standby } = effect;
  const provider = providerOf(ports, standby);
  const timeoutMs = standbyTimeoutMs(ports, provider);
  const { marker } = await provider.read(AbortSignal.timeout(timeoutMs));
  if (marker?.phase === 'frozen' && marker.activation === activation && marker.writer === ports.config.writer) {
    return { kind: 'frozen', effect };
  }
  const fence = mayWrite(marker, { kind: 'activate', activation });
  if (fence.status === 'frozen') {
    return { kind: 'freeze-failed', effect, reason: fence.reason, activation: marker?.activation ?? 0 };
  }
  const next = nextMarker(marker, {
    snapshot: marker?.snapshot ?? 0,
    digest: marker?.digest ?? noDigest,
    writer: ports.config.writer,
    phase: 'frozen',
    activation,
  });
  const outcome = await provider.apply({ expected: marker, next, changes: [] }, AbortSignal.timeout(timeoutMs));
  return outcome.status === 'applied'
    ? { kind: 'frozen', effect }
    : { kind: 'freeze-failed', effect, reason: outcome.reason };
}

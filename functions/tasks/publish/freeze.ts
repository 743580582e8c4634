// Freezes a standby as it is: reads and moves the marker alone, no records. For when no publication could do it. Best effort.
import type { FreezeEffect } from '../../decision/machine/effect.ts';
import type { ClusterEvent } from '../../decision/machine/event.ts';
import { assertNever } from '../../lib/assert.ts';
import { mayWrite, nextMarker } from '../../plan/fence.ts';
import type { ClusterPorts } from '../cluster/ports.ts';
import { standbyOf } from '../cluster/ports.ts';
import { deploymentOf, markerSeen } from './publication.ts';

/** Of a zone of which it is not known what it holds: Lifeboat never published to it, or a publication was cut. The reading after the freeze learns it. */
const noDigest = `sha256:${'0'.repeat(64)}`;

export async function freeze(ports: ClusterPorts, effect: FreezeEffect): Promise<ClusterEvent> {
  const { activation, standing } = effect;
  const { provider, timeoutMs } = standbyOf(ports, effect.standby);
  const deployment = deploymentOf(ports);
  const { marker, handles } = await provider.readMarker(AbortSignal.timeout(timeoutMs));
  const fence = mayWrite(marker, { kind: 'activate', activation }, deployment, standing);
  const isOurs = marker?.writer === deployment.writer && fence.status !== 'foreign';
  if (isOurs && marker.phase === 'frozen' && marker.activation === activation) {
    // By an attempt that could not report it: whether it is served by now is not known.
    return { kind: 'frozen', effect, marker: markerSeen(ports, marker), isServed: false };
  }
  if (fence.status !== 'ok' && fence.status !== 'adopt') {
    const failed = { kind: 'freeze-failed', effect, reason: fence.reason, status: fence.status } as const;
    if (fence.status === 'foreign' || marker === undefined) return failed;
    return { ...failed, activation: marker.activation, marker: markerSeen(ports, marker) };
  }
  const next = nextMarker(marker, {
    snapshot: marker?.snapshot ?? 0,
    digest: marker === undefined || marker.phase === 'partial' ? noDigest : marker.digest,
    ...deployment,
    phase: 'frozen',
    activation,
  });
  const batch = { expected: marker, next, changes: [], ...(handles === undefined ? {} : { handles }) };
  const outcome = await provider.apply(batch, AbortSignal.timeout(timeoutMs));
  switch (outcome.status) {
    case 'applied':
      return { kind: 'frozen', effect, marker: markerSeen(ports, next) };
    // Enough: from then on every other writer loses.
    case 'accepted':
      return { kind: 'frozen', effect, marker: markerSeen(ports, next), isServed: false };
    case 'conflict':
    case 'refused':
      return { kind: 'freeze-failed', effect, reason: outcome.reason };
    default:
      return assertNever(outcome, 'outcome of a batch');
  }
}

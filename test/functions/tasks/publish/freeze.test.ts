// The bare freeze: the marker alone, with the digest of what the zone holds, or none that is not known.
import { describe, expect, it } from 'vitest';
import type { Intent } from '../../../../functions/model/intent.ts';
import type { MarkerPhase } from '../../../../functions/plan/marker.ts';
import { ownedIn } from '../../../../functions/plan/ownership.ts';
import { createMemoryProvider } from '../../../../functions/providers/memory.ts';
import { zoneDigest } from '../../../../functions/snapshot/digest.ts';
import type { ClusterPorts } from '../../../../functions/tasks/cluster/ports.ts';
import { updateRecord } from '../../../../functions/tasks/cluster/record.ts';
import { createController } from '../../../../functions/tasks/loop/controller.ts';
import { freeze } from '../../../../functions/tasks/publish/freeze.ts';
import { publish } from '../../../../functions/tasks/publish/publish-effect.ts';
import { createFakeCluster, zone } from '../../../fakes/cluster.ts';

const signal = () => AbortSignal.timeout(1000);
const unknown = `sha256:${'0'.repeat(64)}`;

/** A zone with such a marker, of which only the first half was written. */
async function halfWritten(phase: MarkerPhase) {
  const fake = createFakeCluster();
  for (let i = 0; i < 20; i++) fake.services.set(`svc-${i}.shop`, `10.96.1.${i + 1}`);
  const onFault = (what: string, error: unknown) => expect.unreachable(`${what}: ${String(error)}`);
  const controller = createController(fake.ports, { onActivity: () => {}, onFault }, new AbortController().signal);
  await controller.begin();
  await controller.round();
  await controller.rest();
  const { rrsets, marker = expect.fail('no marker') } = await fake.provider.readZone(signal());
  const there = { ...marker, phase };
  const provider = createMemoryProvider({ zone, rrsets: rrsets.slice(0, rrsets.length / 2), marker: there });
  const [standby = expect.fail()] = fake.ports.standbys;
  const ports = { ...fake.ports, standbys: [{ ...standby, provider }] };
  return { ports, provider, id: standby.id, there, whole: rrsets.length };
}

async function beginOutage(ports: ClusterPorts): Promise<void> {
  const activation = { number: 1, cause: 'control-plane', reason: 'gone', by: null, startedAt: 0 } as const;
  await updateRecord(ports, (record) => ({
    ...record,
    machine: { ...record.machine, phase: 'active', activation: { ...activation, final: 'refused', finalReason: '' } },
  }));
}

const known = { known: 'marker', takeOver: null } as const;
const frozenBy = { known: 'freeze', takeOver: null } as const;

describe('a bare freeze', () => {
  it('keeps the digest of a zone that was wholly written', async () => {
    const { ports, provider, id, there } = await halfWritten('warm');
    const event = await freeze(ports, { kind: 'freeze', standby: id, activation: 1, standing: known });
    expect(event).toMatchObject({ kind: 'frozen', marker: { frozen: 1, snapshot: there.snapshot } });
    const { marker } = await provider.readMarker(signal());
    expect(marker).toMatchObject({ phase: 'frozen', digest: there.digest, snapshot: there.snapshot });
  });

  it('says that it does not know where a publication was cut, until the reading after it completes the zone', async () => {
    const { ports, provider, id, there, whole } = await halfWritten('partial');
    await freeze(ports, { kind: 'freeze', standby: id, activation: 1, standing: known });
    expect((await provider.readMarker(signal())).marker).toMatchObject({ phase: 'frozen', digest: unknown });
    const intent: Intent = { kind: 'activate', activation: 1 };
    const how = { asOf: 0, deletes: 'held', renew: false, read: 'zone' } as const;
    const of = { kind: 'publish', standby: id, snapshot: there.snapshot, intent, standing: frozenBy, ...how } as const;
    await beginOutage(ports);
    const event = await publish(ports, of);
    expect(event).toMatchObject({ kind: 'published', changed: whole - Math.floor(whole / 2) });
    const { marker, rrsets } = await provider.readZone(signal());
    expect(rrsets).toHaveLength(whole);
    expect(marker?.digest).toBe(await zoneDigest(zone, ownedIn(zone, rrsets)));
    expect(marker).toMatchObject({ phase: 'frozen', activation: 1 });
  });
});

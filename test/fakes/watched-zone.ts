// A watch of a standby that can be edited behind its back, and counts how it is read. For scenarios; it asserts next to nothing.
import { expect } from 'vitest';
import { LifeboatError } from '../../functions/lib/errors.ts';
import { ownedIn } from '../../functions/plan/ownership.ts';
import { createMemoryProvider, type MemoryProvider } from '../../functions/providers/memory.ts';
import type { Rrset } from '../../functions/records/rrset.ts';
import { zoneDigest } from '../../functions/snapshot/digest.ts';
import { createMemoryStore } from '../../functions/stores/memory.ts';
import type { Store } from '../../functions/stores/store.ts';
import type { ClusterPorts } from '../../functions/tasks/cluster/ports.ts';
import { type Controller, createController } from '../../functions/tasks/loop/controller.ts';
import { createFakeCluster, zone } from './cluster.ts';

export const roundMs = 5000;
/** Sets of more values than a probe asks for: nothing but a reading of the whole zone finds what is done to them. */
const many = Array.from({ length: 9 }, (_, i) => `10.96.2.${i + 1}`).join(' ');
const signal = () => new AbortController().signal;

/** A watch of a zone that can be edited behind its back, and counts how it is read. */
export async function watchZone(store: Store = createMemoryStore(), there?: readonly Rrset[], services = 20) {
  const fake = createFakeCluster();
  fake.services.set('db.shop', many);
  for (let i = 0; i < services; i++) {
    fake.services.set(`svc-${i}.shop`, `10.96.${i < 200 ? 1 : 3 + Math.floor(i / 200)}.${(i % 200) + 1}`);
  }
  let inner: MemoryProvider = createMemoryProvider({ zone, ...(there === undefined ? {} : { rrsets: there }) });
  const asked = { markers: 0, zones: 0, writes: 0 };
  /** How often it had been read whole when each write came. */
  const zonesAtWrites: number[] = [];
  /** While it is set, no reading of the whole zone comes to its end. */
  const broken = { transfer: false };
  const provider: MemoryProvider = {
    label: inner.label,
    zone,
    contents: () => inner.contents(),
    describe: (abort) => inner.describe(abort),
    readMarker: (abort) => {
      asked.markers += 1;
      return inner.readMarker(abort);
    },
    readZone: (abort) => {
      asked.zones += 1;
      if (broken.transfer) throw new LifeboatError('network', 'the transfer was cut');
      return inner.readZone(abort);
    },
    apply: (batch, abort) => {
      asked.writes += 1;
      zonesAtWrites.push(asked.zones);
      return inner.apply(batch, abort);
    },
  };
  const probed = createFakeCluster({ clock: fake.ports.clock });
  const ports: ClusterPorts = {
    ...fake.ports,
    store,
    standbys: [{ id: 'first', provider, timeoutMs: 30_000, zone }],
    // The probe of the standby looks at the zone itself: its questions are not counted.
    probe: async (expected) => {
      Object.assign(probed, { provider: inner, weather: fake.weather });
      return probed.ports.probe(expected);
    },
  };
  let controller: Controller;
  const rounds = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await controller.round();
      await controller.rest();
      await controller.deliver();
      fake.pass(roundMs);
    }
  };
  const begin = async () => {
    const onFault = (what: string, error: unknown) => expect.unreachable(`${what}: ${String(error)}`);
    controller = createController(ports, { onActivity: () => {}, onFault }, signal());
    await controller.begin();
    await rounds(20);
  };
  await begin();
  return {
    fake,
    broken,
    ports,
    provider,
    rounds,
    begin,
    hear: (event: Parameters<Controller['hear']>[0]) => controller.hear(event),
    edit(change: (sets: readonly Rrset[]) => readonly Rrset[]) {
      inner = createMemoryProvider({ zone, rrsets: change(inner.contents()) });
    },
    asked,
    zonesAtWrites,
    /** How it was read in the meantime. */
    async since(work: () => Promise<void>) {
      const before = { ...asked };
      await work();
      const { markers, zones, writes } = asked;
      return { markers: markers - before.markers, zones: zones - before.zones, writes: writes - before.writes };
    },
    marker: async () => (await inner.readMarker(signal())).marker ?? expect.fail('no marker'),
    digest: () => zoneDigest(zone, ownedIn(zone, inner.contents())),
  };
}

export type WatchedZone = Awaited<ReturnType<typeof watchZone>>;

export const minutes = (count: number) => (count * 60_000) / roundMs;

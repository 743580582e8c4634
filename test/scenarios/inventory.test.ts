// What a watch asks of its standby while nothing changes: the marker, and now and then the whole zone; and what makes it look at once.
import { describe, expect, it } from 'vitest';
import { LifeboatError } from '../../functions/lib/errors.ts';
import { nextMarker } from '../../functions/plan/fence.ts';
import { fullReadEveryMs } from '../../functions/plan/inventory.ts';
import { markerName } from '../../functions/plan/marker.ts';
import { ownedIn } from '../../functions/plan/ownership.ts';
import { createMemoryProvider, type MemoryProvider } from '../../functions/providers/memory.ts';
import type { Rrset } from '../../functions/records/rrset.ts';
import { zoneDigest } from '../../functions/snapshot/digest.ts';
import { createMemoryStore } from '../../functions/stores/memory.ts';
import type { Store } from '../../functions/stores/store.ts';
import type { ClusterPorts } from '../../functions/tasks/cluster/ports.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { type Controller, createController } from '../../functions/tasks/loop/controller.ts';
import { freeze } from '../../functions/tasks/publish/freeze.ts';
import { createFakeCluster, zone } from '../fakes/cluster.ts';

const roundMs = 5000;
/** Sets of more values than a probe asks for: nothing but a reading of the whole zone finds what is done to them. */
const many = Array.from({ length: 9 }, (_, i) => `10.96.2.${i + 1}`).join(' ');
const signal = () => new AbortController().signal;

/** A watch of a zone that can be edited behind its back, and counts how it is read. */
async function watch(store: Store = createMemoryStore(), there?: readonly Rrset[]) {
  const fake = createFakeCluster();
  fake.services.set('db.shop', many);
  for (let i = 0; i < 20; i++) fake.services.set(`svc-${i}.shop`, `10.96.1.${i + 1}`);
  let inner: MemoryProvider = createMemoryProvider({ zone, ...(there === undefined ? {} : { rrsets: there }) });
  const asked = { markers: 0, zones: 0, writes: 0 };
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
      return inner.readZone(abort);
    },
    apply: (batch, abort) => {
      asked.writes += 1;
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
    ports,
    provider,
    rounds,
    begin,
    hear: (event: Parameters<Controller['hear']>[0]) => controller.hear(event),
    edit(change: (sets: readonly Rrset[]) => readonly Rrset[]) {
      inner = createMemoryProvider({ zone, rrsets: change(inner.contents()) });
    },
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

type Watch = Awaited<ReturnType<typeof watch>>;

const minutes = (count: number) => (count * 60_000) / roundMs;
const valuesOf = (sets: readonly Rrset[], name: string) => sets.find((set) => set.name.startsWith(`${name}.`))?.values;
const withoutValue = (sets: readonly Rrset[]) =>
  sets.map((set) => (set.name.startsWith('db.') ? { ...set, values: set.values.slice(1) } : set));
/** So that the readings to come are counted from here. */
const readWhole = async ({ rounds }: Watch) => rounds(fullReadEveryMs / roundMs);

// Generous: the deadline is for a machine that does much else.
describe('a standby whose cluster does not change', { timeout: 60_000 }, () => {
  it('is asked for its marker at each capture, and read whole every ten minutes', async () => {
    const all = await watch();
    const asked = await all.since(() => all.rounds(minutes(20)));
    expect(asked.zones).toBe(2);
    expect(asked.markers).toBeGreaterThan(15);
    // The lease is renewed each five minutes; nothing else is written.
    expect(asked.writes).toBeLessThanOrEqual(4);
    expect(all.fake.sent).toEqual([]);
  });

  it('has a marker with the digest of what it holds, TTLs and what is held back included', async () => {
    const all = await watch();
    expect((await all.marker()).digest).toBe(await all.digest());
    for (let i = 0; i < 15; i++) all.fake.services.delete(`svc-${i}.shop`);
    all.fake.services.set('late.shop', '10.96.3.1');
    await all.rounds(minutes(3));
    expect(valuesOf(all.provider.contents(), 'late')).toEqual(['10.96.3.1']);
    expect((await readRecord(all.ports)).record.machine.standbys.first?.heldDeletes).toBe(15);
    expect((await all.marker()).digest).toBe(await all.digest());
    const asked = await all.since(() => all.rounds(minutes(5)));
    expect(asked.zones).toBeLessThanOrEqual(1);
  });

  it('is read before and after each change', async () => {
    const all = await watch();
    await readWhole(all);
    const asked = await all.since(async () => {
      all.fake.services.set('late.shop', '10.96.3.1');
      await all.rounds(minutes(1));
    });
    expect(asked).toMatchObject({ zones: 2, writes: 1 });
  });

  it('is frozen, and given back, with its marker alone where nothing has changed: only the failback reads it', async () => {
    const all = await watch();
    await readWhole(all);
    all.fake.weather = 'api-down';
    const frozen = await all.since(() => all.rounds(minutes(3)));
    expect(await all.marker()).toMatchObject({ phase: 'frozen', activation: 1, digest: await all.digest() });
    expect(frozen).toMatchObject({ zones: 0, writes: 1 });
    all.fake.weather = 'calm';
    await all.rounds(minutes(2));
    const back = await all.since(async () => {
      await all.hear({ kind: 'operator', command: 'failback', who: 'ann', why: 'it is over' });
      await all.rounds(minutes(1));
    });
    expect(await all.marker()).toMatchObject({ phase: 'warm' });
    expect(back.zones).toBe(1);
  });

  it('is frozen bare without a reading', async () => {
    const all = await watch();
    const standing = { known: 'marker', takeOver: null } as const;
    const asked = await all.since(async () => {
      const event = await freeze(all.ports, { kind: 'freeze', standby: 'first', activation: 1, standing });
      expect(event.kind).toBe('frozen');
    });
    expect(asked).toEqual({ markers: 1, zones: 0, writes: 1 });
  });

  it('is frozen once its host has accepted that, by the id of its marker, though no name server shows it yet', async () => {
    const settle = () => expect.unreachable('nobody waits');
    const fake = createFakeCluster({ provider: createMemoryProvider({ zone, settle, byHandles: true }) });
    const [standby = expect.fail()] = fake.ports.standbys;
    for (const activation of [1, 2]) {
      const standing = { known: activation === 1 ? 'nothing' : 'freeze', takeOver: null } as const;
      const event = await freeze(fake.ports, { kind: 'freeze', standby: standby.id, activation, standing });
      expect(event).toMatchObject({ kind: 'frozen', marker: { generation: activation, frozen: activation } });
    }
  });
});

describe('a zone that is not as its inventory has it', { timeout: 60_000 }, () => {
  it('though its marker is: the next reading of the whole finds it, and mends it', async () => {
    const all = await watch();
    await readWhole(all);
    all.edit(withoutValue);
    await all.rounds(minutes(1));
    expect(valuesOf(all.provider.contents(), 'db')).toHaveLength(8);
    await all.rounds(minutes(9));
    expect(valuesOf(all.provider.contents(), 'db')).toHaveLength(9);
  });

  it('is written again at once where its probe finds it damaged, whatever the inventory says', async () => {
    const all = await watch();
    await readWhole(all);
    all.edit((sets) => sets.filter(({ name }) => name === markerName(zone)));
    await all.rounds(6);
    expect(valuesOf(all.provider.contents(), 'db')).toHaveLength(9);
    expect(all.fake.sent.map(({ alert }) => alert.dedupKey)).toContain('prod/standby-degraded/first');
  });

  it('is read at the next capture when somebody moved the marker, or wrote one of the version before', async () => {
    const all = await watch();
    await readWhole(all);
    const marker = await all.marker();
    const old = nextMarker(marker, { ...marker, digest: `sha256:${'7'.repeat(64)}` });
    await all.provider.apply({ expected: marker, next: old, changes: [] }, signal());
    all.edit(withoutValue);
    const asked = await all.since(() => all.rounds(minutes(1)));
    expect(asked).toMatchObject({ zones: 2, writes: 1 });
    expect(valuesOf(all.provider.contents(), 'db')).toHaveLength(9);
    expect((await all.marker()).digest).toBe(await all.digest());
    expect((await all.since(() => all.rounds(minutes(5)))).zones).toBe(0);
  });

  it.each(['lost', 'half', 'of other records', 'of the future'])('is read when the inventory is %s', async (how) => {
    const all = await watch();
    await readWhole(all);
    const key = 'clusters/prod/inventories/first';
    const { value, version } = (await all.ports.store.read(key)) ?? expect.fail('no inventory');
    if (how === 'lost') await all.ports.store.remove(key);
    else if (how === 'half') await all.ports.store.write(key, value.slice(0, value.length / 2), version);
    else if (how === 'of the future') {
      const readAt = all.ports.clock.now() + 3_600_000;
      await all.ports.store.write(key, JSON.stringify({ ...JSON.parse(value), readAt }), version);
    } else await all.ports.store.write(key, value.replace('"10.96.2.1",', ''), version);
    all.edit(withoutValue);
    await all.rounds(minutes(1));
    expect(valuesOf(all.provider.contents(), 'db')).toHaveLength(9);
    expect((await all.since(() => all.rounds(minutes(5)))).zones).toBe(0);
  });

  it('is written where the inventory alone has what is wanted: the marker has another digest', async () => {
    const all = await watch();
    await readWhole(all);
    const key = 'clusters/prod/inventories/first';
    const { value, version } = (await all.ports.store.read(key)) ?? expect.fail('no inventory');
    expect(value).toContain('"10.96.1.4"');
    await all.ports.store.write(key, value.replace('"10.96.1.4"', '"10.96.9.9"'), version);
    all.fake.services.set('svc-3.shop', '10.96.9.9');
    await all.rounds(minutes(1));
    expect(valuesOf(all.provider.contents(), 'svc-3')).toEqual(['10.96.9.9']);
  });

  it('is read by a watch with a new store, and with a new store in an outage as well', async () => {
    const first = await watch();
    const again = await watch(createMemoryStore(), first.provider.contents());
    expect((await again.since(() => again.rounds(minutes(5)))).zones).toBeLessThanOrEqual(1);
    expect((await again.marker()).digest).toBe(await again.digest());
    expect(again.fake.sent).toEqual([]);
  });
});

describe('a store that takes no inventory', { timeout: 60_000 }, () => {
  it('costs readings, and nothing else', async () => {
    const store = createMemoryStore();
    const refusing: Store = {
      ...store,
      write: async (key, ...rest) => {
        if (key.includes('/inventories/')) throw new LifeboatError('store', 'too large');
        return store.write(key, ...rest);
      },
    };
    const all = await watch(refusing);
    const asked = await all.since(() => all.rounds(minutes(3)));
    expect(asked.zones).toBeGreaterThanOrEqual(2);
    expect(all.fake.sent).toEqual([]);
    expect(await store.list('clusters/prod/inventories/')).toEqual([]);
  });

  it('keeps none of a standby that is configured no more', async () => {
    const all = await watch();
    await all.ports.store.write('clusters/prod/inventories/second', '{}', 0);
    all.fake.services.set('late.shop', '10.96.3.1');
    await all.rounds(minutes(2));
    expect(await all.ports.store.list('clusters/prod/inventories/')).toEqual(['clusters/prod/inventories/first']);
  });
});

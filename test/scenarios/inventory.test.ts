// What a watch asks of its standby while nothing changes: the marker, and now and then the whole zone; and what makes it look at once.
import { describe, expect, it } from 'vitest';
import { LifeboatError } from '../../functions/lib/errors.ts';
import { fullReadEveryMs } from '../../functions/model/standing.ts';
import { nextMarker } from '../../functions/plan/fence.ts';
import { markerName } from '../../functions/plan/marker.ts';
import { createMemoryProvider } from '../../functions/providers/memory.ts';
import type { Rrset } from '../../functions/records/rrset.ts';
import { createMemoryStore } from '../../functions/stores/memory.ts';
import type { Store } from '../../functions/stores/store.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { freeze } from '../../functions/tasks/publish/freeze.ts';
import { createFakeCluster, zone } from '../fakes/cluster.ts';
import { minutes, roundMs, type WatchedZone, watchZone } from '../fakes/watched-zone.ts';

const signal = () => new AbortController().signal;
const valuesOf = (sets: readonly Rrset[], name: string) => sets.find((set) => set.name.startsWith(`${name}.`))?.values;
const withoutValue = (sets: readonly Rrset[]) =>
  sets.map((set) => (set.name.startsWith('db.') ? { ...set, values: set.values.slice(1) } : set));
/** So that the readings to come are counted from here. */
const readWhole = async ({ rounds }: WatchedZone) => rounds(fullReadEveryMs / roundMs);

// Generous: the deadline is for a machine that does much else.
describe('a standby whose cluster does not change', { timeout: 60_000 }, () => {
  it('is asked for its marker at each capture, and read whole every ten minutes', async () => {
    const all = await watchZone();
    const asked = await all.since(() => all.rounds(minutes(20)));
    expect(asked.zones).toBe(2);
    expect(asked.markers).toBeGreaterThan(15);
    // The lease is renewed each five minutes; nothing else is written.
    expect(asked.writes).toBeLessThanOrEqual(4);
    expect(all.fake.sent).toEqual([]);
  });

  it('has a marker with the digest of what it holds, TTLs and what is held back included', async () => {
    const all = await watchZone();
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
    const all = await watchZone();
    await readWhole(all);
    const asked = await all.since(async () => {
      all.fake.services.set('late.shop', '10.96.3.1');
      await all.rounds(minutes(1));
    });
    expect(asked).toMatchObject({ zones: 2, writes: 1 });
  });

  it('is frozen, and given back, with its marker alone where nothing has changed: it is read after the freeze, and by the failback', async () => {
    const all = await watchZone();
    await readWhole(all);
    all.fake.weather = 'api-down';
    const before = { ...all.asked };
    const frozen = await all.since(() => all.rounds(minutes(3)));
    expect(await all.marker()).toMatchObject({ phase: 'frozen', activation: 1, digest: await all.digest() });
    expect(frozen).toMatchObject({ zones: 1, writes: 1 });
    expect(all.zonesAtWrites.at(-1)).toBe(before.zones);
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
    const all = await watchZone();
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
      const marker = { generation: activation, frozen: activation };
      expect(event).toMatchObject({ kind: 'frozen', marker, isServed: false });
    }
  });
});

describe('a zone that is not as its inventory has it', { timeout: 60_000 }, () => {
  it('though its marker is: the next reading of the whole finds it, and mends it', async () => {
    const all = await watchZone();
    await readWhole(all);
    all.edit(withoutValue);
    await all.rounds(minutes(1));
    expect(valuesOf(all.provider.contents(), 'db')).toHaveLength(8);
    await all.rounds(minutes(9));
    expect(valuesOf(all.provider.contents(), 'db')).toHaveLength(9);
  });

  it('is written again at once where its probe finds it damaged, whatever the inventory says', async () => {
    const all = await watchZone();
    await readWhole(all);
    all.edit((sets) => sets.filter(({ name }) => name === markerName(zone)));
    await all.rounds(6);
    expect(valuesOf(all.provider.contents(), 'db')).toHaveLength(9);
    expect(all.fake.sent.map(({ alert }) => alert.dedupKey)).toContain('prod/standby-degraded/first');
  });

  it('is read at the next capture when somebody moved the marker, or wrote one of the version before', async () => {
    const all = await watchZone();
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
    const all = await watchZone();
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
    const all = await watchZone();
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
    const first = await watchZone();
    const again = await watchZone(createMemoryStore(), first.provider.contents());
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
    const all = await watchZone(refusing);
    const asked = await all.since(() => all.rounds(minutes(3)));
    expect(asked.zones).toBeGreaterThanOrEqual(2);
    expect(all.fake.sent).toEqual([]);
    expect(await store.list('clusters/prod/inventories/')).toEqual([]);
  });

  it('keeps none of a standby that is configured no more', async () => {
    const all = await watchZone();
    await all.ports.store.write('clusters/prod/inventories/second', '{}', 0);
    all.fake.services.set('late.shop', '10.96.3.1');
    await all.rounds(minutes(2));
    expect(await all.ports.store.list('clusters/prod/inventories/')).toEqual(['clusters/prod/inventories/first']);
  });
});

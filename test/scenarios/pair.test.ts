// Two deployments on one standby zone, through the tasks: of one cluster, where one writes and the other stands by, and of two clusters,
// which must never share a zone.
import { describe, expect, it } from 'vitest';
import { emptyOutbox } from '../../functions/alerts/outbox.ts';
import type { Intent } from '../../functions/model/intent.ts';
import { nextMarker } from '../../functions/plan/fence.ts';
import { type Marker, markerName } from '../../functions/plan/marker.ts';
import { createMemoryProvider, type MemoryProvider } from '../../functions/providers/memory.ts';
import type { Provider } from '../../functions/providers/provider.ts';
import type { Rrset } from '../../functions/records/rrset.ts';
import { addNotices, deliverDue } from '../../functions/tasks/alert/deliver.ts';
import { latestSnapshot } from '../../functions/tasks/capture/snapshots.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { dispatch, workToRest } from '../../functions/tasks/loop/dispatch.ts';
import { probeRound } from '../../functions/tasks/loop/probe-round.ts';
import { readMemory } from '../../functions/tasks/publish/holds.ts';
import { requestFor, standingAt } from '../../functions/tasks/publish/publication.ts';
import { publishSnapshot } from '../../functions/tasks/publish/publish.ts';
import {
  asStandby,
  createFakeCluster,
  createJumpingClock,
  type FakeCluster,
  type FakeOptions,
  zone,
} from '../fakes/cluster.ts';

const quiet = () => {};
const signal = () => new AbortController().signal;

/** A memory zone from which a person may remove the marker, and whose batches are counted. */
function createSharedZone() {
  let inner = createMemoryProvider({ zone });
  let writes = 0;
  const provider: MemoryProvider = {
    label: inner.label,
    zone,
    describe: (abort) => inner.describe(abort),
    contents: () => inner.contents(),
    readMarker: (abort) => inner.readMarker(abort),
    readZone: (abort) => inner.readZone(abort),
    apply: (batch, abort) => {
      writes += 1;
      return inner.apply(batch, abort);
    },
  };
  const replace = (marker: Marker | undefined) => {
    const rrsets = inner.contents().filter((set) => set.name !== markerName(zone));
    inner = createMemoryProvider({ zone, rrsets, ...(marker === undefined ? {} : { marker }) });
  };
  return { provider, replace, writes: () => writes };
}

const markerOf = async (provider: Provider) => (await provider.readMarker(signal())).marker;
const stateOf = async (fake: FakeCluster) => (await readRecord(fake.ports)).record.machine;
const standbyOf = async (fake: FakeCluster) => (await stateOf(fake)).standbys.zonefile ?? expect.fail();
const namesIn = (provider: MemoryProvider) => provider.contents().map((set) => set.name);
const pagesOf = (fake: FakeCluster) => fake.sent.map(({ alert }) => `${alert.action} ${alert.dedupKey}`);

async function round(fake: FakeCluster): Promise<void> {
  const effects = await probeRound(fake.ports, quiet);
  await workToRest(fake.ports, effects, quiet);
  await deliverDue(fake.ports);
}

/** So many rounds of each, in turn, on one clock; 12 of them are a minute. */
async function rounds(clock: { pass(ms: number): void }, fakes: readonly FakeCluster[], count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    for (const fake of fakes) await round(fake);
    clock.pass(5000);
  }
}

async function order(fake: FakeCluster, command: 'failback' | 'failover', takeOver = false): Promise<string> {
  const effects = await dispatch(fake.ports, { kind: 'operator', command, who: 'ann', why: 'test', takeOver }, quiet);
  await workToRest(fake.ports, effects, quiet);
  const reply = effects.find(({ kind }) => kind === 'reply');
  return reply?.kind === 'reply' ? `${reply.status}: ${reply.reason}` : 'none';
}

function world(a: FakeOptions, b: FakeOptions) {
  const clock = createJumpingClock();
  const shared = createSharedZone();
  const make = (options: FakeOptions) => createFakeCluster({ ...options, clock, provider: shared.provider });
  return { clock, ...shared, a: make(a), b: make(b) };
}

// Generous: the deadline is for a machine that does much else.
const patient = { timeout: 60_000 };

describe('two deployments of one cluster', patient, () => {
  it('one writes, and renews its lease while nothing changes; the other stands by without a word', async () => {
    const { clock, provider, a, b, writes } = world({ writer: 'a' }, { writer: 'b' });
    b.services.set('web.shop', '10.96.0.99');
    await rounds(clock, [a, b], 24);
    const before = writes();
    const { generation } = (await markerOf(provider)) ?? expect.fail();
    await rounds(clock, [a, b], 30 * 12);
    expect(await markerOf(provider)).toMatchObject({ cluster: 'prod', writer: 'a', phase: 'warm' });
    // Three times in each quarter of an hour.
    expect(writes() - before).toBeGreaterThanOrEqual(5);
    expect(writes() - before).toBeLessThanOrEqual(6);
    expect((await markerOf(provider))?.generation).toBe(generation + writes() - before);
    expect(provider.contents().find(({ name }) => name.startsWith('web.'))?.values).toEqual(['10.96.0.10']);
    expect(await standbyOf(b)).toMatchObject({ marker: { keeper: 'a' }, failures: 0, fence: '', frozen: 0 });
    expect([...pagesOf(a), ...pagesOf(b)]).toEqual([]);
  });

  it('the other takes over once the marker stands still for a lease, and deletes nothing by that', async () => {
    const { clock, provider, a, b } = world({ writer: 'a' }, { writer: 'b' });
    a.services.set('of-a.shop', '10.96.0.11');
    await rounds(clock, [a, b], 24);
    await rounds(clock, [b], 12 * 12);
    expect((await markerOf(provider))?.writer).toBe('a');
    let took = 0;
    while ((await markerOf(provider))?.writer === 'a' && took++ < 48) await rounds(clock, [b], 1);
    expect(await markerOf(provider)).toMatchObject({ writer: 'b', phase: 'warm' });
    expect(namesIn(provider)).toContain('of-a.shop.svc.cluster.local.');
    await rounds(clock, [b], 12 * 14);
    expect(namesIn(provider)).toContain('of-a.shop.svc.cluster.local.');
    await rounds(clock, [b], 12 * 2);
    expect(namesIn(provider)).not.toContain('of-a.shop.svc.cluster.local.');
    // The first one comes back and finds that it is not needed.
    await rounds(clock, [a, b], 36);
    expect(await markerOf(provider)).toMatchObject({ writer: 'b' });
    expect(await standbyOf(a)).toMatchObject({ marker: { keeper: 'b' } });
    expect([...pagesOf(a), ...pagesOf(b)].filter((page) => !page.includes('standby-stale'))).toEqual([]);
  });

  it('in one outage the one that keeps the zone freezes it, and the other says so and thaws nothing', async () => {
    const { clock, provider, a, b } = world({ writer: 'a' }, { writer: 'b' });
    await rounds(clock, [a, b], 24);
    a.weather = 'api-down';
    b.weather = 'api-down';
    await rounds(clock, [a, b], 12);
    const frozen = await markerOf(provider);
    expect(frozen).toMatchObject({ writer: 'a', phase: 'frozen', activation: 1 });
    expect(await standbyOf(b)).toMatchObject({ frozen: 1, fence: '', marker: { keeper: 'a', frozen: 1 } });
    expect(pagesOf(a)).toEqual(['trigger prod/activation/1@a']);
    expect(pagesOf(b)).toEqual(['trigger prod/activation/1@b']);

    b.weather = 'calm';
    b.services.delete('web.shop');
    await rounds(clock, [a, b], 8);
    expect(await order(b, 'failback')).toContain('accepted');
    await rounds(clock, [a, b], 24);
    expect(await stateOf(b)).toMatchObject({ phase: 'watching', activation: null });
    expect(await standbyOf(b)).toMatchObject({ frozen: 0, marker: { keeper: 'a', frozen: 1 } });
    expect(await markerOf(provider)).toEqual(frozen);
    expect(namesIn(provider)).toContain('web.shop.svc.cluster.local.');
    expect(pagesOf(b)).toContain('resolve prod/activation/1@b');
    expect(pagesOf(a)).not.toContain('resolve prod/activation/1@a');
    expect((await stateOf(a)).phase).toBe('active');

    // Once more, by a person who says what is to be taken over.
    expect(await order(b, 'failback')).toContain('refused: no activation is open here, and the standby is kept by a');
    expect(await order(b, 'failback', true)).toContain('accepted');
    await rounds(clock, [b], 14);
    expect(await markerOf(provider)).toMatchObject({ writer: 'b', phase: 'warm' });
    expect(await standbyOf(b)).toMatchObject({ marker: { keeper: null, frozen: 0 } });
  });

  it('whose keeper died before the outage: the other freezes the zone when its lease has run out, not sooner', async () => {
    const { clock, provider, a, b } = world({ writer: 'a' }, { writer: 'b' });
    await rounds(clock, [a, b], 24);
    b.weather = 'api-down';
    await rounds(clock, [b], 12 * 13);
    expect(await markerOf(provider)).toMatchObject({ writer: 'a', phase: 'warm' });
    expect((await stateOf(b)).activation?.number).toBe(1);
    await rounds(clock, [b], 12 * 3);
    expect(await markerOf(provider)).toMatchObject({ writer: 'b', phase: 'frozen', activation: 1 });
    expect(await standbyOf(b)).toMatchObject({ frozen: 1, marker: { keeper: null, frozen: 1 } });
  });
});

describe("two deployments' own troubles", () => {
  it('are told and closed under keys of their own; one that was open before keeps its key', () => {
    const told = (writer: string, what: string | undefined, before = emptyOutbox) => {
      const { ports } = createFakeCluster({ writer });
      return addNotices({ ...ports, storeTrouble: () => what }, before, [], 1_700_000_000_000);
    };
    const keysOf = ({ pending }: typeof emptyOutbox) => pending.map(({ alert }) => `${alert.action} ${alert.dedupKey}`);
    expect(keysOf(told('lifeboat', 'disk full'))).toEqual(['trigger prod/store']);
    expect(keysOf(told('b', 'disk full'))).toEqual(['trigger prod/store@b']);
    const open = { ...emptyOutbox, open: { 'prod/store': 0 }, shown: { 'prod/store': ['oncall'] } };
    expect(keysOf(told('b', undefined, open))).toEqual(['resolve prod/store']);
  });
});

describe('two clusters on one zone', patient, () => {
  it('the second writes nothing and pages, in peace and in an outage, and its failback thaws nothing', async () => {
    const { clock, provider, a, b, replace } = world({ cluster: 'prod' }, { cluster: 'staging' });
    b.services.set('web.shop', '10.99.0.99');
    await rounds(clock, [a, b], 120);
    const kept = provider.contents();
    expect(await markerOf(provider)).toMatchObject({ cluster: 'prod', writer: 'lifeboat' });
    expect(kept.find(({ name }) => name.startsWith('web.'))?.values).toEqual(['10.96.0.10']);
    expect(pagesOf(a)).toEqual([]);
    expect(pagesOf(b)).toEqual(['trigger staging/foreign/zonefile']);
    expect(b.sent[0]?.alert).toMatchObject({
      severity: 'critical',
      summary: expect.stringContaining('written by cluster prod'),
    });

    b.weather = 'api-down';
    await rounds(clock, [b], 90);
    expect(await markerOf(provider)).toMatchObject({ cluster: 'prod', phase: 'warm' });
    b.weather = 'calm';
    await rounds(clock, [b], 8);
    expect(await order(b, 'failback', true)).toContain('accepted');
    await rounds(clock, [a, b], 24);
    expect((await stateOf(b)).phase).toBe('watching');
    expect(provider.contents().filter(({ type }) => type === 'A')).toEqual(kept.filter(({ type }) => type === 'A'));

    // The other cluster is gone for good: its marker is removed by hand.
    replace(undefined);
    await rounds(clock, [b], 24);
    expect(await markerOf(provider)).toMatchObject({ cluster: 'staging', phase: 'warm' });
    expect(pagesOf(b)).toContain('resolve staging/foreign/zonefile');
  });
});

describe('a marker of the version that named no cluster', patient, () => {
  const old = (writer: string, phase: Marker['phase']): Marker =>
    nextMarker(undefined, {
      snapshot: 1,
      digest: `sha256:${'0'.repeat(64)}`,
      cluster: null,
      writer,
      phase,
      activation: 0,
    });

  it('is ours when the writer is, and names the cluster after the next write', async () => {
    const { clock, provider, replace, a } = world({}, {});
    replace(old('lifeboat', 'warm'));
    await rounds(clock, [a], 2);
    expect(await markerOf(provider)).toMatchObject({ cluster: 'prod', writer: 'lifeboat', phase: 'warm' });
    expect(pagesOf(a)).toEqual([]);
  });

  it('of another writer is not written over, which is told as a standby that ages', async () => {
    const { clock, provider, replace, a } = world({}, {});
    replace(old('somebody', 'warm'));
    await rounds(clock, [a], 12 * 20);
    expect(await markerOf(provider)).toEqual(old('somebody', 'warm'));
    expect(pagesOf(a)).toEqual(['trigger prod/standby-stale/zonefile']);
    expect(a.sent[0]?.alert.whatIsWrong).toContain('the zone is kept by somebody; this deployment stands by');
    expect(a.sent[0]?.alert.whatToRunNext).toContain(
      'When somebody is gone, take the zone over: npx lifeboat failback --take-over',
    );
    expect(await order(a, 'failback', true)).toContain('accepted');
    await rounds(clock, [a], 14);
    expect(await markerOf(provider)).toMatchObject({ cluster: 'prod', writer: 'lifeboat' });
  });
});

describe('a marker that is removed by hand', patient, () => {
  it('in peace is written again, and nothing is deleted until it has been left alone; told once', async () => {
    const { clock, provider, replace, a } = world({}, {});
    a.services.set('api.shop', '10.96.0.11');
    await rounds(clock, [a], 24);
    a.services.delete('web.shop');
    replace(undefined);
    await rounds(clock, [a], 12);
    expect(await markerOf(provider)).toMatchObject({ cluster: 'prod', writer: 'lifeboat', generation: 1 });
    expect(namesIn(provider)).toContain('web.shop.svc.cluster.local.');
    expect(pagesOf(a)).toEqual(['trigger prod/marker-lost/zonefile']);
    await rounds(clock, [a], 12 * 16);
    expect(namesIn(provider)).not.toContain('web.shop.svc.cluster.local.');
    expect(pagesOf(a)).toEqual(['trigger prod/marker-lost/zonefile', 'resolve prod/marker-lost/zonefile']);
  });

  it('in an outage lets nothing be published into the zone that we froze', async () => {
    const { clock, provider, replace, a } = world({}, {});
    await rounds(clock, [a], 24);
    a.weather = 'api-down';
    await rounds(clock, [a], 12);
    expect(await markerOf(provider)).toMatchObject({ phase: 'frozen', activation: 1 });
    replace(undefined);
    a.services.delete('web.shop');
    const frozen = provider.contents();
    const { record } = await readRecord(a.ports);
    const intent = { kind: 'publish', knownActivation: 1 } as const;
    const standing = standingAt(a.ports, record.machine, 'zonefile', intent);
    const snapshot = (await latestSnapshot(a.ports.store, 'prod')).snapshot ?? expect.fail();
    const publish = async (wish: { readonly intent: Intent; readonly rrsets: readonly Rrset[] }) =>
      publishSnapshot(
        { provider, clock },
        requestFor(a.ports, asStandby(provider), {
          snapshot: { ...snapshot, rrsets: wish.rrsets },
          intent: wish.intent,
          standing,
          clusterHealthy: true,
          memory: await readMemory(a.ports, 'zonefile'),
          whyStop: async () => undefined,
        }),
      );
    const [kubernetes] = snapshot.rrsets;
    const rrsets = kubernetes === undefined ? expect.fail() : [kubernetes];
    expect(await publish({ intent, rrsets })).toMatchObject({
      status: 'frozen',
      reason: expect.stringContaining('the marker of the zone is gone'),
    });
    expect(provider.contents()).toEqual(frozen);
    // The same activation may write its snapshot again, and leaves the zone frozen.
    const again = await publish({ intent: { kind: 'activate', activation: 1 }, rrsets });
    expect(again).toMatchObject({
      status: 'published',
      adopted: 'marker-gone',
      marker: { phase: 'frozen', activation: 1 },
    });
    expect(namesIn(provider)).toContain('web.shop.svc.cluster.local.');
    expect((await publish({ intent: { kind: 'activate', activation: 1 }, rrsets })).status).toBe('published');
  });
});

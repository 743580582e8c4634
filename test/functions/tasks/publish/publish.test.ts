// What comes of a publication, outcome by outcome, on a host that refuses, lies, loses answers and holds what somebody else put there.
import { describe, expect, it } from 'vitest';
import { LifeboatError } from '../../../../functions/lib/errors.ts';
import { newcomer } from '../../../../functions/model/standing.ts';
import { nextMarker } from '../../../../functions/plan/fence.ts';
import type { Inventory } from '../../../../functions/plan/inventory.ts';
import type { Marker, MarkerPhase } from '../../../../functions/plan/marker.ts';
import { createMemoryProvider, type MemoryProvider } from '../../../../functions/providers/memory.ts';
import type { Batch, Provider } from '../../../../functions/providers/provider.ts';
import type { Rrset } from '../../../../functions/records/rrset.ts';
import { publishSnapshot } from '../../../../functions/tasks/publish/publish.ts';
import type { PublishRequest } from '../../../../functions/tasks/publish/request.ts';
import { takingAtMost } from '../../../fakes/capabilities.ts';
import { createUnrulyProvider, type Mood } from '../../../fakes/unruly-provider.ts';
import { kubernetes, namespaceOf, service, sorted, zone } from '../../plan/zone.ts';
import { deployment, publicationOf } from './publication.ts';

const clock = { now: () => 1_000_000, sleep: async () => {} };
/** A batch takes one value: one addition, then two deletes. */
const capabilities = takingAtMost({ values: 1 });
const staying = namespaceOf('shop', 6);
const going = [service('going.shop', '10.0.9.1'), service('gone.shop', '10.0.9.2')];
const before = sorted([kubernetes, ...staying, ...going]);
const after = sorted([kubernetes, ...staying, service('coming.shop', '10.0.9.3')]);

function markerOf(phase: MarkerPhase, changes: Partial<Marker> = {}): Marker {
  const digest = `sha256:${'1'.repeat(64)}`;
  return { ...nextMarker(undefined, { snapshot: 1, digest, ...deployment, phase, activation: 0 }), ...changes };
}

function hostOf(marker: Marker | undefined, moods: readonly Mood[] = []) {
  const inner = createMemoryProvider({
    zone,
    capabilities,
    rrsets: before,
    ...(marker === undefined ? {} : { marker }),
  });
  const left = [...moods];
  const batches: Batch[] = [];
  const unruly = createUnrulyProvider(inner, [], { next: () => left.shift() ?? 'good' });
  const provider: Provider = {
    ...unruly,
    apply: (batch, signal) => {
      batches.push(batch);
      return unruly.apply(batch, signal);
    },
  };
  return { inner, provider, batches };
}

const publish = (provider: Provider, changes: Partial<PublishRequest> = {}) =>
  publishSnapshot({ provider, clock }, publicationOf(after, changes));
const setsIn = async (inner: MemoryProvider): Promise<readonly Rrset[]> =>
  (await inner.readZone(new AbortController().signal)).rrsets;
const phaseOf = async (inner: MemoryProvider) => (await inner.readMarker(new AbortController().signal)).marker?.phase;

describe('published', () => {
  it('in batches that move the marker one by one: partial until the last, adds before deletes', async () => {
    const { inner, provider, batches } = hostOf(markerOf('warm', { generation: 7 }));
    const outcome = await publish(provider);
    expect(outcome).toMatchObject({ status: 'published', batches: 3, adopted: null, marker: { generation: 10 } });
    expect(batches.map(({ next }) => [next.generation, next.phase])).toEqual([
      [8, 'partial'],
      [9, 'partial'],
      [10, 'warm'],
    ]);
    expect(batches.flatMap(({ changes }) => changes.map(({ action }) => action))).toEqual([
      'create',
      'delete',
      'delete',
    ]);
    expect(await setsIn(inner)).toEqual(after);
  });

  it('without a write when there is nothing to do, and with one that moves the marker alone when it is to be renewed', async () => {
    const { provider, batches } = hostOf(markerOf('warm'));
    await publish(provider);
    const written = batches.length;
    expect(await publish(provider)).toMatchObject({ status: 'published', batches: 0 });
    expect(batches).toHaveLength(written);
    expect(await publish(provider, { renew: true })).toMatchObject({ status: 'published', batches: 1 });
    expect(batches.at(-1)).toMatchObject({ changes: [], next: { phase: 'warm', generation: written + 2 } });
  });
});

describe('stopped', () => {
  it('before the first batch that deletes, when the cluster went bad: what was added stays, and the marker says partial', async () => {
    const { inner, provider, batches } = hostOf(markerOf('warm'));
    const asked: number[] = [];
    const outcome = await publish(
      provider,
      stopping(async () => {
        asked.push(batches.length);
        return false;
      }),
    );
    expect(outcome).toMatchObject({
      status: 'stopped',
      batches: expect.any(Number),
      reason: expect.stringContaining('not applied'),
    });
    const names = (await setsIn(inner)).map(({ name }) => name);
    for (const { name } of before) expect(names).toContain(name);
    expect(names).toContain('coming.shop.svc.cluster.local.');
    expect(asked).toEqual([1]);
    expect(await phaseOf(inner)).toBe('partial');
  });

  it('between two batches that delete, as soon as it is asked', async () => {
    const { inner, provider } = hostOf(markerOf('warm'));
    let asked = 0;
    const outcome = await publish(provider, {
      ...stopping(async () => asked++ === 0),
      snapshot: publicationOf(sorted([kubernetes, ...staying])).snapshot,
    });
    expect(outcome).toMatchObject({ status: 'stopped', batches: 1 });
    expect(await setsIn(inner)).toHaveLength(before.length - 1);
    expect(await phaseOf(inner)).toBe('partial');
  });
});

describe('mismatch', () => {
  it('when the host confirms what it did not do', async () => {
    const { inner, provider } = hostOf(markerOf('warm'), ['good', 'lied', 'lied', 'lied']);
    expect(await publish(provider)).toMatchObject({
      status: 'mismatch',
      reason: expect.stringContaining('did not do what it'),
    });
    expect(await setsIn(inner)).toEqual(before);
  });

  it('when it does half of it', async () => {
    const { provider } = hostOf(markerOf('warm'), ['good', 'half', 'half']);
    expect((await publish(provider)).status).toBe('mismatch');
  });

  it('when it shows what it held before: nobody is told that all is well', async () => {
    const { provider } = hostOf(markerOf('warm'), ['good', 'good', 'good', 'good', 'stale']);
    expect((await publish(provider)).status).toBe('mismatch');
    expect(await publish(provider)).toMatchObject({ status: 'published', batches: 0 });
  });
});

describe('denied', () => {
  it('at the first batch, with nothing written', async () => {
    const { inner, provider } = hostOf(markerOf('warm'), ['good', 'denied']);
    expect(await publish(provider)).toEqual({ status: 'denied', reason: 'REFUSED', batches: 0 });
    expect(await setsIn(inner)).toEqual(before);
  });

  it('at the second, which leaves the marker partial', async () => {
    const { inner, provider } = hostOf(markerOf('warm'), ['good', 'good', 'denied']);
    expect(await publish(provider)).toMatchObject({ status: 'denied', batches: 1 });
    expect(await phaseOf(inner)).toBe('partial');
    expect(await publish(provider)).toMatchObject({ status: 'published' });
    expect(await setsIn(inner)).toEqual(after);
  });
});

describe('conflict', () => {
  it('when another one moved the marker between two batches: what was done stays, the rest is not done', async () => {
    const { inner, provider, batches } = hostOf(markerOf('warm'));
    const outcome = await publish(provider, {
      onProgress: (done) => {
        if (done > 1) return;
        const marker = batches[0]?.next ?? expect.fail();
        void inner.apply(
          { expected: marker, next: nextMarker(marker, marker), changes: [] },
          new AbortController().signal,
        );
      },
    });
    expect(outcome).toMatchObject({ status: 'conflict', batches: 1 });
    for (const { name } of going) expect((await setsIn(inner)).map((set) => set.name)).toContain(name);
  });

  it('when another plan was approved', async () => {
    const { provider, batches } = hostOf(markerOf('warm'));
    expect(await publish(provider, { approvedChecksum: 'sha256:0' })).toMatchObject({ status: 'conflict', batches: 0 });
    expect(batches).toEqual([]);
  });
});

describe('nothing is written', () => {
  it.each<[string, Marker | undefined, Partial<PublishRequest>]>([
    ['refused', markerOf('warm'), { snapshot: publicationOf(staying).snapshot }],
    ['frozen', markerOf('frozen', { activation: 1 }), {}],
    ['frozen', undefined, { standing: { known: 'freeze', takeOver: null } }],
    ['kept', markerOf('warm', { writer: 'another' }), {}],
    ['foreign', markerOf('warm', { cluster: 'staging' }), {}],
  ])('%s', async (status, marker, changes) => {
    const { inner, provider, batches } = hostOf(marker);
    expect(await publish(provider, changes)).toMatchObject({ status, reason: expect.any(String) });
    expect(batches).toEqual([]);
    expect(await setsIn(inner)).toEqual(before);
  });
});

describe('a host that serves later what it accepts', () => {
  /** Its name servers follow when they are told to. */
  function slowHost(byHandles: boolean) {
    const events: string[] = [];
    const waiting: (() => void)[] = [];
    const settle = (signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        events.push('asked');
        signal.addEventListener('abort', () => reject(new LifeboatError('timeout', 'still PENDING')));
        waiting.push(resolve);
      });
    const inner = createMemoryProvider({ zone, capabilities, rrsets: before, settle, byHandles });
    const provider: Provider = {
      ...inner,
      apply: async (batch, signal) => {
        events.push(batch.changes.map(({ action }) => action).join() || 'marker');
        return inner.apply(batch, signal);
      },
    };
    const serve = () => {
      events.push('served');
      for (const resolve of waiting.splice(0)) resolve();
    };
    return { inner, provider, events, serve };
  }

  it.each([false, true])('is waited for before anything is taken away, and at the end (ids: %s)', async (byHandles) => {
    const { inner, provider, events, serve } = slowHost(byHandles);
    const published = publish(provider);
    for (const expected of [
      ['create', 'asked'],
      ['create', 'asked', 'served', 'delete', 'asked'],
      ['create', 'asked', 'served', 'delete', 'asked', 'served', 'delete', 'asked'],
    ]) {
      await expect.poll(() => events).toEqual(expected);
      serve();
    }
    expect(await published).toMatchObject({ status: 'published', batches: 3 });
    expect(await setsIn(inner)).toEqual(after);
  });

  it('is written and not served yet when it takes longer than a request may; the next run finds that all is done', async () => {
    const { provider, events } = slowHost(false);
    const marked = { snapshot: publicationOf(before).snapshot, timeoutMs: 20 };
    expect(await publish(provider, marked)).toMatchObject({ status: 'published', batches: 1, isServed: false });
    expect(await publish(provider, marked)).toMatchObject({ status: 'published', batches: 0, isServed: true });
    expect(events).toEqual(['marker', 'asked']);
  });

  it('is a fault when that comes before something is taken away, which is not done', async () => {
    const { inner, provider, events } = slowHost(false);
    await expect(publish(provider, { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'timeout',
      message: 'still PENDING',
    });
    expect(events).toEqual(['create', 'asked']);
    expect(await setsIn(inner)).toHaveLength(before.length + 1);
  });
});

describe('a zone that our store knows', () => {
  const known = { known: 'marker', takeOver: null } as const;

  it.each<[string, Marker | undefined, Partial<PublishRequest>]>([
    ['frozen', markerOf('frozen', { activation: 1 }), { standing: known }],
    ['frozen', undefined, { standing: { known: 'freeze', takeOver: null } }],
    ['kept', markerOf('warm', { writer: 'another' }), { standing: known }],
    ['foreign', markerOf('warm', { cluster: 'staging' }), { standing: known }],
  ])('is fenced by its marker alone: %s', async (status, marker, changes) => {
    const { provider, batches } = hostOf(marker);
    const unread: Provider = { ...provider, readZone: () => expect.unreachable('the zone is read whole') };
    expect(await publish(unread, changes)).toMatchObject({ status, reason: expect.any(String) });
    expect(batches).toEqual([]);
  });

  it('is renewed by its marker alone, and that is read back: a host that lies is found out', async () => {
    const { provider } = hostOf(markerOf('warm'), [...Array<Mood>(7).fill('good'), 'lied']);
    let inventory: Inventory | undefined;
    const keeping: Partial<PublishRequest> = {
      keepInventory: async (kept) => {
        inventory = kept;
      },
      readInventory: async () => inventory,
      standing: known,
    };
    expect(await publish(provider, keeping)).toMatchObject({ status: 'published', batches: 3 });
    expect(inventory).toMatchObject({ rrsets: after, unread: [], marker: { phase: 'warm' } });
    const unread: Provider = { ...provider, readZone: () => expect.unreachable('the zone is read whole') };
    expect(await publish(unread, { ...keeping, renew: true })).toMatchObject({ status: 'mismatch' });
    expect(inventory).toBeUndefined();
  });
});

describe('an answer that is lost', () => {
  it.each(['lost', 'dropped'] as const)('%s, is a fault; the next run ends what was begun', async (mood) => {
    const { inner, provider } = hostOf(markerOf('warm'), ['good', 'good', mood]);
    await expect(publish(provider)).rejects.toMatchObject({ code: mood === 'lost' ? 'network' : 'timeout' });
    expect((await publish(provider)).status).toBe('published');
    expect(await setsIn(inner)).toEqual(after);
  });
});

describe('adopted', () => {
  it('a zone without the marker that was known is written without a delete', async () => {
    const { inner, provider } = hostOf(undefined);
    const standing = { known: 'marker', takeOver: null } as const;
    expect(await publish(provider, { standing })).toMatchObject({ status: 'published', adopted: 'marker-gone' });
    expect((await setsIn(inner)).map(({ name }) => name)).toEqual(
      expect.arrayContaining(before.map(({ name }) => name)),
    );
    expect(await publish(provider, { standing: newcomer })).toMatchObject({ status: 'published', adopted: null });
    expect(await setsIn(inner)).toEqual(after);
  });
});

function stopping(mayStillDelete: () => Promise<boolean>): Partial<PublishRequest> {
  return {
    whyStop: async (takesAway) =>
      takesAway && !(await mayStillDelete()) ? 'the cluster is not healthy any more' : undefined,
  };
}

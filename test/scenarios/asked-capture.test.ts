// A capture that a vantage is asked for, with a real vantage and a real runtime over one store: lives of the runtime end between any two writes, and
// the snapshot that comes is taken by the next one. It is transferred once.
import { describe, expect, it } from 'vitest';
import { createApp } from '../../functions/api/app.ts';
import { sourcesOf } from '../../functions/config/sources/index.ts';
import { sha256Hex } from '../../functions/lib/canonical.ts';
import type { CaptureResult, SnapshotSource } from '../../functions/snapshot/source.ts';
import { createMemoryStore } from '../../functions/stores/memory.ts';
import type { Store } from '../../functions/stores/store.ts';
import { listSnapshots } from '../../functions/tasks/capture/snapshots.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import type { ClusterControl, VantageRequest } from '../../functions/tasks/control/control-port.ts';
import type { Activity } from '../../functions/tasks/loop/dispatch.ts';
import { openRuntime } from '../../functions/tasks/runtime.ts';
import type { ClusterRuntime } from '../../functions/tasks/runtime-ports.ts';
import { createVantageLink } from '../../functions/vantage/agent/link.ts';
import type { VantageActivity } from '../../functions/vantage/agent/ports.ts';
import { runVantage } from '../../functions/vantage/agent/run-loop.ts';
import { importPrivateKey } from '../../functions/vantage/protocol/keys.ts';
import { createVantageReceiver } from '../../functions/vantage/receiver/receive.ts';
import { throughVantages } from '../../functions/vantage/receiver/ways.ts';
import { createFakeCluster } from '../fakes/cluster.ts';
import { realRandom } from '../fakes/real-deps.ts';
import { insideConfig, rackKeys, roundAt, snapshotOf } from '../fakes/vantage.ts';
import { createVirtualClock, type VirtualClock } from '../fakes/virtual-clock.ts';

const patient = { timeout: 300_000 };
const token = `lb_${'x'.repeat(43)}`;

interface Life {
  readonly runtime: ClusterRuntime;
  /** Nothing of it is heard any more, and nothing that it does has any effect. */
  isOver: boolean;
  /** Rejects when it ends: a connection to it breaks then. */
  readonly broken: Promise<never>;
  end(): void;
}

interface WorldOptions {
  /** The vantage's transfer: default it gives a snapshot. */
  readonly transfer?: () => Promise<CaptureResult>;
  /** The Worker looks at DNS as well, and can transfer by itself. */
  readonly direct?: SnapshotSource;
  readonly clock?: VirtualClock;
  /** Of rounds, default 5 s; of ordinary captures, default ten minutes. */
  readonly intervalMs?: number;
  readonly captureIntervalMs?: number;
}

async function createWorld(options: WorldOptions = {}) {
  const { transfer, direct, clock = createVirtualClock(), intervalMs = 5000, captureIntervalMs = 600_000 } = options;
  const [rack] = insideConfig().clusters[0]?.vantages ?? [];
  const edge = { kind: 'edge', id: 'edge', group: 'cloudflare', targets: ['dns'] };
  const config = insideConfig({
    vantages: direct === undefined ? [rack] : [rack, edge],
    probe: { intervalMs, timeoutMs: 3000 },
    snapshot: { intervalMs: captureIntervalMs },
    policy: { quorum: { downs: 1, groups: 1 } },
  });
  const [cluster] = config.clusters;
  const vantage = cluster?.vantages[0];
  if (cluster === undefined || vantage?.kind !== 'inside') throw new Error('a vantage is needed');
  const fake = createFakeCluster({ clock });
  const stored = createMemoryStore();
  let weather: 'calm' | 'api-down' = 'calm';
  let transfers = 0;
  let lives = 0;
  let writesLeft = Number.POSITIVE_INFINITY;
  let writes = 0;
  let current: Life | undefined;
  const log: Activity[] = [];

  const never = () => new Promise<never>(() => {});
  const mortal = (life: () => Life | undefined): Store => ({
    ...stored,
    read: (key) => (life()?.isOver === true ? never() : stored.read(key)),
    write: async (...args) => {
      const own = life();
      if (own?.isOver === true) return never();
      const outcome = await stored.write(...args);
      writes++;
      writesLeft--;
      if (writesLeft > 0 || own === undefined) return outcome;
      own.end();
      writesLeft = Number.POSITIVE_INFINITY;
      return never();
    },
  });

  const begin = async (): Promise<Life> => {
    let own: Life | undefined;
    const store = mortal(() => own);
    const { channels, standbys, askCorednsVersion, askOpenTransfer } = fake.ports;
    const runtime = await openRuntime({
      ...{ config, cluster, clock, channels, store, life: `life-${++lives}` },
      openReach: async ({ hear, keep, answered, ...needs }) => {
        const receiver = createVantageReceiver({
          ...{ clock, store: needs.store, cluster, keep, answered },
          onObserved: (round) => hear({ kind: 'observed', ...round }),
          onRefused: (refused) => hear({ kind: 'vantage-refused', ...refused }),
        });
        const none: SnapshotSource = { capture: async () => expect.fail('there is no way from here') };
        const here = sourcesOf(cluster.snapshot).map((terms) => ({ ...terms, source: direct ?? none }));
        const sources = throughVantages(cluster, receiver.source, here);
        const probe = async () => [];
        return { ...{ probe, sources, standbys, askCorednsVersion, askOpenTransfer }, vantages: receiver };
      },
      lacking: [],
      log: { onActivity: (activity) => void log.push(activity), onFault: () => {} },
    });
    const { promise: broken, reject } = Promise.withResolvers<never>();
    broken.catch(() => {});
    const life: Life = {
      ...{ runtime, isOver: false, broken },
      end: () => {
        life.isOver = true;
        reject(new Error('the connection broke'));
      },
    };
    own = life;
    current = life;
    return life;
  };

  await begin();
  const alive = (): Life => {
    if (current === undefined || current.isOver) throw new Error('there is no life');
    return current;
  };
  const app = createApp({
    clock,
    random: realRandom,
    config: { api: { tokens: [{ id: 'rack', scopes: ['vantage'], sha256: await sha256Hex(token) }] } },
    controls: new Map([['prod', { report: (request) => reportTo(alive(), request) } as ClusterControl]]),
    sessions: createMemoryStore(),
    version: '0.0.0',
  });
  const link = createVantageLink(
    { clock, fetch: async (url, init) => app.request(url, init) },
    {
      ...{ origin: 'https://lifeboat.example.workers.dev', token, cluster: 'prod', vantage: 'rack' },
      privateKey: await importPrivateKey(rackKeys.privateKey),
    },
  );
  const capture: SnapshotSource['capture'] = async () => {
    transfers++;
    if (transfer !== undefined) return transfer();
    const snapshot = await snapshotOf(0, clock.now(), ['kubernetes.default', 'web.shop']);
    return { status: 'captured', snapshot, bytes: 500, tookMs: 1, attempts: [], notes: [] };
  };
  const stop = new AbortController();
  const told: VantageActivity[] = [];
  const sources = sourcesOf(cluster.snapshot).map((terms) => ({ ...terms, source: { capture } }));
  const probe = async () => roundAt(cluster, clock.now(), weather);
  const running = runVantage(
    { clock, random: realRandom, cluster, vantage, probe, sources, link },
    { onActivity: (activity) => void told.push(activity), onFault: () => {} },
    stop.signal,
  );
  /** So many intervals; a life that has ended is followed by the next one. */
  const ticks = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const life = current?.isOver === false ? current : await begin();
      void life.runtime.tick();
      await clock.advance(intervalMs);
    }
  };
  return {
    ticks,
    end: async () => {
      stop.abort();
      await clock.advance(0);
      await running;
    },
    /** The life ends after so many more writes, of which nothing else comes; the next one does not. */
    dieAfter: (count: number) => {
      writesLeft = count;
    },
    kill: () => {
      current?.end();
    },
    store: stored,
    setWeather: (next: typeof weather) => {
      weather = next;
    },
    machine: async () => (await readRecord({ ...fake.ports, store: stored })).record.machine,
    captures: async () => (await readRecord({ ...fake.ports, store: stored })).record.captures,
    numbers: () => listSnapshots(stored, 'prod'),
    transfers: () => transfers,
    writes: () => writes,
    lives: () => lives,
    /** What the log says of captures. */
    done: () =>
      log.flatMap((one) => (one.kind === 'finished' && one.work.kind === 'capture' ? [one.outcome.kind] : [])),
    pages: () => fake.sent.map(({ alert }) => `${alert.action} ${alert.dedupKey}`),
    told,
  };
}

/** What a vantage hears: nothing but a broken connection, where the life ends meanwhile. */
const reportTo = ({ runtime, broken }: Life, request: VantageRequest) =>
  Promise.race([runtime.control.report(request), broken]);

type World = Awaited<ReturnType<typeof createWorld>>;

async function expectOneCapture(world: World, what: string): Promise<void> {
  const { capture } = await world.machine();
  expect(world.transfers(), what).toBe(1);
  expect(await world.numbers(), what).toEqual([1]);
  expect(capture, what).toMatchObject({ snapshot: 1, runningSince: null, failures: 0, deaths: 0 });
  expect(await world.captures(), what).toHaveLength(1);
  expect(
    world.pages().filter((page) => page.includes('/capture')),
    what,
  ).toEqual([]);
}

describe('a capture that a vantage is asked for', patient, () => {
  it('is made once, whatever becomes of the life that asked', async () => {
    const world = await createWorld();
    await world.ticks(12);
    await expectOneCapture(world, 'one life');
    expect(world.done()).toEqual(['capture-asked', 'captured']);
    await world.end();
  });

  it('is made once where a life ends after any of its writes', async () => {
    const clock = createVirtualClock();
    const whole = await createWorld({ clock });
    let capturedAfter = 0;
    for (; capturedAfter < 12 && (await whole.machine()).capture.snapshot === null; capturedAfter++)
      await whole.ticks(1);
    const writes = whole.writes();
    await expectOneCapture(whole, 'one life');
    await whole.end();
    expect(writes).toBeGreaterThan(8);
    for (let n = 1; n <= writes; n++) {
      const world = await createWorld({ clock });
      world.dieAfter(n);
      await world.ticks(10);
      expect(world.lives()).toBe(2);
      await expectOneCapture(world, `after write ${n} of ${writes}`);
      await world.end();
    }
  });

  it('as the last one of an outage is taken by the next life, and the freeze comes after it', async () => {
    const world = await createWorld();
    await world.ticks(12);
    world.setWeather('api-down');
    for (let i = 0; i < 20 && (await world.machine()).activation === null; i++) await world.ticks(1);
    expect((await world.machine()).activation).toMatchObject({ number: 1, final: 'pending' });
    world.kill();
    await world.ticks(6);
    const { activation, capture } = await world.machine();
    expect(activation).toMatchObject({ number: 1, final: 'captured' });
    expect(capture).toMatchObject({ failures: 0, deaths: 0, isElsewhere: false });
    expect(world.transfers()).toBe(2);
    await world.end();
  });

  it('that the vantage cannot make is made from here where there is a way, and refused where there is none', async () => {
    const clock = createVirtualClock();
    const attempts = [{ place: '10.0.0.10:53', kind: 'denied', code: 'refused', evidence: 'REFUSED' }] as const;
    const transfer = async (): Promise<CaptureResult> => ({ status: 'refused', bytes: 9, tookMs: 1, attempts });
    const direct: SnapshotSource = {
      capture: async () => {
        const snapshot = await snapshotOf(0, clock.now(), ['kubernetes.default']);
        return { status: 'captured', snapshot, bytes: 100, tookMs: 1, attempts: [], notes: [] };
      },
    };
    const both = await createWorld({ clock, transfer, direct });
    await both.ticks(6);
    expect((await both.machine()).capture).toMatchObject({ snapshot: 1, failures: 0, runningSince: null });
    expect((await both.captures()).map(({ bytes }) => bytes)).toEqual([9, 100]);
    await both.end();
    const alone = await createWorld({ clock, transfer });
    await alone.ticks(6);
    const { capture } = await alone.machine();
    expect(capture).toMatchObject({ snapshot: null, failures: 1, lastFailure: '10.0.0.10:53: REFUSED' });
    expect(capture.sources).toMatchObject({ axfr: { failures: 1, kind: 'denied' } });
    await alone.end();
  });

  it.each([
    ['is gone', undefined],
    ['is damaged', '{"format":1,"requests":[{"number":'],
    ['is of another version', '{"format":2}'],
  ])('is asked for again where what is stored of it %s', async (_name, text) => {
    const clock = createVirtualClock();
    const transfer = async (): Promise<CaptureResult> => {
      await clock.sleep(8000);
      const snapshot = await snapshotOf(0, clock.now(), ['kubernetes.default']);
      return { status: 'captured', snapshot, bytes: 500, tookMs: 8000, attempts: [], notes: [] };
    };
    const world = await createWorld({ clock, transfer });
    const key = 'clusters/prod/capture-requests';
    await world.ticks(1);
    const before = await world.machine();
    expect(before.capture).toMatchObject({ isElsewhere: true, snapshot: null });
    const { version = 0 } = (await world.store.read(key)) ?? {};
    if (text === undefined) await world.store.remove(key);
    else await world.store.write(key, text, version);
    await world.ticks(8);
    const { capture } = await world.machine();
    expect(capture).toMatchObject({ snapshot: 1, runningSince: null, failures: 0 });
    expect(world.pages().filter((page) => page.includes('/capture'))).toEqual([]);
    await world.end();
  });

  it('as the last one of an outage is asked for again where what is stored of it is gone', async () => {
    const world = await createWorld();
    await world.ticks(12);
    world.setWeather('api-down');
    for (let i = 0; i < 20 && (await world.machine()).activation === null; i++) await world.ticks(1);
    expect(await world.machine()).toMatchObject({ activation: { final: 'pending' }, capture: { isElsewhere: true } });
    await world.store.remove('clusters/prod/capture-requests');
    await world.ticks(6);
    expect((await world.machine()).activation).toMatchObject({ number: 1, final: 'captured' });
    expect(world.transfers()).toBe(2);
    await world.end();
  });

  it.each([5, 10, 20, 30])(
    'as the last one of an outage is made from here, where the vantage hangs (rounds of %s s)',
    async (s) => {
      const clock = createVirtualClock();
      let isHung = false;
      const transfer = async (): Promise<CaptureResult> => {
        if (isHung) return new Promise(() => {});
        const snapshot = await snapshotOf(0, clock.now(), ['kubernetes.default']);
        return { status: 'captured', snapshot, bytes: 500, tookMs: 1, attempts: [], notes: [] };
      };
      const direct: SnapshotSource = {
        capture: async () => {
          // Almost all the time that a transfer may take.
          await clock.sleep(19_000);
          const snapshot = await snapshotOf(0, clock.now(), ['kubernetes.default', 'web.shop']);
          return { status: 'captured', snapshot, bytes: 100, tookMs: 19_000, attempts: [], notes: [] };
        },
      };
      const world = await createWorld({ clock, transfer, direct, intervalMs: s * 1000 });
      await world.ticks(12);
      isHung = true;
      world.setWeather('api-down');
      for (let i = 0; i < 20 && (await world.machine()).activation === null; i++) await world.ticks(1);
      expect((await world.machine()).activation).toMatchObject({ number: 1, final: 'pending' });
      for (let i = 0; i < 80 && (await world.machine()).activation?.final === 'pending'; i++) await world.ticks(1);
      expect((await world.machine()).activation).toMatchObject({ number: 1, final: 'captured' });
      await world.end();
    },
  );
});

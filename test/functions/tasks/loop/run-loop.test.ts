// The watch goes on whatever hangs: a pager, a standby, a transfer.

import { describe, expect, it } from 'vitest';
import type { SendResult } from '../../../../functions/alerts/delivery.ts';
import type { Clock } from '../../../../functions/lib/deps.ts';
import { LifeboatError } from '../../../../functions/lib/errors.ts';
import type { ConfiguredSource, SnapshotSource } from '../../../../functions/snapshot/source.ts';
import type { ClusterPorts } from '../../../../functions/tasks/cluster/ports.ts';
import { readRecord } from '../../../../functions/tasks/cluster/record.ts';
import { createController } from '../../../../functions/tasks/loop/controller.ts';
import { watch } from '../../../../functions/tasks/loop/run-loop.ts';
import { asStandby, createFakeCluster, type FakeCluster } from '../../../fakes/cluster.ts';

/** Real waiting, a thousand times as fast. */
function fastClock(): Clock {
  const startedAt = performance.now();
  const start = 1_700_000_000_000;
  return {
    now: () => start + Math.floor((performance.now() - startedAt) * 1000),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(end, ms / 1000);
        signal?.addEventListener('abort', end, { once: true });
      }),
  };
}

/** Watches until `done`, at most 3 s of real time; the faults that were reported. */
async function watchUntil(fake: FakeCluster, ports: ClusterPorts, done: () => boolean): Promise<readonly string[]> {
  const stop = new AbortController();
  const faults: string[] = [];
  const hooks = { onActivity: () => {}, onFault: (what: string) => void faults.push(what) };
  const watching = watch(ports, hooks, stop.signal);
  for (let i = 0; i < 300 && !done(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(done(), `still waiting; sent ${fake.sent.length}`).toBe(true);
  stop.abort();
  await watching;
  return faults;
}

/** Counts rounds and lets a test release what hangs. */
function instrument(fake: FakeCluster) {
  const seen = { rounds: 0 };
  const release: (() => void)[] = [];
  let released = false;
  const hang = () => new Promise<void>((resolve) => (released ? resolve() : release.push(resolve)));
  const probe = async () => {
    seen.rounds++;
    return fake.ports.probe([]);
  };
  return {
    seen,
    hang,
    probe,
    releaseAll: () => {
      released = true;
      for (const one of release) one();
    },
  };
}

describe('a watch', () => {
  it('probes on while the pager hangs', async () => {
    const fake = createFakeCluster({ clock: fastClock() });
    const { seen, hang, probe, releaseAll } = instrument(fake);
    const channel = {
      id: 'oncall',
      timeoutMs: 5_000,
      repeats: 'outbox',
      send: () => hang().then((): SendResult => ({ status: 'delivered' })),
    } as const;
    fake.weather = 'api-down';
    const faults = await watchUntil(fake, { ...fake.ports, probe, channels: [channel] }, () => {
      if (seen.rounds >= 40) releaseAll();
      return seen.rounds >= 40;
    });
    expect(faults).toEqual([]);
  });

  it('pages by one channel while another one hangs', async () => {
    const fake = createFakeCluster({ clock: fastClock() });
    const { seen, hang, probe, releaseAll } = instrument(fake);
    const hung = {
      id: 'hung',
      timeoutMs: 5_000,
      repeats: 'outbox',
      send: () => hang().then((): SendResult => ({ status: 'delivered' })),
    } as const;
    const channels = [hung, ...fake.ports.channels];
    const has = (key: string) => fake.sent.some(({ alert }) => alert.dedupKey === key);
    fake.weather = 'credential';
    await watchUntil(fake, { ...fake.ports, probe, channels }, () => {
      if (has('prod/credential/apiserver')) fake.weather = 'api-down';
      const isDone = has('prod/activation/1') || seen.rounds > 100;
      if (isDone) releaseAll();
      return isDone;
    });
    expect(has('prod/activation/1')).toBe(true);
  });

  it('probes on when the clock is set back by an hour', async () => {
    const clock = fastClock();
    let backMs = 0;
    const fake = createFakeCluster({ clock: { now: () => clock.now() - backMs, sleep: clock.sleep } });
    const { seen, probe } = instrument(fake);
    const inRound = async () => {
      if (seen.rounds === 3) backMs = 3_600_000;
      return probe();
    };
    await watchUntil(fake, { ...fake.ports, probe: inRound }, () => seen.rounds >= 10);
  });

  it('pages while the standby hangs', async () => {
    const fake = createFakeCluster({ clock: fastClock() });
    const { seen, hang, probe, releaseAll } = instrument(fake);
    const provider = {
      ...fake.provider,
      readMarker: () => hang().then(() => fake.provider.readMarker(new AbortController().signal)),
      readZone: () => hang().then(() => fake.provider.readZone(new AbortController().signal)),
    };
    await watchUntil(fake, { ...fake.ports, probe, standbys: [asStandby(provider)] }, () => {
      if (seen.rounds >= 5) fake.weather = 'api-down';
      const paged = fake.sent.some(({ alert }) => alert.dedupKey === 'prod/activation/1');
      if (paged) releaseAll();
      return paged;
    });
  });

  it('pages an outage, and its own trouble, while it cannot store anything', async () => {
    const fake = createFakeCluster({ clock: fastClock() });
    const { seen, probe } = instrument(fake);
    let isFull = false;
    const { store } = fake.ports;
    const write: typeof store.write = async (...args) => {
      if (isFull) throw new LifeboatError('store', 'ENOSPC');
      return store.write(...args);
    };
    const told = () => fake.sent.map(({ alert }) => `${alert.action} ${alert.dedupKey}`);
    await watchUntil(fake, { ...fake.ports, probe, store: { ...store, write } }, () => {
      if (seen.rounds >= 3) isFull = true;
      if (seen.rounds >= 6) fake.weather = 'api-down';
      if (told().includes('trigger prod/activation/1')) isFull = false;
      return told().includes('resolve prod/store');
    });
    expect(told()).toEqual(['trigger prod/store', 'trigger prod/activation/1', 'resolve prod/store']);
    expect((await readRecord(fake.ports)).record.machine.activation?.number).toBe(1);
  });

  it('reports a fault of its own store and goes on', async () => {
    const fake = createFakeCluster({ clock: fastClock() });
    const { seen, probe } = instrument(fake);
    let failures = 5;
    const store = {
      ...fake.ports.store,
      read: (key: string) =>
        seen.rounds > 3 && failures-- > 0 ? Promise.reject(new Error('disk')) : fake.ports.store.read(key),
    };
    const faults = await watchUntil(fake, { ...fake.ports, probe, store }, () => seen.rounds >= 20);
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.length).toBeLessThanOrEqual(5);
  });

  it('tells of work that is done when its store answers again', async () => {
    const fake = createFakeCluster();
    const { clock, store, sources } = fake.ports;
    let goneUntil = 0;
    const read: typeof store.read = async (key) => {
      if (clock.now() < goneUntil) throw new LifeboatError('store', 'EIO');
      return store.read(key);
    };
    const breaking = sources.map((one): ConfiguredSource => {
      const capture: SnapshotSource['capture'] = async (...args) => {
        const captured = await one.source.capture(...args);
        goneUntil = clock.now() + 90_000;
        return captured;
      };
      return { ...one, source: { capture } };
    });
    const ports = { ...fake.ports, store: { ...store, read }, sources: breaking };
    const faults: string[] = [];
    const hooks = { onActivity: () => {}, onFault: (what: string) => void faults.push(what) };
    const controller = createController(ports, hooks, new AbortController().signal);
    await controller.begin();
    await controller.rest();
    for (let rounds = 0; rounds < 10 && goneUntil === 0; rounds++) {
      await controller.round();
      await controller.rest();
      fake.pass(5000);
    }
    const { machine } = (await readRecord(fake.ports)).record;
    // What was transferred could not be stored either, and that is what is told: the machine waits for nothing, and tries again.
    expect(machine.capture).toMatchObject({ runningSince: null, failures: 1 });
    expect(faults.length).toBeGreaterThan(1);
    expect(faults.length).toBeLessThan(10);
  });
});

// The runtime as an invocation every minute has it (AWS Lambda): a fresh one each time over one store, nothing in memory in between, invocations
// that overlap, that are killed, and a store where somebody else is faster.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Channel } from '../../../functions/alerts/channels/channel.ts';
import type { SendResult } from '../../../functions/alerts/delivery.ts';
import { LifeboatError } from '../../../functions/lib/errors.ts';
import type { ConfiguredSource, SnapshotSource } from '../../../functions/snapshot/source.ts';
import { createMemoryStore } from '../../../functions/stores/memory.ts';
import type { Store } from '../../../functions/stores/store.ts';
import { readRecord } from '../../../functions/tasks/cluster/record.ts';
import type { Work } from '../../../functions/tasks/loop/execute.ts';
import { openRuntime } from '../../../functions/tasks/runtime.ts';
import type { ClusterRuntime, RuntimePorts } from '../../../functions/tasks/runtime-ports.ts';
import { createFakeCluster } from '../../fakes/cluster.ts';

// Generous: the deadline is for a machine that does much else.
const patient = { timeout: 60_000 };
const minuteMs = 60_000;
/** As long as the platform lets an invocation go on. */
const lifeMs = 90_000;

/** One cluster, its standby, its pager and its store, and invocations over them. */
function createWorld(changes: Partial<RuntimePorts> = {}) {
  const fake = createFakeCluster();
  const { config, clock, channels, ...rest } = fake.ports;
  const store = createMemoryStore();
  const cluster = { ...fake.ports.cluster, probe: { ...fake.ports.cluster.probe, intervalMs: minuteMs } };
  const faults: string[] = [];
  let lives = 0;
  let freezesBegun = 0;
  const reach = {
    ...{ probe: rest.probe, sources: rest.sources, standbys: rest.standbys },
    ...{ askCorednsVersion: rest.askCorednsVersion, askOpenTransfer: rest.askOpenTransfer },
    vantages: {
      report: async () => expect.fail('nobody reports'),
      statuses: async () => [],
      tickets: async () => [],
      flush: async () => {},
    },
  };
  const open = (more: Partial<RuntimePorts> = {}): Promise<ClusterRuntime> =>
    openRuntime({
      ...{ config, cluster, clock, channels, store, lifeMs, life: `life-${++lives}` },
      openReach: async () => reach,
      lacking: [],
      log: {
        onActivity: (activity) => {
          if (activity.kind === 'started' && freezes(activity.work)) freezesBegun++;
        },
        onFault: (what, error) => void faults.push(`${what}: ${error}`),
      },
      ...changes,
      ...more,
    });
  /** From its first line to its last. */
  const invoke = async (more: Partial<RuntimePorts> = {}): Promise<void> => {
    const runtime = await open(more);
    await runtime.tick();
    await runtime.end();
  };
  /** So many minutes, each with as many invocations at once as `atOnce` says. */
  const minutes = async (count: number, atOnce: (minute: number) => number = () => 1): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await Promise.all(Array.from({ length: atOnce(i) }, () => invoke()));
      fake.pass(minuteMs);
    }
  };
  const record = async () => (await readRecord({ ...fake.ports, store: changes.store ?? store })).record;
  return { fake, store, reach, open, invoke, minutes, record, freezesBegun: () => freezesBegun, faults };
}

/** A publication of an outage leaves the zone frozen; where there is none to make, the marker alone does. Frozen, it is read whole. */
function freezes(work: Work): boolean {
  return (
    work.kind === 'freeze' || (work.kind === 'publish' && work.intent.kind === 'activate' && work.read === 'marker')
  );
}

type World = ReturnType<typeof createWorld>;

const pagesOf = ({ fake }: World) => fake.sent.map(({ alert }) => `${alert.action} ${alert.dedupKey}`);
const markerOf = async ({ fake }: World) => (await fake.provider.readMarker(new AbortController().signal)).marker;

/** The outage is there, told once and frozen once, and nothing of it is left open in between invocations. */
async function expectOneOutage(world: World): Promise<void> {
  const { machine, outbox, lives } = await world.record();
  expect(machine).toMatchObject({ phase: 'active', lastActivation: 1, activation: { number: 1, final: 'captured' } });
  expect(pagesOf(world)).toEqual(['trigger prod/activation/1']);
  expect(outbox.pending).toEqual([]);
  expect(world.freezesBegun()).toBe(1);
  expect(await markerOf(world)).toMatchObject({ phase: 'frozen', activation: 1 });
  expect(lives).toEqual([]);
}

async function outage(world: World, atOnce?: (minute: number) => number): Promise<void> {
  await world.minutes(2, atOnce);
  world.fake.weather = 'api-down';
  await world.minutes(6, atOnce);
}

describe('an invocation every minute', patient, () => {
  it('finds the outage, pages it once and freezes the standby once, with nothing in memory in between', async () => {
    const world = createWorld();
    await outage(world);
    await expectOneOutage(world);
    expect(world.faults).toEqual([]);
    world.fake.weather = 'calm';
    await world.minutes(8);
    const runtime = await world.open();
    const order = { command: 'failback', who: 'ann', why: 'over', dryRun: false } as const;
    expect(await runtime.control.order(order)).toMatchObject({ status: 'accepted' });
    await runtime.end();
    await world.minutes(8);
    expect((await world.record()).machine.phase).toBe('watching');
    expect(pagesOf(world)).toEqual([
      'trigger prod/activation/1',
      'trigger prod/failback-due',
      'resolve prod/failback-due',
      'resolve prod/activation/1',
    ]);
    expect(await markerOf(world)).toMatchObject({ phase: 'warm' });
  });

  it('shows in its view when the last round of any life was', async () => {
    const world = createWorld();
    await world.minutes(1);
    const runtime = await world.open();
    const view = await runtime.control.view();
    expect(view.watch.lastRoundAt).toBeGreaterThan(view.at - 2 * minuteMs);
    await runtime.end();
  });
});

describe('two invocations at once', patient, () => {
  it('find one outage, page it once and freeze once', async () => {
    const world = createWorld();
    await outage(world, () => 2);
    await expectOneOutage(world);
    expect(world.faults).toEqual([]);
  });

  it('make one round of it: twice as many rounds would confirm an outage in half the time', async () => {
    const world = createWorld();
    await world.minutes(4, () => 3);
    const rounds = world.fake.ports.cluster.policy.downRounds;
    world.fake.weather = 'api-down';
    await world.minutes(rounds - 1, () => 3);
    expect((await world.record()).machine.phase).toBe('suspected');
  });

  it('of which the first waits for its receiver: the second neither sends the same again nor waits', async () => {
    const world = createWorld();
    await world.minutes(4);
    world.fake.weather = 'api-down';
    const receiver = Promise.withResolvers<SendResult>();
    const [oncall] = world.fake.ports.channels;
    const called = createCalls();
    const hanging: Channel = {
      id: 'oncall',
      timeoutMs: 60_000,
      repeats: 'outbox',
      send: () => {
        called.note();
        return receiver.promise;
      },
    };
    const hangs = await invokeUntilOneHangs(world, called, { channels: [hanging] });
    world.fake.pass(30_000);
    await world.invoke({ channels: [oncall ?? expect.fail()] });
    expect(pagesOf(world)).toEqual([]);
    receiver.resolve({ status: 'delivered' });
    await hangs.end;
    await world.invoke({ channels: [oncall ?? expect.fail()] });
    expect(called.count()).toBe(1);
    expect(pagesOf(world)).toEqual([]);
    expect((await world.record()).outbox.pending).toEqual([]);
  });

  it('of which the first waits for a transfer: the second does not take the capture for lost', async () => {
    const world = createWorld();
    const transfer = Promise.withResolvers<void>();
    const captures = createCalls();
    const slow = world.reach.sources.map((one): ConfiguredSource => {
      const capture: SnapshotSource['capture'] = async (...args) => {
        captures.note();
        await transfer.promise;
        return one.source.capture(...args);
      };
      return { ...one, source: { capture } };
    });
    const openReach = async () => ({ ...world.reach, sources: slow });
    const first = await world.open({ openReach });
    await first.tick();
    const firstEnds = first.end();
    await captures.first;
    world.fake.pass(minuteMs);
    await world.invoke({ openReach });
    expect(captures.count()).toBe(1);
    expect((await world.record()).machine.capture).toMatchObject({ failures: 0, deaths: 0 });
    transfer.resolve();
    await firstEnds;
    expect((await world.record()).machine.capture).toMatchObject({ snapshot: 1, runningSince: null });
  });
});

describe('an invocation that is killed', patient, () => {
  it('while it sends a page: the page leaves with the invocation after the end of its life', async () => {
    const world = createWorld();
    await world.minutes(4);
    world.fake.weather = 'api-down';
    const called = createCalls();
    const never: Channel = {
      id: 'oncall',
      timeoutMs: 5_000,
      repeats: 'outbox',
      send: () => {
        called.note();
        return new Promise<never>(() => {});
      },
    };
    await invokeUntilOneHangs(world, called, { channels: [never] });
    world.fake.pass(minuteMs);
    await world.minutes(2);
    expect(pagesOf(world)).toEqual(['trigger prod/activation/1']);
  });

  it('while it freezes: the next but one freezes, ten minutes before the work would be taken for lost', async () => {
    const world = createWorld();
    await world.minutes(4);
    world.fake.weather = 'api-down';
    const [standby] = world.reach.standbys;
    if (standby === undefined) return expect.fail();
    const applied = createCalls();
    const apply = () => {
      applied.note();
      return new Promise<never>(() => {});
    };
    const stuck = { ...standby, provider: { ...standby.provider, apply } };
    await invokeUntilOneHangs(world, applied, { openReach: async () => ({ ...world.reach, standbys: [stuck] }) });
    world.fake.pass(minuteMs);
    await world.minutes(3);
    expect(await markerOf(world)).toMatchObject({ phase: 'frozen', activation: 1 });
    expect(pagesOf(world)).toEqual(['trigger prod/activation/1']);
  });
});

/** Says `conflict` as often as the toss does, although nobody else has written. */
function contested(store: Store, toss: () => boolean): Store {
  return {
    ...store,
    write: async (key, value, version) => (toss() ? { status: 'conflict' } : store.write(key, value, version)),
  };
}

describe('a store where somebody else is often faster', patient, () => {
  it('costs neither a page nor a freeze, whichever invocations overlap', async () => {
    const run = fc.asyncProperty(
      fc.infiniteStream(fc.integer({ min: 0, max: 2 })),
      fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 8, maxLength: 8 }),
      async (tosses, atOnce) => {
        const store = contested(createMemoryStore(), () => tosses.next().value === 0);
        const world = createWorld({ store });
        await outage(world, (minute) => atOnce[minute] ?? 1);
        await expectOneOutage(world);
        expect(world.faults).toEqual([]);
      },
    );
    await fc.assert(run, { numRuns: 4 });
  });
});

describe('a runtime that cannot be wired', patient, () => {
  const broken = async () => Promise.reject(new LifeboatError('config', 'the secret KEY is not set'));

  it('tells that nothing is watched, once, and forgets nothing; the first that can be goes on', async () => {
    const world = createWorld();
    await outage(world);
    for (let i = 0; i < 3; i++) {
      await world.invoke({ openReach: broken });
      world.fake.pass(minuteMs);
    }
    expect(pagesOf(world)).toEqual(['trigger prod/activation/1', 'trigger prod/watch']);
    expect((await world.record()).machine).toMatchObject({ phase: 'active', lastActivation: 1 });
    await world.minutes(2);
    expect(pagesOf(world).slice(2)).toEqual(['resolve prod/watch']);
    expect(world.freezesBegun()).toBe(1);
  });

  it('goes on by itself where it lives longer than what was in its way', async () => {
    const world = createWorld();
    let isBroken = true;
    const runtime = await world.open({ openReach: () => (isBroken ? broken() : Promise.resolve(world.reach)) });
    for (let i = 0; i < 3; i++) await runtime.tick();
    await runtime.rest();
    expect(world.faults).toEqual(['wiring: LifeboatError: the secret KEY is not set']);
    const troubles = async () => (await runtime.control.view()).watch.troubles.join();
    expect(await troubles()).toContain('the secret KEY is not set');
    isBroken = false;
    await runtime.tick();
    await runtime.rest();
    expect(await troubles()).not.toContain('the secret KEY is not set');
    expect((await world.record()).machine.capture.snapshot).toBe(1);
    expect(pagesOf(world)).toEqual(['trigger prod/watch', 'resolve prod/watch']);
  });
});

interface Calls {
  note(): void;
  count(): number;
  readonly first: Promise<void>;
}

function createCalls(): Calls {
  const { promise: first, resolve } = Promise.withResolvers<void>();
  let count = 0;
  return {
    note: () => {
      count++;
      resolve();
    },
    count: () => count,
    first,
  };
}

/** One invocation a minute, each to its end, until one comes to what hangs: its end is given back, which may never come. */
async function invokeUntilOneHangs(
  world: World,
  { first }: Calls,
  changes: Partial<RuntimePorts>,
): Promise<{ readonly end: Promise<void> }> {
  for (let i = 0; i < 6; i++) {
    const runtime = await world.open(changes);
    await runtime.tick();
    const end = runtime.end();
    const isOver = await Promise.race([end.then(() => true), first.then(() => false)]);
    if (!isOver) return { end };
    world.fake.pass(minuteMs);
  }
  return expect.fail('no invocation came to what hangs');
}

describe('a stream of events', () => {
  it('that is opened while nothing is watched hears when something is again', patient, async () => {
    const world = createWorld();
    let isLacking = true;
    const runtime = await world.open({
      openReach: async () => {
        if (isLacking) throw new Error('a secret is missing');
        return world.reach;
      },
    });
    const reader = (await runtime.control.events()).getReader();
    await reader.read();
    isLacking = false;
    await runtime.tick();
    await runtime.rest();
    const nothing = new Promise<string>((resolve) => void setImmediate(() => resolve('nothing')));
    const heard = reader.read().then(({ value }) => new TextDecoder().decode(value));
    expect(await Promise.race([heard, nothing])).toContain('event: view');
    await reader.cancel();
    await runtime.end();
  });
});

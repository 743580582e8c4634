// A watch that is killed again and again, at any moment, while its receivers are slow: each page and each resolve arrives soon after the next
// start, in order, and twice only under one id. The same on real parts: test/cluster/edge/killed.cluster.test.ts.
import { describe, expect, it } from 'vitest';
import type { Delivery, SendResult } from '../../functions/alerts/delivery.ts';
import { createLimiter } from '../../functions/lib/limiter.ts';
import type { ClusterPorts } from '../../functions/tasks/cluster/ports.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { operate } from '../../functions/tasks/control/operate.ts';
import { watch } from '../../functions/tasks/loop/run-loop.ts';
import { createSeededRandom } from '../../lab/scenario/random.ts';
import { createFakeCluster, type FakeCluster } from '../fakes/cluster.ts';
import { createVirtualClock, type VirtualClock } from '../fakes/virtual-clock.ts';

interface Arrival {
  readonly id: string;
  readonly what: string;
}

/** Takes what comes at once, and answers when it likes: after the deadline nobody hears it any more. */
function createReceiver(clock: VirtualClock, holdMs: () => number) {
  const arrivals: Arrival[] = [];
  const timeoutMs = 5_000;
  return {
    arrivals,
    channel: {
      id: 'oncall',
      timeoutMs,
      repeats: 'outbox' as const,
      send: async ({ id, alert }: Delivery): Promise<SendResult> => {
        arrivals.push({ id, what: `${alert.action} ${alert.dedupKey}` });
        const ms = holdMs();
        await clock.sleep(Math.min(ms, timeoutMs));
        return ms < timeoutMs ? { status: 'delivered' } : { status: 'retry', reason: 'no answer' };
      },
    },
  };
}

/** A process: after the kill nothing that it waits for ever comes, and nothing that it does has an effect. */
function startLife(ports: ClusterPorts, life: string, storeMs: () => number = () => 0) {
  let isAlive = true;
  const never = new Promise<never>(() => {});
  const living = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!isAlive) return never;
    const result = await work();
    return isAlive ? result : never;
  };
  const { store, clock, channels } = ports;
  // Between any two of its steps, before and behind what it stores.
  const slowly = async <T>(work: () => Promise<T>): Promise<T> => {
    await living(() => clock.sleep(storeMs()));
    const result = await living(work);
    await living(() => clock.sleep(storeMs()));
    return result;
  };
  const mortal: ClusterPorts = {
    ...ports,
    life,
    recordTurn: createLimiter(1),
    clock: { now: clock.now, sleep: (ms, signal) => living(() => clock.sleep(ms, signal)) },
    store: {
      read: (key) => slowly(() => store.read(key)),
      write: (key, value, version) => slowly(() => store.write(key, value, version)),
      list: (prefix) => slowly(() => store.list(prefix)),
      remove: (key) => slowly(() => store.remove(key)),
    },
    channels: channels.map((channel) => ({
      ...channel,
      send: (delivery, memory) => living(() => channel.send(delivery, memory)),
    })),
  };
  const faults: string[] = [];
  const hooks = {
    onActivity: () => {},
    onFault: (what: string, error: unknown) => void faults.push(`${what}: ${String(error)}`),
  };
  void watch(mortal, hooks, new AbortController().signal);
  return {
    faults,
    ports: mortal,
    kill: () => {
      isAlive = false;
    },
  };
}

const key = 'prod/credential/apiserver';

/** Virtual time until it has arrived, from now on. */
async function arrives(
  fake: FakeCluster,
  clock: VirtualClock,
  what: string,
  arrivals: readonly Arrival[],
  mostMs: number,
) {
  const from = clock.now();
  const before = arrivals.length;
  while (!arrivals.slice(before).some((one) => one.what === what)) {
    if (clock.now() - from > mostMs) {
      const { outbox } = (await readRecord(fake.ports)).record;
      expect.fail(`${what} has not come ${mostMs} ms after the start: ${JSON.stringify(outbox.pending)}`);
    }
    await clock.advance(500);
  }
  return clock.now() - from;
}

function setUp(holdMs: () => number) {
  const clock = createVirtualClock();
  const fake = createFakeCluster({ clock });
  const { arrivals, channel } = createReceiver(clock, holdMs);
  // So short a window that what comes and goes every half minute is an incident each time.
  const { cluster } = fake.ports;
  const policy = { ...cluster.policy, window: { rounds: 10, bad: 10 } };
  return { clock, fake, arrivals, ports: { ...fake.ports, cluster: { ...cluster, policy }, channels: [channel] } };
}

describe('a watch that is killed while the receiver holds its request', () => {
  it('pages again at once in its next life, and resolves as soon', async () => {
    let hold = 60_000;
    const { clock, fake, arrivals, ports } = setUp(() => hold);
    const first = startLife(ports, 'first');
    fake.weather = 'credential';
    await arrives(fake, clock, `trigger ${key}`, arrivals, 60_000);
    first.kill();
    hold = 0;
    const second = startLife(ports, 'second');
    await arrives(fake, clock, `trigger ${key}`, arrivals, 1_000);
    hold = 60_000;
    fake.weather = 'calm';
    await arrives(fake, clock, `resolve ${key}`, arrivals, 60_000);
    second.kill();
    hold = 0;
    startLife(ports, 'third');
    await arrives(fake, clock, `resolve ${key}`, arrivals, 1_000);
    expect(new Set(arrivals.map(({ id }) => id)).size).toBe(2);
  });

  it('keeps what it sends from a command by hand beside it, and leaves that one what it sends', async () => {
    const { clock, fake, arrivals, ports } = setUp(() => 4_000);
    startLife(ports, 'watch');
    fake.weather = 'credential';
    await arrives(fake, clock, `trigger ${key}`, arrivals, 60_000);
    const byHand = operate(
      { ...ports, life: 'hand', recordTurn: createLimiter(1) },
      { command: 'failover', who: 'ann', why: 'drill' },
      () => {},
    );
    await clock.advance(60_000);
    expect((await byHand).status).toBe('accepted');
    const ids = arrivals.map(({ id }) => id);
    expect(arrivals.map(({ what }) => what)).toContain('trigger prod/activation/1');
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a watch that is killed twenty times at random, with slow receivers', () => {
  const kills = 20;
  /** A page that was decided before the kill; one that was not needs its rounds first. */
  const decidedMs = 20_000;
  const undecidedMs = 60_000;

  it.each([1, 2, 3, 4, 5, 6])(
    'tells each page and each resolve soon after each start, in order (seed %d)',
    async (seed) => {
      const random = createSeededRandom(seed);
      const { clock, fake, arrivals, ports } = setUp(() => random.below(5_500));
      const storeMs = () => random.below(300);
      let life = startLife(ports, 'life 0', storeMs);
      const latest = { decided: 0, undecided: 0 };
      for (let kill = 1; kill <= kills; kill++) {
        const action = kill % 2 === 1 ? 'trigger' : 'resolve';
        fake.weather = kill % 2 === 1 ? 'credential' : 'calm';
        const told = arrivals.length;
        await clock.advance(random.below(kill % 2 === 1 ? 25_000 : 45_000));
        life.kill();
        expect(life.faults).toEqual([]);
        life = startLife(ports, `life ${kill}`, storeMs);
        const { outbox } = (await readRecord(fake.ports)).record;
        const isDecided = key in outbox.open === (kill % 2 === 1);
        const waits = outbox.pending.some(({ alert }) => alert.action === action);
        if (isDecided && !waits) {
          expect(arrivals.slice(told).map(({ what }) => what)).toContain(`${action} ${key}`);
          continue;
        }
        const tookMs = await arrives(fake, clock, `${action} ${key}`, arrivals, isDecided ? decidedMs : undecidedMs);
        const which = isDecided ? 'decided' : 'undecided';
        latest[which] = Math.max(latest[which], tookMs);
      }
      // A capture that is killed three times in a row is told as well, and waits for some minutes.
      await clock.advance(600_000);
      const { outbox } = (await readRecord(fake.ports)).record;
      expect(outbox).toMatchObject({ pending: [], open: {}, shown: {}, dead: [] });
      const sent = arrivals.filter(({ what }) => !what.endsWith('prod/capture'));
      const once = [...new Map(sent.map((one) => [one.id, one.what])).values()];
      expect(once).toEqual(Array.from({ length: kills }, (_, i) => `${i % 2 === 0 ? 'trigger' : 'resolve'} ${key}`));
      console.log(
        `kills, seed ${seed}: ${JSON.stringify(latest)} ms, ${sent.length - once.length} of ${once.length} sent again`,
      );
    },
  );
});

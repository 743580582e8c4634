// The whole, simulated: real tasks, the real machine, publisher and outbox, in weather that lasts and correlates, with vantages, several standbys,
// one or two deployments, kills between any two writes, stores that fail or are lost. On failure fast-check prints the seed and the shortest
// story it found: LIFEBOAT_SIM_SEED=<seed> runs the same again, LIFEBOAT_SIM_RUNS=<number> runs longer.
import fc from 'fast-check';
import { describe, it } from 'vitest';
import type { Weather } from './whole/truth.ts';
import { type Activity, type Setting, World } from './whole/world.ts';
import type { Behavior } from './whole/zone.ts';

const dns = fc.constantFrom('healthy' as const, 'healthy' as const, 'gone' as const, 'unsynced' as const);
const vantages = ['one', 'two', 'three'];

/** What goes wrong together: an overload with nodes unready, an API that is gone and CoreDNS restarted, a network that is cut for some or all. */
const weather: fc.Arbitrary<Weather> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constant<Weather>({ api: 'healthy', dns: ['healthy', 'healthy'], unready: false, cut: [] }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      api: fc.constantFrom('gone' as const, 'throttled' as const),
      dns: fc.tuple(dns, dns),
      unready: fc.boolean(),
      cut: fc.constant([]),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      api: fc.constant('healthy' as const),
      dns: fc.tuple(dns, dns),
      unready: fc.constant(false),
      cut: fc.constant([]),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      api: fc.constant('healthy' as const),
      dns: fc.constant(['healthy', 'healthy'] as const),
      unready: fc.constant(false),
      // Separate groups that reach nothing at the same time are no fault of a vantage.
      cut: fc.constantFrom(['one'], ['two']),
    }),
  },
);
const behavior = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Behavior>('good') },
  { weight: 2, arbitrary: fc.constantFrom<Behavior>('fault', 'unseen', 'gone', 'lie') },
);
const who = fc.nat({ max: 1 });
const activity: fc.Arbitrary<Activity> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('weather' as const),
      weather,
      rounds: fc.integer({ min: 1, max: 20 }),
      behavior,
      isPagerDown: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('kill' as const), who, turns: fc.nat({ max: 300 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('store fails' as const), who, rounds: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('store lost' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('emptied' as const), which: fc.nat({ max: 1 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('operator' as const),
      who,
      command: fc.constantFrom('failover' as const, 'failback' as const, 'hold' as const, 'release' as const),
    }),
  },
);

const setting = (writers: readonly string[]): fc.Arbitrary<Setting> =>
  fc.record({
    seed: fc.integer({ min: 1, max: 1_000_000 }),
    writers: fc.constant(writers),
    vantages: fc.constantFrom(vantages, ['one']),
    standbys: fc.constantFrom(1, 2),
    services: fc.constantFrom(6, 40),
    policy: fc.constant({
      ...{ downRounds: 3, degradedRounds: 4, healthyRounds: 4, dwellMs: 10_000 },
      // What comes and goes is over within the time of a settlement.
      window: { rounds: 24, bad: 12 },
    }),
  });

const runs = Number(process.env.LIFEBOAT_SIM_RUNS ?? 6);
const seed = Number(process.env.LIFEBOAT_SIM_SEED ?? Date.now() % 1_000_000);

describe('the whole, simulated', () => {
  it.each([
    ['one deployment', ['lifeboat']],
    ['two deployments of one cluster', ['a', 'b']],
  ])('%s keeps the invariants, and finds back into peace', { timeout: 20_000 + 3_000 * runs }, async (_, writers) => {
    console.log(`whole: LIFEBOAT_SIM_SEED=${seed}`);
    await fc.assert(
      fc.asyncProperty(setting(writers), fc.array(activity, { maxLength: 12 }), async (given, activities) => {
        await new World(given).run(activities);
      }),
      // A failure is made shorter for as long; then it is told as it is.
      { numRuns: runs, seed, interruptAfterTimeLimit: 15_000 + 2_500 * runs },
    );
  });
});

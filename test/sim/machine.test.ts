// The machine in random weather, with random operators, and work that goes well or not. On failure fast-check prints the seed and the shortest story it found:
// LIFEBOAT_SIM_SEED=<seed> runs the same again, LIFEBOAT_SIM_RUNS=<number> runs longer.
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { type ApiWeather, type DnsWeather, policy, t0 } from '../functions/decision/story.ts';
import { type Action, type Behavior, World } from './world.ts';

const apiWeather = fc.oneof(
  { weight: 6, arbitrary: fc.constant<ApiWeather>('healthy') },
  { weight: 3, arbitrary: fc.constant<ApiWeather>('gone') },
  { weight: 2, arbitrary: fc.constantFrom<ApiWeather>('etcd', 'throttled', 'shutdown') },
  { weight: 2, arbitrary: fc.constantFrom<ApiWeather>('credential', 'uplink', 'silent') },
);
const dnsWeather = fc.oneof(
  { weight: 6, arbitrary: fc.constant<DnsWeather>('healthy') },
  { weight: 3, arbitrary: fc.constantFrom<DnsWeather>('gone', 'unsynced', 'behind') },
  { weight: 1, arbitrary: fc.constantFrom<DnsWeather>('uplink', 'silent') },
);
const behavior = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Behavior>('good') },
  { weight: 2, arbitrary: fc.constant<Behavior>('fault') },
  { weight: 1, arbitrary: fc.constantFrom<Behavior>('unseen', 'silence') },
);
const round = fc.record({ kind: fc.constant('round' as const), api: apiWeather, a: dnsWeather, b: dnsWeather });
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 20, arbitrary: round },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 700, 3000, 20_000, 70_000, 1_000_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('operator' as const),
      command: fc.constantFrom('failover' as const, 'failback' as const, 'hold' as const, 'release' as const),
      force: fc.boolean(),
      forMs: fc.constantFrom(undefined, 60_000, 3_600_000),
    }),
  },
);
/** Weather lasts: each action is repeated a few times, or nothing would ever be confirmed. */
const story = fc.array(fc.tuple(action, fc.integer({ min: 1, max: 12 }), behavior), { maxLength: 40 });
const variant = fc.record({
  failback: fc.constantFrom('manual' as const, 'automatic' as const),
  standbys: fc.constantFrom(['knot'], ['knot', 'bind']),
  dwellMs: fc.constantFrom(0, 10_000),
  window: fc.constantFrom({ rounds: 12, bad: 4 }, { rounds: 24, bad: 8 }),
  maxActivationsPerHour: fc.constantFrom(1, 3),
  maintenance: fc.constantFrom([], [{ kind: 'once' as const, from: t0 + 60_000, to: t0 + 300_000 }]),
});

const seed = process.env.LIFEBOAT_SIM_SEED;
const runs = Number(process.env.LIFEBOAT_SIM_RUNS ?? 150);
const settings = {
  numRuns: runs,
  ...(seed === undefined ? {} : { seed: Number(seed) }),
};

describe('the machine, simulated', () => {
  it('keeps its invariants, and finds back into peace', { timeout: 30_000 + 60 * runs }, () => {
    fc.assert(
      fc.property(variant, story, (changes, actions) => {
        const world = new World({ ...policy, ...changes });
        for (const [what, times, how] of actions) {
          const repeats = what.kind === 'round' ? times : 1;
          for (let i = 0; i < repeats; i++) world.act(what, how);
        }
        world.settle();
      }),
      settings,
    );
  });
});

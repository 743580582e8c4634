// A round is counted by when it looked, once: delivered again, late, out of order, or by vantages whose clocks differ.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../../functions/decision/health/observation.ts';
import type { ClusterState } from '../../../../functions/decision/machine/state.ts';
import { type ApiWeather, apiRound, dnsA, dnsB, dnsRound, only, quorum, Story, t0 } from '../story.ts';

const intervalMs = 5000;

/** A round that looked at an instant by the clock of its vantage. */
function lookedAt(at: number, api: ApiWeather, tookMs = 3): readonly Observation[] {
  const all = [...apiRound(api), ...dnsRound(dnsA, 'healthy'), ...dnsRound(dnsB, 'healthy')];
  return all.map((one) => ({ ...one, observedAt: at + tookMs, latencyMs: tookMs }));
}

function deliver(story: Story, observations: readonly Observation[], vantage = 'local'): void {
  story.tell({ kind: 'observed', vantage, group: vantage, observations });
}

const api = (state: ClusterState) => state.streaks.apiserver;

describe('a round that is delivered again', () => {
  it('does not count again, however late, and confirms nothing', () => {
    const story = new Story();
    story.rounds(8);
    story.now += intervalMs;
    const round = lookedAt(story.now, 'gone');
    deliver(story, round);
    for (let i = 0; i < 3; i++) {
      story.now += intervalMs - 1;
      deliver(story, round);
    }
    expect(api(story.state)?.down).toBe(1);
    expect(story.state.phase).toBe('suspected');
  });

  it('does not count among the rounds of others either', () => {
    const story = new Story({ quorum: quorum(2, 2) });
    for (let i = 0; i < 8; i++) {
      story.now += intervalMs;
      for (const vantage of ['a', 'b', 'c']) deliver(story, lookedAt(story.now, 'healthy'), vantage);
    }
    story.now += intervalMs;
    const round = lookedAt(story.now, 'gone');
    deliver(story, round, 'a');
    deliver(story, round, 'b');
    for (let i = 0; i < 2; i++) {
      story.now += intervalMs;
      deliver(story, lookedAt(story.now, 'healthy'), 'c');
      deliver(story, round, 'a');
      deliver(story, round, 'b');
    }
    expect(story.phases).not.toContain('active');
    expect(api(story.state)?.down).toBe(1);
  });

  it('is no sign of life of its vantage', () => {
    const story = new Story({ vantages: ['rack'] });
    story.rounds(3, {}, 'rack', 'dc');
    const again = story.state.observations;
    const heardAt = story.state.vantages.rack?.heardAt;
    for (let i = 0; i < 2; i++) {
      story.now += intervalMs;
      deliver(story, again, 'rack');
    }
    expect(story.state.vantages.rack).toMatchObject({ heardAt, rounds: 3 });
  });
});

describe('a round that comes late', () => {
  it('does not replace a newer one of its vantage', () => {
    const story = new Story();
    story.rounds(8);
    const late = lookedAt(story.now + 1000, 'gone');
    story.rounds(1);
    deliver(story, late);
    expect(story.state.verdicts.apiserver?.condition).toBe('healthy');
    expect(story.state.phase).toBe('watching');

    const stale = lookedAt(story.now + 1000, 'healthy');
    story.rounds(1, { api: 'gone' });
    deliver(story, stale);
    expect(story.state.verdicts.apiserver?.condition).toBe('down');
    expect(api(story.state)).toMatchObject({ down: 1, healthy: 0 });
  });

  it('and is too old to count removes nothing that does', () => {
    const story = new Story();
    story.rounds(8);
    deliver(story, lookedAt(story.now - 60_000, 'gone'));
    expect(story.state.verdicts.apiserver?.condition).toBe('healthy');
    expect(api(story.state)?.healthy).toBe(8);
  });

  it('counts as one when several come at once after a pause', () => {
    const story = new Story();
    story.rounds(8);
    const begin = story.now;
    story.now += 3 * intervalMs;
    for (const i of [1, 2, 3]) deliver(story, lookedAt(begin + i * intervalMs, 'gone'));
    expect(api(story.state)?.down).toBe(3);
    expect(story.state.phase).toBe('suspected');
  });

  it('counts although its probes ran into their deadline and the next did not', () => {
    const story = new Story();
    story.rounds(8);
    const begin = story.now + intervalMs;
    for (const [i, tookMs] of [3000, 3, 3000, 3].entries()) {
      story.now = begin + i * intervalMs + tookMs;
      deliver(story, lookedAt(begin + i * intervalMs, 'gone', tookMs));
    }
    expect(api(story.state)?.down).toBe(4);
  });
});

describe('in whatever order rounds come', () => {
  it('none counts twice, and the newest is what is known', () => {
    const order = fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 30 });
    const property = fc.property(order, fc.boolean(), (numbers, isBad) => {
      // A long interval, so that all of it counts however late it comes.
      const story = new Story({ intervalMs: 60_000, dwellMs: 0 });
      story.now += 200_000;
      const first = story.now - 170_000;
      for (const number of numbers) {
        deliver(story, lookedAt(first + number * 20_000, isBad ? 'etcd' : 'healthy'));
        story.now += 10;
      }
      const newest = first + Math.max(...numbers) * 20_000;
      const { down = 0, healthy = 0 } = api(story.state) ?? {};
      const spanMs = newest - first - Math.min(...numbers) * 20_000;
      expect(down + healthy).toBeLessThanOrEqual(1 + Math.floor(spanMs / 48_000));
      const held = story.state.observations.filter(({ target }) => target.kind === 'apiserver');
      expect(held.every(({ observedAt }) => observedAt <= newest + 3)).toBe(true);
      expect(held.some(({ observedAt }) => observedAt === newest + 3)).toBe(true);
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe('vantages whose clocks differ', () => {
  const skews = { ahead: 9000, right: 0, behind: -9000 };

  it.each([1, 2, 3])('count no outage twice, and see it within three more rounds, %d of them needed', (downs) => {
    const story = new Story({ quorum: quorum(downs, downs), dwellMs: 0 });
    const round = (weather: ApiWeather) => {
      story.now += intervalMs;
      for (const [vantage, skewMs] of Object.entries(skews)) {
        story.now += 20;
        deliver(story, lookedAt(story.now + skewMs, weather), vantage);
      }
    };
    for (let i = 0; i < 10; i++) round('healthy');
    expect(api(story.state)?.healthy).toBeLessThanOrEqual(10);
    let rounds = 0;
    while (story.state.phase !== 'active' && rounds < 20) {
      round('gone');
      rounds++;
      expect(api(story.state)?.down).toBeLessThanOrEqual(rounds);
    }
    expect(rounds).toBeGreaterThanOrEqual(3);
    expect(rounds).toBeLessThanOrEqual(6);
  });

  it.each(Object.entries(skews))('see an outage when the one that is %s is the only one', (vantage, skewMs) => {
    const story = new Story();
    const round = (weather: ApiWeather) => {
      story.now += intervalMs;
      deliver(story, lookedAt(story.now + skewMs, weather), vantage);
    };
    for (let i = 0; i < 10; i++) round('healthy');
    for (let i = 0; i < 3; i++) round('gone');
    expect(story.state.phase).toBe('active');
  });
});

describe('a clock that is set back', () => {
  it.each([3, 14, 40, 59, 61, 3600])('by %d s delays an outage by three rounds at most', (seconds) => {
    const story = new Story();
    story.rounds(10);
    story.now -= seconds * 1000;
    story.rounds(6, { api: 'gone' });
    expect(story.state.phase).toBe('active');
    expect(story.state.activation?.startedAt).toBeGreaterThanOrEqual(t0 - 3_600_000);
  });

  it('by more than hosts differ, and less than what is seen counts for, holds up nothing', () => {
    const story = new Story({ intervalMs: 60_000, vantages: ['rack'] });
    story.rounds(10, {}, 'rack');
    story.now -= 170_000;
    story.rounds(3, { api: 'gone' }, 'rack');
    expect(story.state.phase).toBe('active');
    expect(only(story.all, 'page')).toHaveLength(1);
  });
});

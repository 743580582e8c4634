// Vantages that fall silent or in whose name requests are refused: paged once, resolved when it is over, and never an outage of the cluster.
import { describe, expect, it } from 'vitest';
import { initialState } from '../../../../functions/decision/machine/state.ts';
import { parseState } from '../../../../functions/decision/machine/state-schema.ts';
import { inWords, only, Story, t0 } from '../story.ts';

const expecting = () => new Story({ vantages: ['rack'] });
const refusal = (count: number, vantage: string | null = 'rack') =>
  ({ kind: 'vantage-refused', vantage, refusal: 'bad-signature', reason: 'not its key', count }) as const;
const paged = (effects: Parameters<typeof inWords>[0]) =>
  inWords(effects.filter(({ kind }) => kind === 'page' || kind === 'resolve'));

describe('a silent vantage', () => {
  it('is paged after degradedRounds intervals, critical when nobody else looks', () => {
    const story = expecting();
    story.rounds(3, {}, 'rack', 'dc');
    expect(paged(story.wait(29_999))).toEqual([]);
    const [page] = only(story.wait(1), 'page');
    expect(page?.notice).toMatchObject({
      dedupKey: 'prod/vantage/rack',
      severity: 'critical',
      since: t0 + 15_000,
      summary: expect.stringMatching(/vantage rack has delivered nothing fresh for 30 s/),
    });
    expect(story.state.phase).toBe('watching');
  });

  it('is a warning while others see the same targets, and resolved after healthyRounds rounds in a row', () => {
    const story = expecting();
    story.rounds(3, {}, 'rack', 'dc');
    const [page] = only(story.rounds(6, {}, 'edge'), 'page');
    expect(page?.notice).toMatchObject({ dedupKey: 'prod/vantage/rack', severity: 'warning' });
    expect(paged(story.rounds(5, {}, 'rack', 'dc'))).toEqual([]);
    expect(paged(story.rounds(1, {}, 'rack', 'dc'))).toEqual(['resolve vantage/rack']);
  });

  it('is one that was never heard, and one that delivers nothing fresh', () => {
    const story = expecting();
    story.rounds(6, {}, 'edge');
    expect(story.open).toEqual([]);
    const observations = [{ ...(story.state.observations[0] as never as object), observedAt: t0 - 60_000 }] as never;
    story.tell({ kind: 'observed', vantage: 'rack', group: 'dc', observations });
    story.rounds(1, {}, 'edge');
    expect(story.open).toEqual(['vantage/rack']);
  });

  it('is none while nobody was there to hear it', () => {
    const story = expecting();
    story.rounds(8, {}, 'rack', 'dc');
    story.now += 3_600_000;
    story.tell({ kind: 'restarted' });
    story.rounds(3, {}, 'rack', 'dc');
    expect(story.open).not.toContain('vantage/rack');
  });

  it('is seen although each tick is a life of its own', () => {
    const story = expecting();
    story.rounds(8, {}, 'rack', 'dc');
    for (let i = 0; i < 8; i++) {
      story.tell({ kind: 'restarted' });
      story.rounds(1, {}, 'edge');
    }
    expect(story.open).toContain('vantage/rack');
  });

  it('does not page again and again when it comes and goes', () => {
    const story = expecting();
    const effects = Array.from({ length: 20 }, () => [
      ...story.wait(35_000),
      ...story.rounds(1, {}, 'rack', 'dc'),
    ]).flat();
    expect(paged(effects).filter((each) => each.endsWith('vantage/rack'))).toEqual(['page vantage/rack']);
  });

  it('is forgotten, and its incident resolved, when it is expected no more', () => {
    const story = expecting();
    story.rounds(7, {}, 'edge');
    const without = new Story();
    without.state = story.state;
    without.now = story.now;
    expect(paged(without.rounds(1, {}, 'edge'))).toEqual(['resolve vantage/rack']);
    expect(without.state.vantages).toEqual({});
  });
});

describe('refused requests', () => {
  it('are paged from the third on, once, and resolved after ten calm minutes', () => {
    const story = expecting();
    story.rounds(1, {}, 'rack');
    expect(paged(story.tell(refusal(2)))).toEqual([]);
    expect(paged(story.tell(refusal(1)))).toEqual(['page vantage-refused/rack']);
    const storm = Array.from({ length: 200 }, () => [
      ...story.rounds(1, {}, 'rack'),
      ...story.tell(refusal(5000)),
    ]).flat();
    expect(paged(storm)).toEqual([]);
    expect(story.state.refusals.rack?.count).toBe(1_000_003);
    expect(paged(story.rounds(120, {}, 'rack'))).toEqual([]);
    expect(paged(story.rounds(1, {}, 'rack'))).toEqual(['resolve vantage-refused/rack']);
    expect(story.state.refusals).toEqual({});
  });

  it('that are rare are no spell', () => {
    const story = expecting();
    const all = Array.from({ length: 10 }, () => [...story.tell(refusal(1)), ...story.rounds(121, {}, 'rack')]).flat();
    expect(paged(all)).toEqual([]);
  });

  it('that name nobody known have an incident of their own, also without any vantage', () => {
    const story = new Story();
    story.rounds(1);
    expect(paged(story.tell(refusal(3, null)))).toEqual(['page vantage-refused']);
    expect(paged(story.tell(refusal(3, 'stranger')))).toEqual([]);
  });

  it('change no verdict', () => {
    const story = expecting();
    story.rounds(3, { api: 'gone' }, 'rack');
    const before = story.state.verdicts;
    story.tell(refusal(10_000));
    expect(story.state.verdicts).toEqual(before);
  });
});

describe('the stored state', () => {
  it('reads back with what is known of vantages', () => {
    const story = expecting();
    story.rounds(2, {}, 'rack');
    story.tell(refusal(4));
    expect(parseState(JSON.parse(JSON.stringify(story.state)))).toEqual(story.state);
  });

  it('of a version that knew no vantages is read, and goes on', () => {
    const { vantages, refusals, ...old } = initialState('prod', t0);
    expect([vantages, refusals]).toEqual([{}, {}]);
    const story = expecting();
    story.state = parseState(JSON.parse(JSON.stringify(old)));
    story.rounds(1, {}, 'rack');
    expect(story.state.vantages.rack).toEqual({
      since: t0 + 5000,
      heardAt: t0 + 5000,
      rounds: 1,
      listenedAt: t0 + 5000,
    });
  });

  it('holds no instant ahead when the clock was set back', () => {
    const story = expecting();
    story.rounds(8, {}, 'rack');
    story.tell(refusal(3));
    story.now -= 3_600_000;
    story.tell({ kind: 'tick' });
    const { rack } = story.state.vantages;
    expect(Math.max(rack?.since ?? 0, rack?.heardAt ?? 0, story.state.refusals.rack?.lastAt ?? 0)).toBeLessThanOrEqual(
      story.now,
    );
  });
});

// A standby that is not as it was left: told within two rounds, written again, and never fought over.
import { describe, expect, it } from 'vitest';
import { inWords, only, quorum, type StandbyWeather, Story } from '../story.ts';

const told = (effects: Parameters<typeof inWords>[0]) =>
  inWords(effects).filter((words) => !words.startsWith('capture'));

/** A machine whose standbys are seen to be right, where nothing else is said. */
function looking(changes: ConstructorParameters<typeof Story>[0] = {}): Story {
  const story = new Story(changes);
  story.standby = 'healthy';
  return story;
}

function outage(changes: ConstructorParameters<typeof Story>[0] = {}): Story {
  const story = looking(changes);
  story.rounds(20);
  story.rounds(10, { api: 'gone' });
  expect(story.state.standbys.knot).toMatchObject({ frozen: 1, snapshot: 3 });
  return story;
}

describe('a standby in an outage', () => {
  it.each(['empty', 'unmarked', 'thawed', 'wrong-answer'] as const)(
    'is paged and written again when it is %s',
    (standby) => {
      const story = outage();
      expect(told(story.rounds(1, { api: 'gone', standby }))).toEqual([]);
      expect(told(story.rounds(1, { api: 'gone', standby }))).toEqual([
        'page standby/knot',
        'publish knot 3 deletes held to activate',
      ]);
      expect(only(story.all, 'page').at(-1)?.notice).toMatchObject({ severity: 'critical' });
      expect(told(story.rounds(5, { api: 'gone' }))).toEqual([]);
      expect(told(story.rounds(1, { api: 'gone' }))).toEqual(['resolve standby/knot']);
      expect(story.state).toMatchObject({ phase: 'active', standbys: { knot: { frozen: 1 } } });
    },
  );

  it("is paged and left alone when it is somebody else's", () => {
    const story = outage();
    expect(told(story.rounds(60, { api: 'gone', standby: 'foreign' }))).toEqual(['page standby/knot']);
  });

  it.each(['timeout', 'not-served'] as const)('is paged after downRounds rounds of %s', (standby) => {
    const story = outage();
    expect(told(story.rounds(2, { api: 'gone', standby }))).toEqual([]);
    expect(told(story.rounds(1, { api: 'gone', standby }))).toEqual(['page standby/knot']);
    expect(only(story.all, 'page').at(-1)?.notice.severity).toBe('critical');
  });

  it('is written again ever more rarely, when somebody empties it again and again', () => {
    const story = outage();
    const from = story.all.length;
    story.rounds(720, { api: 'gone', standby: 'empty' });
    const since = story.all.slice(from);
    expect(only(since, 'publish').length).toBeGreaterThan(5);
    expect(only(since, 'publish').length).toBeLessThan(12);
    expect(only(since, 'page').map(({ notice }) => notice.dedupKey)).toEqual([
      'prod/standby/knot',
      'prod/activation/1',
    ]);
  });

  it('is not written while a person holds the cluster', () => {
    const story = outage();
    story.operator('hold');
    const effects = told(story.rounds(10, { api: 'gone', standby: 'empty' }));
    expect(effects.filter((words) => words.startsWith('publish'))).toEqual([]);
    expect(effects).toContain('page standby/knot');
  });

  it('is frozen again when it was frozen bare', () => {
    const story = looking();
    story.rounds(3, { a: 'gone', b: 'gone', api: 'gone' });
    story.rounds(10, { a: 'gone', b: 'gone', api: 'gone' });
    expect(story.state.standbys.knot).toMatchObject({ frozen: 1, snapshot: null });
    expect(told(story.rounds(2, { a: 'gone', b: 'gone', api: 'gone', standby: 'unmarked' }))).toEqual([
      'page standby/knot',
      'freeze knot 1',
    ]);
  });

  it('is not told of twice where it is fenced', () => {
    const story = outage();
    story.tell({ kind: 'marker-read', standby: 'knot', activation: 9, freeze: 'by activation 9 of other' });
    expect(told(story.rounds(5, { api: 'gone', standby: 'thawed' }))).toEqual([]);
    expect(story.open).toEqual(['activation/1', 'fenced/knot']);
  });
});

describe('a standby in peace', () => {
  const peace = () => {
    const story = looking();
    story.rounds(20);
    return story;
  };

  it.each<[StandbyWeather, number, string]>([
    ['empty', 2, 'standby/knot'],
    ['foreign', 2, 'standby/knot'],
    ['unmarked', 2, 'standby-degraded/knot'],
    ['wrong-answer', 2, 'standby-degraded/knot'],
    ['timeout', 3, 'standby-degraded/knot'],
    ['not-served', 3, 'standby-degraded/knot'],
    ['credential', 3, 'credential/standby/knot'],
  ])('%s is told after %d rounds as %s', (standby, rounds, key) => {
    const story = peace();
    story.rounds(rounds - 1, { standby });
    expect(story.open).toEqual([]);
    story.rounds(1, { standby });
    expect(story.open).toEqual([key]);
    story.rounds(6);
    expect(story.open).toEqual([]);
  });

  it('is written again at once, though nothing has changed, also while CoreDNS is down', () => {
    const story = peace();
    expect(told(story.rounds(2, { standby: 'empty' }))).toEqual([
      'page standby/knot',
      'publish knot 2 deletes allowed to publish',
    ]);
    const down = peace();
    down.rounds(10, { a: 'gone', b: 'gone' });
    expect(told(down.rounds(2, { a: 'gone', b: 'gone', standby: 'empty' }))).toEqual([
      'page standby/knot',
      'publish knot 2 deletes held to publish',
    ]);
  });

  it('that died in peace is paged as critical when it is needed', () => {
    const story = peace();
    story.dead.add('knot');
    story.rounds(10, { standby: 'timeout' });
    expect(story.open).toEqual(['standby-degraded/knot']);
    story.rounds(6, { api: 'gone', standby: 'timeout' });
    expect(story.open).toEqual(['activation/1', 'standby/knot', 'standby-degraded/knot']);
  });

  it('is told of once: that it cannot be read says why it cannot be written', () => {
    const story = peace();
    story.dead.add('knot');
    story.rounds(60, { standby: 'timeout' });
    expect(story.open).toEqual(['standby-degraded/knot']);
  });

  it('is judged by as many vantages as look at it', () => {
    const story = looking({ quorum: quorum(2, 2) });
    for (let i = 0; i < 10; i++) {
      story.rounds(1, {}, 'a');
      story.now -= story.policy.intervalMs;
      story.rounds(1, { standby: 'silent' }, 'b');
    }
    story.rounds(3, { standby: 'empty' }, 'a');
    expect(story.open).toContain('standby/knot');
  });
});

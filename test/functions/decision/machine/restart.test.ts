// Lives that end with the work that they are asked for: each attempt counts, waits longer, and is told.
import { describe, expect, it } from 'vitest';
import { parseState } from '../../../../functions/decision/machine/state-schema.ts';
import { only, Story } from '../story.ts';

/** A life of six rounds, then the next one. */
function lives(story: Story, count: number, weather: Parameters<Story['rounds']>[1] = {}): void {
  for (let life = 0; life < count; life++) {
    story.rounds(6, weather);
    story.tell({ kind: 'restarted' });
  }
}

describe('a capture that ended with its life', () => {
  it('counts as failed, is made later and later, and is told', () => {
    const story = new Story({}, false);
    lives(story, 400);
    const asked = only(story.all, 'capture').map(({ askedAt }) => askedAt);
    const gapsMinutes = asked.slice(1).map((at, i) => Math.round((at - (asked[i] ?? 0)) / 60_000));
    // 200 minutes: before, each life tried at once.
    expect(asked.length).toBeLessThan(15);
    expect(gapsMinutes.at(-1)).toBe(60);
    expect(gapsMinutes).toEqual(gapsMinutes.toSorted((a, b) => a - b));
    expect(story.open).toContain('capture');
    expect(story.state.capture.lastFailure).toMatch(/the process that made the capture ended before it was through/);
  });

  it('is forgotten with the first one that is made', () => {
    const story = new Story({}, false);
    lives(story, 20);
    expect(story.state.capture.deaths).toBeGreaterThan(2);
    const [effect] = only(story.all, 'capture').slice(-1);
    if (effect === undefined) throw new Error('no capture');
    story.tell({ kind: 'captured', effect: { ...effect, askedAt: story.state.capture.askedAt ?? 0 }, snapshot: 1 });
    story.rounds(1);
    expect(story.state.capture).toMatchObject({ deaths: 0, failures: 0, snapshot: 1 });
    expect(story.open).not.toContain('capture');
  });

  it('as the last one of an outage is made once more at once, then what is stored has to do', () => {
    const story = new Story();
    story.rounds(3);
    const dying = new Story({ captureTimeoutMs: 3_600_000 }, false);
    Object.assign(dying, { state: story.state, now: story.now });
    lives(dying, 3, { api: 'gone' });
    const finals = only(dying.all, 'capture').filter(({ final }) => final);
    expect(finals).toHaveLength(2);
    expect(dying.state.activation).toMatchObject({
      final: 'refused',
      finalReason: expect.stringMatching(/2 processes/),
    });
    expect(only(dying.all, 'publish').at(-1)).toMatchObject({ intent: { kind: 'activate' }, deletes: 'held' });
  });
});

describe('a publication that ended with its life', () => {
  it('counts as failed, waits longer each time, and is told', () => {
    const story = new Story();
    story.rounds(1);
    const dying = new Story({ intervalMs: 1000 }, false);
    Object.assign(dying, { state: { ...story.state, standbys: {} }, now: story.now });
    for (let i = 0; i < 300; i++) {
      dying.rounds(1);
      dying.tell({ kind: 'restarted' });
    }
    expect(only(dying.all, 'publish').length).toBeLessThan(15);
    expect(dying.open).toContain('publish/knot');
  });

  it('is taken up again within two seconds after one death', () => {
    const story = new Story();
    story.rounds(1);
    const dying = new Story({ intervalMs: 1000 }, false);
    Object.assign(dying, { state: { ...story.state, standbys: {} }, now: story.now });
    dying.rounds(1);
    dying.tell({ kind: 'restarted' });
    dying.rounds(2);
    expect(only(dying.all, 'publish')).toHaveLength(2);
  });
});

describe('a capture that others were asked for', () => {
  const asked = (story: Story) => {
    const effect = only(story.all, 'capture').at(-1) ?? expect.fail();
    story.tell({ kind: 'capture-asked', effect, elsewhere: true });
    return effect;
  };

  it('does not end with the life that asked, and is not asked for again', () => {
    const story = new Story({}, false);
    story.rounds(6);
    const effect = asked(story);
    lives(story, 1);
    story.tell({ kind: 'restarted' });
    expect(only(story.all, 'capture')).toHaveLength(1);
    expect(story.state.capture).toMatchObject({ failures: 0, deaths: 0, isElsewhere: true });
    expect(parseState(JSON.parse(JSON.stringify(story.state))).capture).toEqual(story.state.capture);
    story.tell({ kind: 'captured', effect, snapshot: 1, source: 'axfr' });
    story.tell({ kind: 'captured', effect, snapshot: 1, source: 'axfr' });
    expect(story.state.capture).toMatchObject({ runningSince: null, snapshot: 1, failures: 0 });
  });

  it('that nobody could make ends with the life that makes it instead', () => {
    const story = new Story({}, false);
    story.rounds(6);
    const effect = asked(story);
    story.tell({ kind: 'capture-asked', effect, elsewhere: false });
    story.tell({ kind: 'restarted' });
    expect(story.state.capture).toMatchObject({ runningSince: null, failures: 1, deaths: 1 });
  });

  it('that is handed back again and again holds no freeze up', () => {
    const story = new Story({}, false);
    story.rounds(6);
    story.operator('failover');
    const effect = asked(story);
    for (let i = 0; i < 24; i++) {
      story.wait(5000);
      story.tell({ kind: 'capture-asked', effect, elsewhere: false });
    }
    expect(story.state.activation?.final).toBe('refused');
  });

  it('counts once as failed, however often that is said, and not at all once it was made', () => {
    const story = new Story({}, false);
    story.rounds(6);
    const effect = asked(story);
    for (let i = 0; i < 3; i++) story.tell({ kind: 'capture-refused', effect, reason: 'late' });
    expect(story.state.capture).toMatchObject({ failures: 1, lastFailure: 'late' });
    story.rounds(8);
    const next = asked(story);
    story.tell({ kind: 'captured', effect: next, snapshot: 1 });
    story.tell({ kind: 'capture-refused', effect: next, reason: 'late' });
    expect(story.state.capture).toMatchObject({ failures: 0, snapshot: 1 });
  });

  it('that ends the lives which take it in is asked for later and later', () => {
    const story = new Story({}, false);
    const gaps: number[] = [];
    for (let i = 0; i < 3; i++) {
      while (story.state.capture.runningSince === null) story.rounds(1);
      story.tell({ kind: 'capture-refused', effect: asked(story), reason: 'too large', endedLives: 2 });
      gaps.push(story.state.capture.notBefore - story.now);
    }
    expect(gaps).toEqual([60_000, 240_000, 960_000]);
  });

  it('is lost when nothing is heard of it for ten minutes', () => {
    const story = new Story({}, false);
    story.rounds(6);
    asked(story);
    story.rounds(121);
    expect(only(story.all, 'capture')).toHaveLength(2);
    expect(story.state.capture.isElsewhere).toBe(false);
  });
});

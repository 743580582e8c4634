// Lives that end with the work that they are asked for: each attempt counts, waits longer, and is told.
import { describe, expect, it } from 'vitest';
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

// The clock of the machine's host is set: back or forward, at any moment. Neither may make the machine wait for the old time to come again.
import { describe, expect, it } from 'vitest';
import { inWords, only, Story } from '../story.ts';

const hourMs = 3_600_000;

describe('a clock that is set back', () => {
  it('does not stop captures and publications', () => {
    const story = new Story();
    story.rounds(13);
    story.now -= hourMs;
    const words = inWords(story.rounds(13));
    expect(words).toContain('capture from 10.0.0.10:53 10.0.0.11:53');
    expect(words.filter((one) => one.startsWith('publish knot')).length).toBeGreaterThan(0);
  });

  it('does not hold up a suspicion that began before', () => {
    const story = new Story();
    story.rounds(10);
    story.rounds(1, { api: 'gone' });
    story.now -= hourMs;
    story.rounds(5, { api: 'gone' });
    expect(story.state.phase).toBe('active');
  });

  it('does not hold up the last capture, nor the freeze after it', () => {
    const story = new Story({}, false);
    story.rounds(10);
    story.rounds(4, { api: 'gone' });
    const [final] = only(story.all, 'capture').filter((capture) => capture.final);
    expect(final).toBeDefined();
    story.now -= hourMs;
    const effects = story.rounds(10, { api: 'gone' });
    expect(only(effects, 'freeze').length + only(effects, 'publish').length).toBeGreaterThan(0);
  });

  it('does not hold up another try after a failure', () => {
    const story = new Story({}, false);
    story.rounds(1);
    const [capture] = only(story.effects, 'capture');
    if (capture === undefined) throw new Error('no capture was asked for');
    story.tell({ kind: 'capture-refused', effect: capture, reason: 'SERVFAIL' });
    story.now -= hourMs;
    expect(only(story.rounds(8), 'capture').length).toBeGreaterThan(0);
  });

  it('still pages what grows old', () => {
    const story = new Story({}, false);
    story.rounds(1);
    story.now -= 10 * hourMs;
    story.rounds(200);
    expect(story.open).toContain('standby-stale/knot');
  });

  it('leaves a state alone whose clocks differ by seconds only', () => {
    const story = new Story({}, false);
    story.rounds(3);
    const [capture] = only(story.all, 'capture');
    story.now -= 30_000;
    story.rounds(1);
    expect(story.state.capture.askedAt).toBe(capture?.askedAt);
    expect(story.state.capture.runningSince).not.toBeNull();
  });
});

describe('a clock that is set forward', () => {
  it('fails nothing over', () => {
    const story = new Story();
    story.rounds(10);
    story.rounds(1, { api: 'gone' });
    story.now += 10 * hourMs;
    story.rounds(1, { api: 'gone' });
    expect(story.state.phase).toBe('suspected');
    story.rounds(10);
    expect(story.state.phase).toBe('watching');
  });
});

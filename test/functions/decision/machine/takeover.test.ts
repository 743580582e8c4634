// A person acts while work is under way whose worker is dead: what is done by hand must not wait for it.
import { describe, expect, it } from 'vitest';
import { inWords, only, Story } from '../story.ts';

/** Work was begun and nobody will ever answer for it. */
function afterCrash(): Story {
  const story = new Story({}, false);
  const [capture] = only(story.rounds(1), 'capture');
  if (capture === undefined) throw new Error('no capture was asked for');
  story.tell({ kind: 'captured', effect: capture, snapshot: 1 });
  expect(story.state.standbys.knot?.runningSince).not.toBeNull();
  return story;
}

describe('after a crash, without a watch', () => {
  it('a failover writes to the standby at once', () => {
    const story = afterCrash();
    story.operator('failover');
    const [final] = only(story.effects, 'capture');
    if (final === undefined) throw new Error('no last capture was asked for');
    const effects = story.tell({ kind: 'captured', effect: final, snapshot: 2 });
    expect(inWords(effects)).toEqual(['publish knot 2 deletes held to activate']);
  });

  it('a failback captures at once, and again when it was cut itself', () => {
    const story = new Story();
    story.rounds(10);
    story.operator('failover');
    const cut = new Story({}, false);
    cut.now = story.now;
    cut.state = story.state;
    cut.rounds(1);
    for (let i = 0; i < 2; i++) {
      expect(cut.operator('failback').status).toBe('accepted');
      expect(only(cut.effects, 'capture')).toHaveLength(1);
    }
  });
});

// What the marker of a standby tells a machine that cannot know it otherwise.
import { describe, expect, it } from 'vitest';
import { only, Story } from '../story.ts';

const frozen = {
  kind: 'marker-read',
  standby: 'knot',
  activation: 7,
  freeze: 'frozen by activation 7 of other',
} as const;

describe('a marker that was read', () => {
  it('teaches a new store the activations of before, and that the zone is frozen', () => {
    const story = new Story();
    story.tell(frozen);
    expect([story.state.lastActivation, story.open]).toEqual([7, ['fenced/knot']]);
    story.tell({ ...frozen, freeze: '' });
    expect(story.open).toEqual([]);
  });

  it('pages nothing for our own freeze, also when a crash kept us from noting it', () => {
    const story = new Story({}, false);
    story.rounds(1);
    story.tell({ kind: 'marker-read', standby: 'knot', activation: 6, freeze: '' });
    story.operator('failover');
    story.tell({ kind: 'restarted' });
    story.tell(frozen);
    expect(story.open).toEqual(['activation/7']);
  });

  it('does not make the activation of another deployment known, neither read nor met when writing', () => {
    for (const isRead of [true, false]) {
      const story = new Story({}, false);
      if (isRead) story.tell(frozen);
      const capture = only(story.rounds(1), 'capture').at(-1) ?? expect.fail();
      const [first] = only(story.tell({ kind: 'captured', effect: capture, snapshot: 1 }), 'publish');
      if (first === undefined) throw new Error('nothing was published');
      const cut = { kind: 'publish-failed', status: 'frozen', reason: 'cut in the middle', activation: 7 } as const;
      story.tell({ ...cut, effect: first });
      const again = only(story.rounds(1), 'publish').at(-1) ?? expect.fail();
      expect([first.intent, again.intent]).toEqual(Array(2).fill({ kind: 'publish', knownActivation: 0 }));
    }
  });

  it('says nothing of a standby that the configuration does not have', () => {
    const story = new Story();
    story.tell({ ...frozen, standby: 'bind' });
    expect([story.state.lastActivation, story.open]).toEqual([0, []]);
  });
});

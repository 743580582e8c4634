// What the marker of a standby tells a machine that cannot know it otherwise.
import { describe, expect, it } from 'vitest';
import { Story } from './story.ts';

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

  it('says nothing of a standby that the configuration does not have', () => {
    const story = new Story();
    story.tell({ ...frozen, standby: 'bind' });
    expect([story.state.lastActivation, story.open]).toEqual([0, []]);
  });
});

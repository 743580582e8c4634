import { describe, expect, it } from 'vitest';
import { inWords, only, Story } from '../story.ts';

/** Two standbys frozen in an outage that is over; `spare` has died meanwhile. */
function afterOutage(changes: ConstructorParameters<typeof Story>[0] = {}): Story {
  const story = new Story({ standbys: ['knot', 'spare'], failback: 'automatic', ...changes });
  story.rounds(20);
  story.rounds(10, { api: 'gone' });
  story.dead.add('spare');
  return story;
}

describe('giving back standby by standby', () => {
  it('does not let a dead one keep the others from growing older', () => {
    const story = afterOutage();
    story.rounds(6);
    expect(story.state).toMatchObject({ phase: 'recovering', standbys: { knot: { frozen: 0 }, spare: { frozen: 1 } } });
    const given = story.now;
    story.rounds(12 * 60);
    const { knot, spare } = story.state.standbys;
    expect({ phase: story.state.phase, activation: story.state.activation }).toEqual({
      phase: 'watching',
      activation: null,
    });
    expect(story.now - (knot?.asOf ?? 0)).toBeLessThanOrEqual(60_000);
    expect(only(story.all, 'publish').filter(({ standby, asOf }) => standby === 'knot' && asOf > given)).toHaveLength(
      60,
    );
    expect(spare).toMatchObject({ frozen: 1, giveBack: { by: null } });
  });

  it('tells of the one that is left behind, and gives it back when it is there again', () => {
    const story = afterOutage();
    story.rounds(60);
    expect(story.open).toEqual(['give-back/spare']);
    story.rounds(180);
    expect(story.open).toEqual(['give-back/spare', 'standby-stale/spare']);
    story.dead.clear();
    const back = inWords(story.rounds(24));
    expect(back.find((words) => words.startsWith('publish spare'))).toMatch(
      /^publish spare \d+ deletes allowed to failback$/,
    );
    expect(back).toEqual(expect.arrayContaining(['resolve give-back/spare', 'resolve standby-stale/spare']));
    expect(story.open).toEqual([]);
    expect(story.state.standbys.spare).toMatchObject({ frozen: 0, giveBack: null });
  });

  it('stays with the failback while no standby could be given back, and says that they age', () => {
    const story = afterOutage();
    story.dead.add('knot');
    story.rounds(30);
    expect(story.state.phase).toBe('recovering');
    expect(story.open).toEqual(['activation/1', 'publish/knot', 'publish/spare']);
    story.rounds(170);
    expect(story.open).toEqual(expect.arrayContaining(['standby-stale/knot', 'standby-stale/spare']));
    story.dead.clear();
    story.rounds(24);
    expect({ phase: story.state.phase, open: story.open }).toEqual({ phase: 'watching', open: [] });
  });

  it('freezes the one that is left behind in the next outage with the others', () => {
    const story = afterOutage();
    story.rounds(60);
    story.dead.clear();
    story.rounds(4, { api: 'gone' });
    expect(story.state).toMatchObject({
      phase: 'active',
      standbys: { knot: { frozen: 2, giveBack: null }, spare: { frozen: 2, giveBack: null } },
    });
    story.rounds(8);
    expect(story.state.standbys.spare).toMatchObject({ frozen: 0, giveBack: null });
  });

  it('waits for one that was dead in the outage and is there again', () => {
    const story = new Story({ standbys: ['knot', 'spare'], failback: 'automatic' });
    story.rounds(20);
    story.dead.add('spare');
    story.rounds(40, { api: 'gone' });
    expect(story.state.standbys.spare?.failures).toBeGreaterThan(3);
    story.rounds(5);
    story.dead.clear();
    const back = inWords(story.rounds(3));
    expect(back.filter((words) => words.startsWith('page'))).toEqual([]);
    expect(back).toEqual(expect.arrayContaining([expect.stringMatching(/^publish spare 4 deletes allowed/)]));
    expect({ phase: story.state.phase, open: story.open }).toEqual({ phase: 'watching', open: [] });
  });

  it("does not take somebody else's freeze for one that it may thaw later", () => {
    const story = new Story({ standbys: ['knot', 'spare'] });
    story.rounds(20);
    story.rounds(10, { api: 'gone' });
    story.dead.add('spare');
    story.rounds(8);
    story.operator('failback');
    story.rounds(60);
    expect(story.state.phase).toBe('watching');
    story.tell({ kind: 'marker-read', standby: 'spare', activation: 9, freeze: 'by activation 9 of other' });
    story.all.length = 0;
    story.rounds(30);
    const asked = only(story.all, 'publish').filter(({ standby }) => standby === 'spare');
    expect(new Set(asked.map(({ intent }) => intent.kind))).toEqual(new Set(['publish']));
  });

  it('reads a failback that an older version began', () => {
    const story = afterOutage();
    story.rounds(6);
    const { giveBack, ...older } = story.state.standbys.spare ?? {};
    expect(giveBack).toEqual({ since: expect.any(Number), by: null });
    story.state = {
      ...story.state,
      standbys: { ...story.state.standbys, spare: { ...older, giveBack: null } as never },
    };
    story.dead.clear();
    story.rounds(24);
    expect(story.state).toMatchObject({ phase: 'watching', standbys: { spare: { frozen: 0 } } });
  });
});

// A frozen zone is read whole: at once after a freeze that went by its marker, then every ten minutes; what it lost is put back and told.
import { describe, expect, it } from 'vitest';
import type { PublishEffect } from '../../../../functions/decision/machine/effect.ts';
import { parseState } from '../../../../functions/decision/machine/state-schema.ts';
import { inWords, only, Story } from '../story.ts';

const gone = { api: 'gone' } as const;
const minuteMs = 60_000;

/** A machine in an outage that has just asked for the last publication; nobody answers but the test. */
function asked(): { readonly story: Story; readonly freezing: PublishEffect } {
  const story = new Story();
  story.rounds(20);
  story.obliging = false;
  const [final] = only(story.rounds(3, gone), 'capture');
  const effects = story.tell({ kind: 'captured', effect: final ?? expect.fail(), snapshot: 9 });
  return { story, freezing: publishIn(effects) };
}

function publishIn(effects: Parameters<typeof only>[0]): PublishEffect {
  return only(effects, 'publish')[0] ?? expect.fail('no publication');
}

const answer = (effect: PublishEffect, changed?: number) =>
  ({
    kind: 'published',
    effect,
    heldDeletes: 0,
    activation: 1,
    ...(changed === undefined ? {} : { changed }),
  }) as const;

describe('a frozen zone', () => {
  it('is frozen by its marker first, then read whole at once under the same activation, without deletes', () => {
    const { story, freezing } = asked();
    expect(freezing).toMatchObject({ read: 'marker', deletes: 'held' });
    const reading = publishIn(story.tell(answer(freezing)));
    expect(story.state.standbys.knot).toMatchObject({ frozen: 1, settled: 1 });
    const intent = { kind: 'activate', activation: 1 };
    expect(reading).toMatchObject({ read: 'zone', deletes: 'held', renew: false, intent, snapshot: 9 });
    expect(reading.standing).toEqual({ known: 'freeze', takeOver: null });
    expect(inWords(story.tell(answer(reading, 0)))).toEqual([]);
    expect(inWords(story.rounds(119, gone))).toEqual([]);
    expect(publishIn(story.rounds(1, gone)).read).toBe('zone');
  });

  it('is not read again at once where its last publication read it, or nothing was ever published to it', () => {
    const { story, freezing } = asked();
    expect(inWords(story.tell(answer(freezing, 3)))).toEqual([]);
    expect(story.open).toEqual(['activation/1']);
    const bare = new Story();
    bare.rounds(3, { a: 'gone', b: 'gone', api: 'gone' });
    bare.rounds(300, { a: 'gone', b: 'gone', api: 'gone' });
    expect(inWords(bare.all).filter((words) => /^(publish|freeze)/.test(words))).toEqual(['freeze knot 1']);
  });

  it('is told as critical with what was put back, once, and closed a quarter of an hour later', () => {
    const { story, freezing } = asked();
    const reading = publishIn(story.tell(answer(freezing)));
    const before = story.state.standbys.knot?.publishedAt;
    const [page] = only(story.tell(answer(reading, 100)), 'page');
    expect(page?.notice).toMatchObject({
      dedupKey: 'prod/put-back/knot',
      severity: 'critical',
      summary: expect.stringContaining('frozen by activation 1, lacked 100 record sets'),
    });
    expect(story.state.standbys.knot).toMatchObject({ publishedAt: before, frozen: 1 });
    expect(inWords(story.rounds(119, gone))).toEqual([]);
    story.tell(answer(publishIn(story.rounds(1, gone)), 0));
    const later = inWords(story.rounds(60, gone));
    expect(later).toEqual(['resolve put-back/knot']);
  });

  it('whose reading fails is read again later and later, and told; the freeze stays', () => {
    const { story, freezing } = asked();
    let reading = publishIn(story.tell(answer(freezing)));
    const at: number[] = [];
    for (let i = 0; i < 8; i++) {
      at.push(story.now);
      story.tell({
        kind: 'publish-failed',
        effect: reading,
        status: i === 4 ? 'refused' : 'fault',
        reason: 'no answer',
      });
      let next: PublishEffect | undefined;
      while (next === undefined) [next] = only(story.rounds(1, gone), 'publish');
      reading = next;
    }
    expect(at.slice(1).map((one, i) => (one - (at[i] ?? 0)) / 1000)).toEqual([30, 60, 120, 240, 480, 600, 600]);
    expect(story.open).toContain('publish/knot');
    expect(story.state.standbys.knot?.frozen).toBe(1);
    story.tell(answer(reading, 0));
    expect(story.open).not.toContain('publish/knot');
  });

  it.each([
    ['newer and ours', 9, 9],
    ['of a store that was lost', 900, 2],
    ['older', 1, 2],
    ['of a version that did not say', undefined, 2],
  ])(
    'that was frozen bare is completed with the snapshot that its marker names, where that is %s',
    (_, named, held) => {
      const { story, freezing } = asked();
      expect(story.state.standbys.knot?.snapshot).toBe(2);
      const snapshot = named === undefined ? {} : { snapshot: named };
      const marker = { generation: 5, keeper: null, frozen: 1, ...snapshot };
      const failed = { kind: 'publish-failed', effect: freezing, reason: 'must-have' } as const;
      const [bare] = only(story.tell({ ...failed, status: 'refused' }), 'freeze');
      const reading = publishIn(story.tell({ kind: 'frozen', effect: bare ?? expect.fail(), marker }));
      expect(reading).toMatchObject({ snapshot: held, read: 'zone', deletes: 'held' });
      story.tell(answer(reading, 40));
      // What a publication had left out is no loss; what was published before is.
      expect(story.open.includes('put-back/knot')).toBe(held === 2);
      expect(parseState(JSON.parse(JSON.stringify(story.state)))).toEqual(story.state);
    },
  );

  it('is read by the life after one that ended, not in a hurry', () => {
    const { story, freezing } = asked();
    story.tell(answer(freezing));
    story.state = parseState(JSON.parse(JSON.stringify(story.state)));
    expect(only(story.tell({ kind: 'restarted' }), 'publish')).toEqual([]);
    expect(inWords(story.rounds(5, gone))).toEqual([]);
    expect(publishIn(story.rounds(1, gone)).read).toBe('zone');
  });

  it('is read at once where a version froze it that did not read', () => {
    const { story, freezing } = asked();
    story.tell(answer(freezing, 0));
    const stored = JSON.parse(JSON.stringify(story.state));
    for (const standby of Object.values<Record<string, unknown>>(stored.standbys)) {
      delete standby.readNextAt;
      delete standby.putBack;
    }
    story.state = parseState(stored);
    expect(publishIn(story.rounds(1, gone))).toMatchObject({ read: 'zone', deletes: 'held' });
  });

  it('is not read while a person holds the cluster, nor where somebody else writes', () => {
    const { story, freezing } = asked();
    story.tell(answer(freezing, 0));
    story.operator('hold');
    expect(only(story.rounds(200, gone), 'publish')).toEqual([]);
    story.operator('release');
    story.tell(answer(publishIn(story.effects), 0));
    story.tell({ kind: 'marker-read', standby: 'knot', activation: 7, freeze: 'by activation 7 of other' });
    expect(only(story.rounds(200, gone), 'publish')).toEqual([]);
  });

  it('is not read when the clock was set back, but ten minutes later', () => {
    const { story, freezing } = asked();
    story.tell(answer(freezing, 0));
    story.now -= 60 * minuteMs;
    expect(only(story.rounds(2, gone), 'publish')).toHaveLength(1);
  });
});

import { describe, expect, it } from 'vitest';
import { standbyAgeMs } from '../../../functions/decision/selectors.ts';
import { dnsA, dnsB, inWords, only, Story, t0 } from './story.ts';

describe('in peace', () => {
  it('captures when due, publishes each capture, and deletes only once the cluster is known to be healthy', () => {
    const story = new Story();
    expect(inWords(story.rounds(1))).toEqual([
      `capture from ${dnsA} ${dnsB}`,
      'publish knot 1 deletes held to publish',
    ]);
    expect(inWords(story.rounds(11))).toEqual([]);
    expect(inWords(story.rounds(1))).toEqual([
      `capture from ${dnsA} ${dnsB}`,
      'publish knot 2 deletes allowed to publish',
    ]);
    expect(inWords(story.rounds(24))).toHaveLength(4);
    expect(story.phases).toEqual([]);
    expect(standbyAgeMs(story.state.standbys.knot ?? expect.fail(), story.now)).toBeLessThanOrEqual(60_000);
  });

  it('asks for nothing twice while it is under way', () => {
    const story = new Story({}, false);
    const [capture] = only(story.rounds(1), 'capture');
    expect(inWords(story.rounds(20))).toEqual([]);
    story.tell({ kind: 'captured', effect: capture ?? expect.fail(), snapshot: 1 });
    expect(inWords(story.effects)).toEqual([
      `capture from ${dnsA} ${dnsB}`,
      'publish knot 1 deletes allowed to publish',
    ]);
    expect(inWords(story.rounds(5))).toEqual([]);
  });

  it('asks again when a new process takes over, and when the old work never answers', () => {
    const story = new Story({}, false);
    story.rounds(13);
    expect(inWords(story.tell({ kind: 'restarted' }))).toEqual([`capture from ${dnsA} ${dnsB}`]);
    expect(inWords(story.rounds(119))).toEqual([]);
    expect(inWords(story.rounds(3))).toContain(`capture from ${dnsA} ${dnsB}`);
  });

  it('does not count the answer to an older question', () => {
    const story = new Story({}, false);
    const [old] = only(story.rounds(13), 'capture');
    story.now += 1;
    const [fresh] = only(story.tell({ kind: 'restarted' }), 'capture');
    story.tell({ kind: 'capture-refused', effect: old ?? expect.fail(), reason: 'late' });
    expect(story.state.capture).toMatchObject({ runningSince: story.now, failures: 0 });
    story.tell({ kind: 'captured', effect: fresh ?? expect.fail(), snapshot: 2 });
    story.tell({ kind: 'captured', effect: old ?? expect.fail(), snapshot: 1 });
    expect(story.state.capture).toMatchObject({ snapshot: 2, asOf: fresh?.askedAt });
  });

  it('tries a refused capture again after the least interval, and pages when it goes on', () => {
    const story = new Story({}, false);
    const refused: number[] = [];
    for (let i = 0; i < 40; i++) {
      for (const effect of only(story.rounds(1), 'capture')) {
        refused.push((story.now - t0) / 1000);
        story.tell({ kind: 'capture-refused', effect, reason: 'bad MAC' });
        if (refused.length === 3) expect(inWords(story.effects)).toEqual(['page capture']);
        if (refused.length === 4) story.tell({ kind: 'captured', effect, snapshot: 1 });
      }
    }
    expect(refused.slice(0, 4)).toEqual([5, 35, 65, 95]);
    expect(only(story.all, 'page')[0]?.notice.summary).toContain('bad MAC');
  });

  it('waits as long as a postponed capture says, without counting it as failed', () => {
    const story = new Story({}, false);
    const [effect] = only(story.rounds(1), 'capture');
    story.tell({
      kind: 'capture-refused',
      effect: effect ?? expect.fail(),
      reason: 'over budget',
      postponedMs: 600_000,
    });
    expect(inWords(story.rounds(119))).toEqual([]);
    expect(inWords(story.rounds(1))).toEqual([`capture from ${dnsA} ${dnsB}`]);
    expect(story.state.capture.failures).toBe(0);
  });

  it('tries a failed publication again with backoff, pages, and resolves when it gets through', () => {
    const story = new Story({ captureIntervalMs: 3_600_000 }, false);
    const [capture] = only(story.rounds(1), 'capture');
    let effects = story.tell({ kind: 'captured', effect: capture ?? expect.fail(), snapshot: 1 });
    const tried: number[] = [];
    for (let ms = 0; ms < 20_000; ms += 500) {
      for (const effect of only(effects, 'publish')) {
        tried.push(story.now - t0 - 5000);
        story.tell({ kind: 'publish-failed', effect, status: 'fault', reason: 'no route' });
      }
      effects = story.wait(500);
    }
    expect(tried).toEqual([0, 1000, 3000, 7000, 15_000]);
    expect(story.open).toEqual(['publish/knot']);
    story.rounds(4);
    const effect = only(story.all, 'publish').at(-1) ?? expect.fail();
    expect(inWords(story.tell({ kind: 'published', effect, heldDeletes: 0, activation: 0 }))).toEqual([
      'resolve publish/knot',
    ]);
    expect(story.state.standbys.knot).toMatchObject({ failures: 0, snapshot: 1, publishedAt: story.now });
  });

  it('pages once when a standby was not brought up to date for a quarter of an hour, and resolves', () => {
    const story = new Story({}, false);
    story.rounds(180);
    expect(inWords(only(story.all, 'page'))).toEqual([]);
    expect(inWords(story.rounds(2))).toContain('page standby-stale/knot');
    expect(inWords(only(story.rounds(50), 'page'))).toEqual([]);
    const capture = only(story.all, 'capture').at(-1) ?? expect.fail();
    const [effect] = only(story.tell({ kind: 'captured', effect: capture, snapshot: 1 }), 'publish');
    expect(
      inWords(story.tell({ kind: 'published', effect: effect ?? expect.fail(), heldDeletes: 0, activation: 0 })),
    ).toContain('resolve standby-stale/knot');
  });

  it('pages deletes that a guard held back though deletes were allowed', () => {
    const story = new Story({}, false);
    const publish = (heldDeletes: number) => {
      story.rounds(13);
      const capture = only(story.all, 'capture').at(-1) ?? expect.fail();
      const [effect] = only(story.tell({ kind: 'captured', effect: capture, snapshot: 1 }), 'publish');
      return inWords(story.tell({ kind: 'published', effect: effect ?? expect.fail(), heldDeletes, activation: 0 }));
    };
    expect(publish(0)).toEqual([]);
    expect(publish(12)).toEqual(['page deletes-held/knot']);
    expect(publish(0)).toEqual(['resolve deletes-held/knot']);
  });

  it('goes on counting where the zone stands', () => {
    const story = new Story({}, false);
    const [capture] = only(story.rounds(1), 'capture');
    const [effect] = only(story.tell({ kind: 'captured', effect: capture ?? expect.fail(), snapshot: 1 }), 'publish');
    story.tell({ kind: 'published', effect: effect ?? expect.fail(), heldDeletes: 0, activation: 7 });
    story.operator('failover');
    expect(story.state.activation?.number).toBe(8);
  });
});

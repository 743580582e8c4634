import { describe, expect, it } from 'vitest';
import { standbyAgeMs } from '../../../../functions/decision/machine/selectors.ts';
import { whyStop } from '../../../../functions/decision/machine/why-stop.ts';
import { dnsA, dnsB, inWords, only, Story, t0 } from '../story.ts';

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
    expect(inWords(story.effects)).toEqual([`capture from ${dnsA} ${dnsB}`, 'publish knot 1 deletes held to publish']);
    expect(inWords(story.rounds(5))).toEqual([]);
  });

  it('asks again when a new process takes over, and when the old work never answers', () => {
    const story = new Story({}, false);
    story.rounds(13);
    expect(inWords(story.tell({ kind: 'restarted' }))).toEqual([]);
    expect(inWords(story.rounds(6))).toEqual([`capture from ${dnsA} ${dnsB}`]);
    expect(inWords(story.rounds(119))).toEqual([]);
    expect(inWords(story.rounds(3))).toContain(`capture from ${dnsA} ${dnsB}`);
  });

  it('does not count the answer to an older question', () => {
    const story = new Story({}, false);
    const [old] = only(story.rounds(13), 'capture');
    story.tell({ kind: 'restarted' });
    const [fresh] = only(story.rounds(6), 'capture');
    story.tell({ kind: 'capture-refused', effect: old ?? expect.fail(), reason: 'late' });
    expect(story.state.capture).toMatchObject({ runningSince: fresh?.askedAt, failures: 1 });
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

describe('what a snapshot was captured in', () => {
  it.each([
    ['healthy', 'healthy', 'allowed'],
    ['gone', 'healthy', 'held'],
    ['healthy', 'gone', 'held'],
  ] as const)('asked for while the API was %s, made while it was %s: deletes %s', (asked, made, deletes) => {
    const story = new Story({ captureIntervalMs: 300_000, downRounds: 10 }, false);
    story.rounds(59);
    const capture = only(story.all, 'capture').at(-1) ?? expect.fail();
    story.tell({ kind: 'capture-refused', effect: capture, reason: 'no' });
    story.rounds(5);
    story.rounds(1, { api: asked });
    const effect = only(story.all, 'capture').at(-1) ?? expect.fail();
    expect(effect).toMatchObject({ askedAt: story.now, healthy: asked === 'healthy' });
    story.rounds(1, { api: made });
    story.tell({ kind: 'captured', effect, snapshot: 3 });
    // Published later, when all is well again: what was known at the capture counts.
    const [publish] = only(story.effects, 'publish');
    story.tell({ kind: 'publish-failed', effect: publish ?? expect.fail(), status: 'fault', reason: 'no route' });
    story.rounds(12);
    expect(only(story.all, 'publish').at(-1)).toMatchObject({ snapshot: 3, deletes });
    expect(story.phases.at(-1) ?? 'watching').toBe('watching');
  });

  it('takes the health of the newest capture, also of content that is not new', () => {
    const story = new Story({}, false);
    const captured = (api: 'healthy' | 'gone') => {
      story.rounds(12);
      story.rounds(1, { api });
      const effect = only(story.all, 'capture').at(-1) ?? expect.fail();
      story.tell({ kind: 'captured', effect, snapshot: 3 });
      const publish = only(story.effects, 'publish').at(-1) ?? expect.fail();
      story.tell({ kind: 'published', effect: publish, heldDeletes: 0, activation: 0 });
      return publish.deletes;
    };
    expect(captured('healthy')).toBe('held');
    expect(captured('gone')).toBe('held');
    // Asked for at once after the last, while the API was gone.
    expect(captured('healthy')).toBe('held');
    expect(captured('healthy')).toBe('allowed');
  });
});

describe('a publication under way', () => {
  const state = () => {
    const story = new Story();
    story.rounds(13);
    return story;
  };
  const peace = { kind: 'publish', knownActivation: 0 } as const;

  it('goes on in peace, and ends before deletes when the API goes', () => {
    const story = state();
    expect(whyStop(story.state, peace, true, story.policy)).toBeUndefined();
    story.rounds(1, { api: 'gone' });
    expect(whyStop(story.state, peace, true, story.policy)).toContain('not healthy');
    expect(whyStop(story.state, peace, false, story.policy)).toBeUndefined();
  });

  it('ends at once when an operator holds the cluster, an activation is opened, or its own is over', () => {
    const story = state();
    story.operator('hold');
    expect(whyStop(story.state, peace, false, story.policy)).toContain('held');
    story.operator('release');
    story.operator('failover');
    expect(whyStop(story.state, peace, false, story.policy)).toContain('activation 1 is open');
    const activate = (activation: number) => ({ kind: 'activate', activation }) as const;
    expect(whyStop(story.state, activate(1), false, story.policy)).toBeUndefined();
    story.operator('failover');
    expect(whyStop(story.state, activate(1), false, story.policy)).toContain('activation 1 is over');
    expect(whyStop(story.state, { kind: 'failback' }, false, story.policy)).toContain('activation 2 is open');
  });

  it('waits for nothing after it has ended itself', () => {
    const story = new Story({}, false);
    const capture = only(story.rounds(13), 'capture').at(-1) ?? expect.fail();
    const [effect] = only(story.tell({ kind: 'captured', effect: capture, snapshot: 1 }), 'publish');
    const stopped = {
      kind: 'publish-failed',
      effect: effect ?? expect.fail(),
      status: 'stopped',
      reason: 'x',
    } as const;
    expect(inWords(only(story.tell(stopped), 'publish'))).toHaveLength(1);
    expect(story.state.standbys.knot?.failures).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { clusterHealthy } from '../../../../functions/decision/machine/selectors.ts';
import { dnsA, dnsB, inWords, only, policy, Story } from '../story.ts';

describe('the API server is gone', () => {
  it('is suspected, confirmed after downRounds and the dwell, and activated: page, final capture, publication without deletes', () => {
    const story = new Story();
    story.rounds(20);
    expect(inWords(story.rounds(2, { api: 'gone' }))).toEqual([]);
    expect(story.state.phase).toBe('suspected');
    expect(inWords(story.rounds(1, { api: 'gone' }))).toEqual([
      'page activation/1',
      `capture final from ${dnsA} ${dnsB}`,
      'publish knot 3 deletes held to activate',
    ]);
    expect(story.phases).toEqual(['suspected', 'confirmed', 'active']);
    expect(story.state.standbys.knot).toMatchObject({ frozen: 1, snapshot: 3 });
    // 25 minutes: the frozen zone is read whole twice.
    const reading = 'publish knot 3 deletes held to activate';
    expect(inWords(story.rounds(300, { api: 'gone' }))).toEqual([reading, reading]);
  });

  it('says in each transition and in the page what is wrong, since when, and what to run', () => {
    const story = new Story();
    story.rounds(3);
    story.rounds(3, { api: 'gone' });
    for (const { reason } of story.state.transitions)
      expect(reason).toContain('the API server is down: connections are refused');
    const [page] = only(story.all, 'page');
    expect(page?.notice).toMatchObject({
      severity: 'critical',
      summary: expect.stringContaining(
        'control-plane outage, activation 1: the API server is down: connections are refused (3 rounds down in a row)',
      ),
      whatIsWrong: expect.stringContaining('local: apiserver.connect down refused'),
      seenFrom: ['local'],
      since: story.now,
      whatLifeboatDid: expect.stringContaining(dnsA),
      whatToRunNext: expect.stringContaining('lifeboat failback'),
      repeat: 0,
    });
  });

  it('waits for the dwell, however many rounds there were', () => {
    const story = new Story({ intervalMs: 1000 });
    story.rounds(3);
    story.rounds(10, { api: 'gone' });
    expect(story.state.phase).toBe('suspected');
    story.rounds(1, { api: 'gone' });
    expect(story.state.phase).toBe('active');
  });

  it('forgets a suspicion after downRounds good rounds', () => {
    const story = new Story();
    story.rounds(10);
    story.rounds(2, { api: 'gone' });
    story.rounds(2);
    expect(story.state.phase).toBe('suspected');
    story.rounds(1);
    expect(story.phases).toEqual(['suspected', 'watching']);
    expect(story.all.filter((effect) => effect.kind === 'page')).toEqual([]);
  });

  it('holds deletes back from the first bad round until healthyRounds good ones', () => {
    const story = new Story();
    story.rounds(10);
    expect(clusterHealthy(story.state, policy)).toBe(true);
    story.rounds(1, { api: 'gone' });
    expect(clusterHealthy(story.state, policy)).toBe(false);
    story.rounds(5);
    expect([story.state.phase, clusterHealthy(story.state, policy)]).toEqual(['watching', false]);
    story.rounds(1);
    expect(clusterHealthy(story.state, policy)).toBe(true);
  });

  it('freezes without the final capture when no replica is fit for it', () => {
    const story = new Story();
    story.rounds(3);
    const effects = story.rounds(3, { api: 'gone', a: 'unsynced', b: 'gone' });
    expect(inWords(effects)).toEqual([
      'page activation/1',
      `page dns/${dnsA}`,
      `page dns/${dnsB}`,
      'publish knot 1 deletes held to activate',
    ]);
    expect(story.state.activation).toMatchObject({
      final: 'refused',
      finalReason: expect.stringContaining('no CoreDNS replica'),
    });
  });

  it('freezes without the final capture when that does not end', () => {
    const story = new Story({}, false);
    const [peace] = only(story.rounds(1), 'capture');
    const [publish] = only(story.tell({ kind: 'captured', effect: peace ?? expect.fail(), snapshot: 1 }), 'publish');
    story.tell({ kind: 'published', effect: publish ?? expect.fail(), heldDeletes: 0, activation: 0 });
    expect(inWords(story.rounds(3, { api: 'gone' }))).toEqual([
      'page activation/1',
      `capture final from ${dnsA} ${dnsB}`,
    ]);
    expect(inWords(story.rounds(7, { api: 'gone' }))).toEqual([]);
    expect(inWords(story.rounds(1, { api: 'gone' }))).toEqual(['publish knot 1 deletes held to activate']);
  });

  it('does not let an ordinary capture under way hold up the final one', () => {
    const story = new Story({}, false);
    expect(inWords(story.rounds(1))).toEqual([`capture from ${dnsA} ${dnsB}`]);
    expect(inWords(story.rounds(3, { api: 'gone' }))).toEqual([
      'page activation/1',
      `capture final from ${dnsA} ${dnsB}`,
    ]);
  });

  it('asks again for the final capture when the process was replaced meanwhile, and waits for the first round to see from whom', () => {
    const story = new Story({}, false);
    story.rounds(3);
    story.rounds(3, { api: 'gone' });
    story.now += 30_000;
    expect(inWords(only(story.tell({ kind: 'restarted' }), 'capture'))).toEqual([]);
    expect(inWords(only(story.rounds(1, { api: 'gone' }), 'capture'))).toEqual([`capture final from ${dnsA} ${dnsB}`]);
  });

  it('goes on trying to freeze, and freezes bare when no publication can', () => {
    const story = new Story({}, false);
    story.rounds(3);
    story.rounds(3, { api: 'gone' });
    const final = only(story.all, 'capture').at(-1) ?? expect.fail();
    let effects = story.tell({ kind: 'captured', effect: final, snapshot: 1 });
    const asked: string[] = [];
    for (let i = 0; i < 120; i++) {
      for (const effect of effects) {
        if (effect.kind === 'publish') asked.push('publish');
        if (effect.kind === 'freeze') asked.push('freeze');
        if (effect.kind === 'publish')
          story.tell({ kind: 'publish-failed', effect, status: 'fault', reason: 'no route' });
        if (effect.kind === 'freeze') story.tell({ kind: 'freeze-failed', effect, reason: 'no route' });
      }
      effects = story.rounds(1, { api: 'gone' });
    }
    const turn = asked.indexOf('freeze');
    expect(turn).toBeGreaterThan(5);
    expect(asked.slice(turn).every((one) => one === 'freeze')).toBe(true);
    expect(story.open).toEqual(['activation/1', 'publish/knot']);
    const freeze = only(story.all, 'freeze').at(-1) ?? expect.fail();
    story.tell({ kind: 'frozen', effect: freeze });
    expect(story.open).toEqual(['activation/1']);
  });

  it('freezes bare at once when a guard refuses the publication, or nothing was ever captured', () => {
    const refused = new Story({}, false);
    refused.rounds(3);
    refused.rounds(3, { api: 'gone' });
    const final = only(refused.all, 'capture').at(-1) ?? expect.fail();
    const [effect] = only(refused.tell({ kind: 'captured', effect: final, snapshot: 1 }), 'publish');
    const event = {
      kind: 'publish-failed',
      effect: effect ?? expect.fail(),
      status: 'refused',
      reason: 'names missing',
    } as const;
    expect(inWords(refused.tell(event))).toEqual(['freeze knot 1']);

    const never = new Story({}, false);
    never.rounds(3, { api: 'gone', a: 'gone', b: 'gone' });
    expect(inWords(only(never.all, 'freeze'))).toEqual(['freeze knot 1']);
  });

  it('takes its own freeze, found there on a second attempt, for done', () => {
    const story = new Story({}, false);
    story.rounds(3);
    story.rounds(3, { api: 'gone' });
    const final = only(story.all, 'capture').at(-1) ?? expect.fail();
    const [effect] = only(story.tell({ kind: 'captured', effect: final, snapshot: 1 }), 'publish');
    story.tell({
      kind: 'publish-failed',
      effect: effect ?? expect.fail(),
      status: 'frozen',
      reason: 'frozen by activation 1',
      activation: 1,
    });
    expect(story.state.standbys.knot).toMatchObject({ frozen: 1, fence: '' });
    expect(story.open).toEqual(['activation/1']);
  });
});

describe('the API server is up for its probes only', () => {
  it('is activated as degraded after degradedRounds, with the reason', () => {
    const story = new Story();
    story.rounds(3);
    story.rounds(5, { api: 'throttled' });
    expect(story.state.phase).toBe('suspected');
    story.rounds(1, { api: 'throttled' });
    expect(story.state).toMatchObject({ phase: 'active', activation: { cause: 'control-plane' } });
    expect(story.state.activation?.reason).toContain(
      'ordinary clients are rejected with 429, although its health endpoints answer',
    );
  });
});

describe('DNS is gone and the API is healthy', () => {
  it('pages, freezes nothing, deletes nothing, pages again as the standby ages, and ends by itself', () => {
    const story = new Story();
    story.rounds(20);
    const effects = story.rounds(3, { a: 'gone', b: 'unsynced' });
    expect(inWords(effects)).toEqual(['page activation/1', `page dns/${dnsA}`, `page dns/${dnsB}`]);
    expect(story.state).toMatchObject({ phase: 'active', cause: 'dns', standbys: { knot: { frozen: 0 } } });
    expect(clusterHealthy(story.state, policy)).toBe(false);
    const asOf = story.state.capture.asOf ?? 0;
    expect(inWords(story.rounds(170, { a: 'gone', b: 'unsynced' }))).toEqual([]);
    story.now = asOf + policy.dnsStaleAfterMs;
    expect(inWords(story.rounds(1, { a: 'gone', b: 'unsynced' }))).toContain('page standby-ages');
    expect(only(story.all, 'page').at(-1)?.notice.summary).toMatch(/last good set is 15 min/);

    expect(inWords(story.rounds(1, { a: 'healthy', b: 'unsynced' }))).toEqual([
      `capture from ${dnsA}`,
      'resolve standby-ages',
      'publish knot 3 deletes held to publish',
    ]);
    story.rounds(30);
    expect(story.phases).toEqual(['suspected', 'confirmed', 'active', 'recovering', 'watching']);
    expect(story.open).toEqual([]);
    expect(only(story.all, 'publish').every((effect) => effect.intent.kind === 'publish')).toBe(true);
  });

  it('opens a newer activation when the API goes as well', () => {
    const story = new Story();
    story.rounds(20);
    story.rounds(4, { a: 'gone', b: 'gone' });
    const effects = story.rounds(3, { api: 'gone', a: 'gone', b: 'gone' });
    expect(inWords(effects)).toEqual([
      'page activation/2',
      'resolve activation/1',
      'publish knot 2 deletes held to activate',
    ]);
  });

  it('is no outage while one replica is only unknown', () => {
    const story = new Story();
    story.rounds(3);
    story.rounds(20, { a: 'gone', b: 'uplink' });
    expect(story.phases).toEqual([]);
    expect(story.open).toEqual([`dns/${dnsA}`, 'no-healthy-replica']);
  });
});

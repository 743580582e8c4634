import { describe, expect, it } from 'vitest';
import type { Effect } from '../../../../functions/decision/machine/effect.ts';
import { dnsA, dnsB, inWords, only, Story } from '../story.ts';

describe('coming back', () => {
  const outage = (changes: ConstructorParameters<typeof Story>[0] = {}) => {
    const story = new Story(changes);
    story.rounds(20);
    story.rounds(10, { api: 'gone' });
    return story;
  };

  it('waits for a person by default, and reminds', () => {
    const story = outage();
    // Every ten minutes the frozen zone is read whole.
    const besides = (effects: readonly Effect[]) => inWords(effects).filter((one) => !one.endsWith(' to activate'));
    expect(inWords(story.rounds(5))).toEqual([]);
    expect(inWords(story.rounds(1))).toEqual(['page failback-due']);
    expect(besides(story.rounds(705))).toEqual([]);
    const hour = story.rounds(20);
    expect(besides(hour)).toEqual(['page activation/1', 'page failback-due']);
    expect(
      only(hour, 'page').map((one) => [one.notice.repeat, one.notice.summary.includes('still, after 1 h')]),
    ).toEqual([
      [1, true],
      [1, true],
    ]);
    expect(story.state).toMatchObject({ phase: 'active', standbys: { knot: { frozen: 1 } } });
  });

  it('asks nobody to fail back, again and again, while all of DNS is still down', () => {
    const story = outage();
    const told = inWords(story.rounds(60, { a: 'gone', b: 'gone' })).filter((one) => one.includes('failback-due'));
    expect(told).toEqual([]);
    expect(inWords(story.rounds(12)).filter((one) => one.includes('failback-due'))).toEqual(['page failback-due']);
  });

  it('gives back on an order: a fresh capture, published with deletes, then watching, then resolved', () => {
    const story = outage();
    story.rounds(6);
    expect(story.operator('failback').status).toBe('accepted');
    expect(inWords(story.effects)).toEqual([
      'resolve failback-due',
      `capture from ${dnsA} ${dnsB}`,
      'accepted',
      'publish knot 4 deletes allowed to failback',
      'resolve activation/1',
    ]);
    expect(story.state).toMatchObject({
      phase: 'watching',
      activation: null,
      standbys: { knot: { frozen: 0, snapshot: 4 } },
    });
    expect(story.state.transitions.slice(-2).map(({ to, by }) => [to, by])).toEqual([
      ['recovering', 'ada'],
      ['watching', null],
    ]);
  });

  it('refuses a failback while it sees an outage', () => {
    const story = outage();
    expect(story.operator('failback')).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('the API server is down'),
    });
    expect(story.operator('failback', { force: true })).toMatchObject({ status: 'refused', canForce: false });
  });

  it('refuses a failback until the API server has been healthy for long enough, and says what is known', () => {
    const story = outage();
    story.rounds(1);
    expect(story.operator('failback')).toMatchObject({
      status: 'refused',
      canForce: true,
      reason: expect.stringContaining('the API server is healthy for 1 of 6 rounds'),
    });
    story.rounds(4);
    expect(story.operator('failback').reason).toContain('healthy for 5 of 6 rounds');
    story.rounds(1);
    expect(story.operator('failback').status).toBe('accepted');
  });

  it('refuses a failback while nothing is known of the API server, and says since when', () => {
    const story = outage();
    const since = story.now + 5000;
    story.rounds(12, { api: 'credential' });
    const { status, reason } = story.operator('failback');
    expect(status).toBe('refused');
    expect(reason).toContain(`nothing is known of the API server since ${new Date(since).toISOString()}, for 55 s`);
    expect(story.state.phase).toBe('active');
    expect(new Story().operator('failback').reason).toContain('nothing to give back');
  });

  it('refuses a failback of a DNS outage until one replica has been healthy for long enough', () => {
    const story = new Story();
    story.rounds(10);
    story.rounds(4, { a: 'gone', b: 'gone' });
    story.rounds(2, { b: 'gone' });
    expect(story.state).toMatchObject({ phase: 'active', cause: 'dns' });
    expect(story.operator('failback').reason).toContain(`CoreDNS ${dnsA} is healthy for 2 of 6 rounds`);
    expect(story.operator('failback', { force: true }).status).toBe('accepted');
  });

  it('fails back early when that is forced, keeps it in the history, and tells what may follow', () => {
    const story = outage();
    story.rounds(1);
    expect(story.operator('failback', { force: true })).toMatchObject({
      status: 'accepted',
      reason: expect.stringContaining('forced although the API server is healthy for 1 of 6 rounds'),
    });
    expect(story.state.transitions.find(({ to }) => to === 'recovering')).toMatchObject({
      by: 'ada',
      reason: expect.stringContaining('forced although the API server is healthy for 1 of 6 rounds: exercise'),
    });

    const fenced = new Story({}, false);
    fenced.tell({ kind: 'marker-read', standby: 'knot', activation: 4, freeze: 'frozen by activation 4 of other' });
    fenced.rounds(6);
    fenced.rounds(1, { api: 'gone' });
    expect(fenced.operator('failback').reason).toContain('the API server is down');
    expect(fenced.operator('failback', { force: true }).reason).toMatch(/the API server is down.*a new activation/);
  });

  it('gives back without deletes when it knows nothing', () => {
    const story = outage();
    story.rounds(1, { api: 'uplink' });
    expect(story.operator('failback', { force: true }).status).toBe('accepted');
    expect(inWords(story.effects)).toContain('publish knot 4 deletes held to failback');
  });

  it('gives back by itself where the policy says so, and opens a newer activation when that was too early', () => {
    const story = outage({ failback: 'automatic', standbys: ['knot', 'bind'] });
    expect(inWords(story.rounds(6))).toEqual([
      `capture from ${dnsA} ${dnsB}`,
      'publish knot 4 deletes allowed to failback',
      'publish bind 4 deletes allowed to failback',
      'resolve activation/1',
    ]);
    expect(story.state.phase).toBe('watching');

    const early = new Story({ failback: 'automatic' }, false);
    early.rounds(3);
    early.operator('hold');
    early.operator('release');
    early.rounds(3, { api: 'gone' });
    early.rounds(6);
    expect(early.state.phase).toBe('recovering');
    early.rounds(3, { api: 'gone' });
    expect(early.state.activation?.number).toBe(2);
    expect(early.phases.slice(-4)).toEqual(['active', 'recovering', 'confirmed', 'active']);
  });

  it('never gives back what a person failed over, by itself', () => {
    const story = new Story({ failback: 'automatic' });
    story.rounds(20);
    story.operator('failover');
    story.rounds(100);
    expect(story.state).toMatchObject({ phase: 'active', cause: 'operator' });
  });

  it('holds itself after too many activations within an hour, and pages', () => {
    const story = new Story({ failback: 'automatic' });
    story.rounds(10);
    for (let i = 0; i < 4; i++) {
      story.rounds(4, { api: 'gone' });
      story.rounds(8);
    }
    expect(story.state.phase).toBe('held');
    expect(story.open).toEqual(['held']);
    expect(only(story.all, 'page').at(-1)?.notice).toMatchObject({
      severity: 'critical',
      summary: expect.stringContaining('the limit is 3'),
    });
    const quiet = story.rounds(100, { api: 'gone' });
    expect(quiet.filter((effect) => effect.kind !== 'page')).toEqual([]);
    expect(story.operator('release').status).toBe('accepted');
    story.rounds(6);
    expect([story.state.phase, story.open]).toEqual(['watching', []]);
  });

  it('deletes nothing on the way back while all of DNS is bad', () => {
    const story = new Story({}, false);
    story.rounds(3);
    story.operator('failover');
    story.rounds(6);
    story.tell({ kind: 'restarted' });
    story.operator('failback');
    const capture = only(story.all, 'capture').at(-1) ?? expect.fail();
    const [first] = only(story.tell({ kind: 'captured', effect: capture, snapshot: 1 }), 'publish');
    expect(first).toMatchObject({ deletes: 'allowed', intent: { kind: 'failback' } });
    story.tell({ kind: 'publish-failed', effect: first ?? expect.fail(), status: 'fault', reason: 'no route' });
    const [second] = only(story.rounds(1, { a: 'gone', b: 'gone' }), 'publish');
    expect(second).toMatchObject({ deletes: 'held', intent: { kind: 'failback' } });
  });

  it('leaves a frozen standby alone when DNS fails in the middle of the failback', () => {
    const story = new Story({}, false);
    story.rounds(3);
    story.operator('failover');
    const final = only(story.all, 'capture').at(-1) ?? expect.fail();
    const [freezing] = only(story.tell({ kind: 'captured', effect: final, snapshot: 1 }), 'publish');
    story.tell({ kind: 'published', effect: freezing ?? expect.fail(), heldDeletes: 0, activation: 1 });
    story.rounds(3);
    story.operator('failback');
    story.rounds(3, { a: 'gone', b: 'gone' });
    expect(story.state).toMatchObject({ phase: 'active', cause: 'dns', standbys: { knot: { frozen: 1 } } });
    const late = only(story.all, 'capture').at(-1) ?? expect.fail();
    expect(inWords(only(story.tell({ kind: 'captured', effect: late, snapshot: 2 }), 'publish'))).toEqual([]);
    story.rounds(6);
    expect(story.state.phase).toBe('recovering');
    const fresh = only(story.all, 'capture').at(-1) ?? expect.fail();
    expect(inWords(story.tell({ kind: 'captured', effect: fresh, snapshot: 3 }))).toEqual([
      'publish knot 3 deletes allowed to failback',
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import type { CaptureEffect, Effect, PublishEffect } from '../../../../functions/decision/machine/effect.ts';
import { dnsA, dnsB, inWords, only, Story } from '../story.ts';

describe('an operator', () => {
  it('fails over from any phase, whatever is known', () => {
    const unknown = new Story();
    unknown.rounds(3, { api: 'uplink', a: 'uplink', b: 'uplink' });
    expect(unknown.operator('failover').status).toBe('accepted');
    expect(inWords(unknown.effects)).toEqual(['page activation/1', 'freeze knot 1', 'accepted']);

    const story = new Story();
    story.rounds(10);
    expect(story.operator('failover').status).toBe('accepted');
    expect(inWords(story.effects)).toEqual([
      'page activation/1',
      `capture final from ${dnsA} ${dnsB}`,
      'accepted',
      'publish knot 2 deletes held to activate',
    ]);
    expect(only(story.effects, 'page')[0]?.notice.summary).toContain('ada failed over: exercise');
    story.now += 1;
    story.operator('failover');
    expect(inWords(story.effects)).toContain('publish knot 3 deletes held to activate');
    expect(story.state).toMatchObject({ activation: { number: 2, by: 'ada' }, standbys: { knot: { frozen: 2 } } });
    story.operator('hold');
    expect(story.operator('failover').reason).toContain('the hold is lifted');
    expect(story.state).toMatchObject({ phase: 'active', activation: { number: 3 } });
  });

  it('holds everything but probes and pages', () => {
    const story = new Story();
    story.rounds(10);
    expect(story.operator('hold').status).toBe('accepted');
    const effects = story.rounds(50, { api: 'gone' });
    expect(inWords(effects)).toEqual(['page outage-in-hold']);
    expect(story.state.phase).toBe('held');
    expect(story.operator('hold')).toMatchObject({
      status: 'accepted',
      reason: expect.stringContaining('ada holds: exercise'),
    });
    expect(story.operator('release').status).toBe('accepted');
    story.rounds(3, { api: 'gone' });
    expect(story.state.phase).toBe('active');
    story.operator('hold');
    story.operator('release');
    expect(story.state.phase).toBe('active');
  });

  it('tells an outage in a hold once, though the API server comes and goes in it', () => {
    const story = new Story();
    story.rounds(12);
    story.operator('hold', { forMs: 3_600_000 });
    expect(inWords(story.rounds(13, { api: 'gone' }))).toEqual(['page outage-in-hold']);
    for (let i = 0; i < 30; i++) {
      expect(inWords(story.rounds(1, { api: 'shutdown' }))).toEqual([]);
      expect(inWords(story.rounds(1, { api: 'gone' }))).toEqual([]);
    }
    expect(inWords(story.rounds(12))).toEqual(['resolve outage-in-hold']);
  });

  it('holds for a time: a restart inside opens nothing, and it ends by itself, which is told', () => {
    const story = new Story();
    story.rounds(20);
    const end = story.now + 600_000;
    expect(story.operator('hold', { forMs: 600_000 })).toMatchObject({
      status: 'accepted',
      reason: expect.stringContaining(`for 10 min until ${new Date(end).toISOString()}`),
    });
    expect(inWords(story.effects)).toEqual(['page hold', 'accepted']);
    expect(only(story.effects, 'page')[0]?.notice.severity).toBe('info');
    expect(story.state.holdUntil).toBe(end);
    expect(inWords(story.rounds(8, { api: 'gone' }))).toEqual(['page outage-in-hold']);
    expect(inWords(story.rounds(111))).toEqual(['resolve outage-in-hold']);
    const ended = story.rounds(1);
    expect(inWords(only(ended, 'resolve'))).toEqual(['resolve hold']);
    expect(only(ended, 'resolve')[0]?.notice.whatLifeboatDid).toContain('the hold has ended by itself after 10 min');
    expect(story.state).toMatchObject({ phase: 'watching', holdUntil: null, activation: null });
    expect(story.state.transitions.at(-1)).toMatchObject({ from: 'held', to: 'watching', by: null });
    expect(only(story.all, 'freeze')).toEqual([]);
  });

  it('does not resolve the page of an outage in a hold before an activation tells of it', () => {
    const story = new Story();
    story.rounds(20);
    story.operator('hold', { forMs: 60_000 });
    const words = inWords(story.rounds(16, { api: 'gone' })).filter((one) => /^(page|resolve)/.test(one));
    expect(words).toEqual(['page outage-in-hold', 'resolve hold', 'page activation/1', 'resolve outage-in-hold']);
  });

  it('ends a hold without a round, treats what is bad then as an outage, and goes back to an open activation', () => {
    const bad = new Story();
    bad.rounds(20);
    bad.operator('hold', { forMs: 60_000 });
    bad.rounds(14, { api: 'gone' });
    expect(bad.state.phase).toBe('active');

    const open = new Story();
    open.rounds(20);
    open.operator('failover');
    open.operator('hold', { forMs: 60_000 });
    open.wait(59_999);
    expect(open.state.phase).toBe('held');
    open.wait(1);
    expect(open.state).toMatchObject({ phase: 'active', activation: { number: 1 } });
  });

  it('takes another end for a hold, and none for a hold of the machine', () => {
    const story = new Story();
    story.rounds(20);
    story.operator('hold', { forMs: 60_000 });
    story.wait(30_000);
    story.operator('hold', { forMs: 120_000 });
    expect(story.state.holdUntil).toBe(story.now + 120_000);
    expect(story.operator('hold').reason).toContain('until `release`');
    expect(story.state.holdUntil).toBe(null);
    story.wait(3_600_000);
    expect(story.state.phase).toBe('held');
    story.operator('hold', { forMs: 60_000 });
    story.operator('release');
    expect(story.state.holdUntil).toBe(null);

    const stopped = new Story({ maxActivationsPerHour: 1, failback: 'automatic' });
    stopped.rounds(10);
    for (let i = 0; i < 2; i++) {
      stopped.rounds(4, { api: 'gone' });
      stopped.rounds(8);
    }
    expect(stopped.operator('hold', { forMs: 60_000 })).toMatchObject({ status: 'refused' });
    stopped.wait(120_000);
    expect(stopped.state.phase).toBe('held');
  });

  it('is as long as it was to be when the clock is set back', () => {
    const story = new Story();
    story.rounds(20);
    story.operator('hold', { forMs: 600_000 });
    story.wait(300_000);
    story.now -= 86_400_000;
    story.wait(0);
    expect(story.state.holdUntil).toBe(story.now + 600_000);
    story.wait(600_000);
    expect(story.state.phase).toBe('watching');
  });

  it('is reminded of a hold without an end after 4 hours, and not of one that has an end', () => {
    const story = new Story();
    story.rounds(20);
    story.operator('hold');
    story.wait(4 * 3_600_000 - 1);
    expect(story.open).not.toContain('hold-forgotten');
    expect(inWords(story.wait(1))).toEqual(['page hold-forgotten']);
    expect(inWords(story.wait(3_600_000))).toContain('page hold-forgotten');
    story.operator('hold', { forMs: 5 * 3_600_000 });
    expect(inWords(story.effects)).toEqual(['page hold', 'resolve hold-forgotten', 'accepted']);
    story.wait(4.5 * 3_600_000);
    expect(story.open).not.toContain('hold-forgotten');
  });

  it('is told that a failover of its own waits, when the API server has been healthy for 15 minutes', () => {
    const story = new Story({ failback: 'automatic' });
    story.rounds(20);
    story.operator('failover');
    story.rounds(179);
    expect(story.open).toEqual(['activation/1']);
    expect(inWords(story.rounds(1))).toEqual(['page failback-due']);
    expect(only(story.effects, 'page')[0]?.notice).toMatchObject({
      severity: 'warning',
      summary: expect.stringContaining('activation 1, opened by hand, waits for your failback'),
    });
    story.rounds(3, { api: 'gone' });
    expect(story.open).toEqual(['activation/1']);
    story.rounds(179);
    expect(story.open).toEqual(['activation/1']);
    story.rounds(2);
    expect(story.open).toEqual(['activation/1', 'failback-due']);
    expect(story.operator('failback').status).toBe('accepted');
    expect(story.open).toEqual([]);
  });

  it('is refused what makes no sense', () => {
    const story = new Story();
    story.rounds(10);
    expect(story.operator('failback')).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('nothing to give back'),
    });
    expect(story.operator('release')).toMatchObject({ status: 'refused', reason: expect.stringContaining('watching') });
  });

  it('takes a zone over that somebody else froze, which the machine itself never does', () => {
    const story = new Story({}, false);
    const capture = only(story.rounds(13), 'capture').at(-1) ?? expect.fail();
    const publishOf = (effects: readonly Effect[]): PublishEffect => only(effects, 'publish').at(-1) ?? expect.fail();
    const peace = publishOf(story.tell({ kind: 'captured', effect: capture, snapshot: 1 }));
    story.tell({
      kind: 'publish-failed',
      effect: peace,
      status: 'frozen',
      reason: 'frozen by activation 4 of other',
      activation: 4,
    });
    expect(story.open).toEqual(['fenced/knot']);
    expect(inWords(only(story.rounds(20), 'publish'))).toEqual(['publish knot 1 deletes held to publish']);
    expect(story.operator('failback').status).toBe('accepted');
    story.tell({ kind: 'restarted' });
    const fresh: CaptureEffect = only(story.all, 'capture').at(-1) ?? expect.fail();
    const taking = publishOf(story.tell({ kind: 'captured', effect: fresh, snapshot: 2 }));
    expect(taking.intent).toEqual({ kind: 'failback' });
    story.tell({ kind: 'published', effect: taking, heldDeletes: 0, activation: 4 });
    expect([story.state.phase, story.open]).toEqual(['watching', []]);
    story.operator('failover');
    expect(story.state.activation?.number).toBe(5);
  });
});

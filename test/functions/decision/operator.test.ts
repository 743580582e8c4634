import { describe, expect, it } from 'vitest';
import type { CaptureEffect, Effect, PublishEffect } from '../../../functions/decision/effect.ts';
import { dnsA, dnsB, inWords, only, Story } from './story.ts';

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

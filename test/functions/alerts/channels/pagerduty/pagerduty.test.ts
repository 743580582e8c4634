// The channel to PagerDuty against a stand-in that checks PagerDuty's rules, through real fetch on loopback.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAlert } from '../../../../../functions/alerts/alert.ts';
import type { Notice } from '../../../../../functions/model/notice.ts';
import { type PagerDutyReceiver, startPagerDutyReceiver } from '../../../../../lab/processes/pagerduty-receiver.ts';
import { deliveryOf } from '../../../../conformance/channel.ts';
import { realClock } from '../../../../fakes/real-deps.ts';
import { type PagerDutyValues, pagerdutyOf, sendFirst } from '../make.ts';

let receiver: PagerDutyReceiver;
beforeEach(async () => {
  receiver = await startPagerDutyReceiver();
});
afterEach(() => receiver.close());

const channel = (changes: Partial<PagerDutyValues> = {}) =>
  pagerdutyOf(
    { fetch: (url, init) => fetch(url, init), clock: realClock },
    {
      url: receiver.url,
      routingKey: receiver.routingKey,
      timeoutMs: 5000,
      pageOrigin: 'https://lifeboat.example',
      ...changes,
    },
  );

const send = (action: 'trigger' | 'resolve', changes: Partial<Notice> = {}) =>
  sendFirst(channel(), deliveryOf(action, changes));

describe('an incident', () => {
  it('is triggered, reminded of and resolved under one key', async () => {
    for (const repeat of [0, 1]) expect(await send('trigger', { repeat })).toEqual({ status: 'delivered' });
    expect(await receiver.paged('prod/activation/1')).toMatchObject({
      severity: 'critical',
      source: 'prod',
      customDetails: { 'what to run next': 'npx lifeboat status' },
      links: [{ href: 'https://lifeboat.example/clusters/prod' }],
    });
    expect(receiver.incidents).toMatchObject([{ status: 'triggered', triggers: 2 }]);
    expect(await send('resolve')).toEqual({ status: 'delivered' });
    expect(await receiver.resolved('prod/activation/1')).toMatchObject({ triggers: 2 });
  });

  it('is a new one when it comes again', async () => {
    for (const action of ['trigger', 'resolve', 'trigger'] as const) await send(action);
    expect(receiver.incidents.map(({ status }) => status)).toEqual(['resolved', 'triggered']);
  });

  it('may be resolved though PagerDuty does not know it', async () => {
    expect(await send('resolve')).toEqual({ status: 'delivered' });
    expect(receiver.incidents).toEqual([]);
  });

  it('stays apart from another one whose key begins alike, however long', async () => {
    const keys = ['a', 'b'].map((end) => `prod/publish/zonefile ${'x'.repeat(400)}${end}`);
    for (const dedupKey of keys) await send('trigger', { dedupKey });
    await send('resolve', { dedupKey: keys[1] ?? '' });
    expect(receiver.incidents.map(({ status }) => status)).toEqual(['triggered', 'resolved']);
    expect(receiver.refusals).toEqual([]);
  });

  it('is within every limit when the alert is at its own', async () => {
    const long = '🚣\u0000"'.repeat(2000);
    const alert = createAlert('trigger', {
      ...deliveryOf('trigger').alert,
      dedupKey: long,
      summary: long,
      whatIsWrong: long,
      whatLifeboatDid: long,
      whatToRunNext: long,
      seenFrom: Array.from({ length: 40 }, () => long),
    });
    expect(await sendFirst(channel(), { ...deliveryOf('trigger'), alert })).toEqual({ status: 'delivered' });
    expect(receiver.refusals).toEqual([]);
  });

  it.each(['critical', 'warning', 'info'] as const)('has the severity %s at PagerDuty too', async (severity) => {
    await send('trigger', { severity });
    expect(receiver.incidents).toMatchObject([{ severity }]);
  });
});

describe('trouble', () => {
  it('passes on how long to wait', async () => {
    receiver.behave({ kind: 'busy', retryAfterSeconds: 120 });
    expect(await send('trigger')).toMatchObject({ status: 'retry', afterMs: 120_000 });
    receiver.behave({ kind: 'busy' });
    expect(await send('trigger')).toEqual({ status: 'retry', reason: expect.stringContaining('answered 429') });
  });

  it('tries again when PagerDuty is broken, cuts the connection or is silent', async () => {
    receiver.behave({ kind: 'broken' });
    expect(await send('trigger')).toMatchObject({ status: 'retry', reason: expect.stringContaining('500') });
    receiver.behave({ kind: 'cut' });
    expect(await send('trigger')).toMatchObject({ status: 'retry', reason: expect.stringContaining('reached') });
    receiver.behave({ kind: 'hang' });
    expect(await sendFirst(channel({ timeoutMs: 100 }), deliveryOf('trigger'))).toMatchObject({
      status: 'retry',
      reason: expect.stringContaining('within 100 ms'),
    });
  });

  it("gives PagerDuty's own words for what it rejects", async () => {
    const wrong = channel({ routingKey: 'x'.repeat(32) });
    expect(await sendFirst(wrong, deliveryOf('trigger'))).toEqual({
      status: 'rejected',
      reason: expect.stringMatching(
        /^pagerduty oncall at \S+ answered 400: Event object is invalid; Invalid routing key$/,
      ),
    });
    expect(receiver.incidents).toEqual([]);
  });

  it('takes an answer that is not 202 for somebody else', async () => {
    const other = pagerdutyOf(
      { fetch: async () => new Response('welcome'), clock: realClock },
      { url: receiver.url, routingKey: receiver.routingKey, timeoutMs: 1000 },
    );
    expect(await sendFirst(other, deliveryOf('trigger'))).toMatchObject({ status: 'retry' });
  });
});

describe('the routing key', () => {
  it.each([
    ['', /has 0 characters/],
    ['x'.repeat(31), /has 31 characters/],
    ['x'.repeat(33), /has 33 characters/],
    [`${'x'.repeat(32)}\n`, /white space/],
    [`${'x'.repeat(16)} ${'y'.repeat(15)}`, /white space/],
  ])('%j is refused without being shown', (routingKey, words) => {
    const make = () => channel({ routingKey });
    expect(make).toThrow(expect.objectContaining({ code: 'config', message: expect.stringMatching(words) }));
    expect(make).not.toThrow(/x{4}/);
  });

  it('is in no reason and no event but its own member, in no spelling', async () => {
    const { routingKey } = receiver;
    const hex = Buffer.from(routingKey).toString('hex');
    const said = {
      message: `no ${routingKey}`,
      errors: ['x'.repeat(175), routingKey.toLowerCase(), hex, encodeURIComponent(routingKey)],
    };
    const reasons: unknown[] = [];
    for (const body of [JSON.stringify(said), `<p>${routingKey}</p>`, 'null', '{"errors":{}}', '[1]']) {
      const rejecting = pagerdutyOf(
        { fetch: async () => new Response(body, { status: 400 }), clock: realClock },
        { url: `https://pager.example/${routingKey}`, routingKey, timeoutMs: 1000 },
      );
      reasons.push(await sendFirst(rejecting, deliveryOf('trigger')));
    }
    const failing = pagerdutyOf(
      { fetch: () => Promise.reject(new TypeError(`${routingKey}`)), clock: realClock },
      { url: 'https://pager.example/', routingKey, timeoutMs: 1000 },
    );
    reasons.push(await sendFirst(failing, deliveryOf('trigger')));
    // Not even the start of it, where a long answer is cut.
    expect(JSON.stringify(reasons).toLowerCase()).not.toContain(routingKey.toLowerCase().slice(0, 8));
    expect(JSON.stringify(reasons)).not.toContain(hex);
    await send('trigger');
    expect(JSON.stringify(receiver.events)).not.toContain(routingKey);
  });
});

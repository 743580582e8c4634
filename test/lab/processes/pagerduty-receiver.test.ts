// The stand-in for PagerDuty is as strict as PagerDuty: what it lets through, or not.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type PagerDutyReceiver, startPagerDutyReceiver } from '../../../lab/processes/pagerduty-receiver.ts';

let receiver: PagerDutyReceiver;
beforeEach(async () => {
  receiver = await startPagerDutyReceiver();
});
afterEach(() => receiver.close());

const payload = { summary: 'down', source: 'prod', severity: 'critical' };
const post = (event: unknown, init: RequestInit = {}, path = receiver.url) =>
  fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
    ...init,
  });
const eventWith = (changes: Readonly<Record<string, unknown>> = {}) => ({
  routing_key: receiver.routingKey,
  event_action: 'trigger',
  dedup_key: 'a',
  payload,
  ...changes,
});

it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
  ['no routing key', { routing_key: undefined }, /'routing_key' is missing/],
  ['a short routing key', { routing_key: 'abc' }, /should be 32 characters/],
  ['an unknown routing key', { routing_key: 'x'.repeat(32) }, /Invalid routing key/],
  ['an action that there is not', { event_action: 'shout' }, /'event_action'/],
  ['a long dedup key', { dedup_key: 'k'.repeat(256) }, /'dedup_key' is too long/],
  ['a resolve without dedup key', { event_action: 'resolve', dedup_key: undefined }, /'dedup_key' is missing/],
  ['a trigger without payload', { payload: undefined }, /'payload' is missing/],
  ['an empty summary', { payload: { ...payload, summary: ' ' } }, /'payload.summary' is missing/],
  ['a long summary', { payload: { ...payload, summary: 's'.repeat(1025) } }, /'payload.summary' is too long/],
  ['no source', { payload: { ...payload, source: undefined } }, /'payload.source'/],
  ['a severity that there is not', { payload: { ...payload, severity: 'fatal' } }, /'payload.severity'/],
  ['a time that is none', { payload: { ...payload, timestamp: 'yesterday' } }, /'payload.timestamp'/],
  ['a class that is no text', { payload: { ...payload, class: 7 } }, /'payload.class'/],
  ['details that are a text', { payload: { ...payload, custom_details: 'x' } }, /'payload.custom_details'/],
  ['a link without address', { links: [{ text: 'x' }] }, /'links'/],
])('refuses %s', async (_, changes, words) => {
  const response = await post(eventWith(changes));
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ status: 'invalid event', errors: [expect.stringMatching(words)] });
  expect(receiver.refusals).toHaveLength(1);
  expect(receiver.events).toEqual([]);
});

it('refuses what is no event at all', async () => {
  const refused = await Promise.all([
    post(eventWith(), {}, receiver.url.replace('/v2/enqueue', '/v1/enqueue')),
    post(eventWith(), { method: 'PUT' }),
    post(eventWith(), { headers: { 'content-type': 'text/plain' } }),
    post(eventWith(), { body: '{' }),
    post(eventWith({ client: '\ud83d' })),
    post([]),
    post(eventWith({ client: 'x'.repeat(512 * 1024) })),
  ]);
  expect(refused.map(({ status }) => status)).toEqual([404, 405, 400, 400, 400, 400, 413]);
});

it('answers as PagerDuty does, and makes a key where there is none', async () => {
  const response = await post(eventWith());
  expect(response.status).toBe(202);
  expect(await response.json()).toEqual({ status: 'success', message: 'Event processed', dedup_key: 'a' });
  expect(await (await post(eventWith({ dedup_key: undefined }))).json()).toMatchObject({
    dedup_key: expect.stringMatching(/.+/),
  });
  expect((await post(eventWith({ event_action: 'resolve', dedup_key: 'never seen', payload: undefined }))).status).toBe(
    202,
  );
  expect(receiver.incidents).toHaveLength(2);
});

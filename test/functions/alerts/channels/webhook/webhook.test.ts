import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAlert } from '../../../../../functions/alerts/alert.ts';
import { signWebhook } from '../../../../../functions/alerts/channels/webhook/webhook.ts';
import type { Delivery } from '../../../../../functions/alerts/delivery.ts';
import { realClock } from '../../../../fakes/real-deps.ts';
import { fieldsOf } from '../../sample.ts';
import { sendFirst, type WebhookValues, webhookOf } from '../make.ts';

const key = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const delivery: Delivery = {
  id: 'prod-abc-1',
  channel: 'oncall',
  alert: createAlert('trigger', fieldsOf('prod/activation/1')),
  enqueuedAt: 0,
  failures: 0,
  notBefore: 0,
  claim: null,
  lastFailure: '',
};

interface Seen {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly url: string;
}

describe('the webhook', () => {
  let server: Server;
  let seen: Seen[];
  let answer: (response: ServerResponse) => void;
  beforeEach(async () => {
    seen = [];
    answer = (response) => response.writeHead(204).end();
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      seen.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8'), url: request.url ?? '' });
      answer(response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  const first = (): Seen => seen[0] ?? { headers: {}, body: '', url: '' };
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const channel = (changes: Partial<WebhookValues> = {}) =>
    webhookOf(
      { fetch: (url, init) => fetch(url, init), clock: realClock },
      {
        url: `${address()}/hooks/path-secret?token=query-secret`,
        secret: `whsec_${key}`,
        timeoutMs: 2000,
        ...changes,
      },
    );

  it('posts JSON that a receiver can verify as Standard Webhooks says', async () => {
    expect(await sendFirst(channel(), delivery)).toEqual({ status: 'delivered' });
    const { headers, body, url } = first();
    expect(url).toBe('/hooks/path-secret?token=query-secret');
    expect(headers['content-type']).toBe('application/json');
    expect(headers['webhook-id']).toBe('prod-abc-1');
    expect(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(5);
    const mac = createHmac('sha256', Buffer.from(key, 'base64')).update(
      `prod-abc-1.${headers['webhook-timestamp']}.${body}`,
    );
    expect(headers['webhook-signature']).toBe(`v1,${mac.digest('base64')}`);
    expect(JSON.parse(body)).toEqual({
      type: 'lifeboat.alert.trigger',
      timestamp: '2023-11-14T22:13:25.000Z',
      data: { ...delivery.alert, at: '2023-11-14T22:13:25.000Z', since: '2023-11-14T22:13:20.000Z' },
    });
  });

  it('carries a link to the page of the cluster, where there is one', async () => {
    await sendFirst(channel({ pageOrigin: 'https://lifeboat.example' }), delivery);
    expect(JSON.parse(first().body)).toMatchObject({ data: { link: 'https://lifeboat.example/clusters/prod' } });
  });

  it('signs with a plain text as key, too', async () => {
    await sendFirst(channel({ secret: 'plain words' }), delivery);
    const { headers, body } = first();
    const mac = createHmac('sha256', 'plain words').update(`prod-abc-1.${headers['webhook-timestamp']}.${body}`);
    expect(headers['webhook-signature']).toBe(`v1,${mac.digest('base64')}`);
  });

  it('does not follow a redirect', async () => {
    answer = (response) => response.writeHead(307, { location: `${address()}/elsewhere` }).end();
    expect(await sendFirst(channel(), delivery)).toMatchObject({
      status: 'rejected',
      reason: expect.stringContaining('redirects'),
    });
    expect(seen).toHaveLength(1);
  });

  it('gives up at its deadline, and says so', async () => {
    answer = () => {};
    const startedAt = Date.now();
    const result = await sendFirst(channel({ timeoutMs: 100 }), delivery);
    expect(result).toMatchObject({ status: 'retry', reason: expect.stringContaining('did not answer within 100 ms') });
    expect(Date.now() - startedAt).toBeLessThan(1000);
  });

  it('does not wait for the end of an answer', async () => {
    answer = (response) => response.writeHead(200).write('it goes on and on');
    expect(await sendFirst(channel({ timeoutMs: 1000 }), delivery)).toEqual({ status: 'delivered' });
  });

  it('tries again when nobody listens', async () => {
    const unused = createServer().listen(0, '127.0.0.1');
    await once(unused, 'listening');
    const { port } = unused.address() as AddressInfo;
    unused.close();
    await once(unused, 'close');
    const result = await sendFirst(channel({ url: `http://127.0.0.1:${port}/` }), delivery);
    expect(result).toMatchObject({ status: 'retry', reason: expect.stringContaining('ECONNREFUSED') });
  });

  it('passes on how long to wait', async () => {
    answer = (response) => response.writeHead(429, { 'retry-after': '17' }).end();
    expect(await sendFirst(channel(), delivery)).toMatchObject({ status: 'retry', afterMs: 17_000 });
  });

  it('never shows its key or its address, whatever happens', async () => {
    const results = [];
    for (const status of [400, 401, 410, 429, 500, 302]) {
      answer = (response) => response.writeHead(status).end(key);
      results.push(await sendFirst(channel(), delivery));
    }
    const failing = webhookOf(
      { fetch: (url) => Promise.reject(new TypeError(`cannot fetch ${url} with ${key}`)), clock: realClock },
      {
        url: `${address()}/hooks/path-secret?token=query-secret`,
        secret: `whsec_${key}`,
        timeoutMs: 100,
      },
    );
    results.push(await sendFirst(failing, delivery));
    const shown = JSON.stringify([results, seen]);
    expect(JSON.stringify(results)).not.toMatch(/path-secret|query-secret/);
    expect(shown).not.toContain(key);
    expect(() => channel({ secret: 'whsec_not base64!' })).toThrow(expect.objectContaining({ code: 'config' }));
    expect(() => channel({ secret: 'whsec_not base64!' })).not.toThrow(/not base64/);
  });
});

describe('signWebhook', () => {
  it('is HMAC-SHA256 over id, timestamp and body', async () => {
    const bytes = Uint8Array.from(Buffer.from(key, 'base64'));
    const signature = await signWebhook(bytes, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}');
    // The example of the specification's reference implementations.
    expect(signature).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });
});

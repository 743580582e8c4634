// What goes to PagerDuty, byte by byte; on Node and in workerd. How it is answered: pagerduty.test.ts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../../../../functions/alerts/alert.ts';
import { dedupKeyOf } from '../../../../../functions/alerts/channels/pagerduty/event.ts';
import { deliveryOf } from '../../../../conformance/channel.ts';
import { realClock } from '../../../../fakes/real-deps.ts';
import { type PagerDutyValues, pagerdutyOf, sendFirst } from '../make.ts';

const routingKey = 'R0F1R2S3T4U5V6W7X8Y9Z0A1B2C3D4E5';
const url = 'https://events.pagerduty.com/v2/enqueue';
const delivery = deliveryOf('trigger');
const maxBytes = 512_000;

interface Event {
  readonly routing_key: string;
  readonly event_action: string;
  readonly dedup_key: string;
  readonly payload: {
    readonly summary: string;
    readonly component: string;
    readonly class: string;
    readonly custom_details: Readonly<Record<string, string>>;
  };
}

async function bodyOf(alert: Partial<Alert>, changes: Partial<PagerDutyValues> = {}): Promise<string> {
  let body = '';
  const channel = pagerdutyOf(
    {
      fetch: async (_url, init) => {
        body = String(init.body);
        return new Response(null, { status: 202 });
      },
      clock: realClock,
    },
    { url, routingKey, timeoutMs: 1000, ...changes },
  );
  expect(await sendFirst(channel, { ...delivery, alert: { ...delivery.alert, ...alert } })).toEqual({
    status: 'delivered',
  });
  return body;
}

const eventOf = async (alert: Partial<Alert>): Promise<Event> => JSON.parse(await bodyOf(alert)) as Event;

describe('an event', () => {
  it('says what a person who was woken up needs', async () => {
    const body = await bodyOf({ repeat: 2 }, { pageOrigin: 'https://lifeboat.example' });
    expect(JSON.parse(body)).toEqual({
      routing_key: routingKey,
      event_action: 'trigger',
      dedup_key: 'prod/activation/1',
      client: 'Lifeboat',
      client_url: 'https://lifeboat.example/clusters/prod',
      links: [{ href: 'https://lifeboat.example/clusters/prod', text: "Lifeboat's page of prod" }],
      payload: {
        summary: 'summary of prod/activation/1',
        source: 'prod',
        severity: 'critical',
        timestamp: '2023-11-14T22:13:25.000Z',
        component: 'activation/1',
        group: 'prod',
        class: 'activation',
        custom_details: {
          'what is wrong': 'the API server is down',
          'what Lifeboat did': 'recorded it',
          'what to run next': 'npx lifeboat status',
          since: '2023-11-14T22:13:20.000Z (5 s when this was written)',
          'seen from': 'local',
          incident: 'prod/activation/1',
          reminder: '2',
        },
      },
    });
  });

  it('has no link where the page has no address', async () => {
    const body = await bodyOf({});
    expect(body).not.toMatch(/"links"|"client_url"/);
  });

  it('names the part that is wrong', async () => {
    const { payload } = await eventOf({ dedupKey: 'prod/dns/10.0.0.10:53' });
    expect(payload).toMatchObject({ component: 'dns/10.0.0.10:53', class: 'dns' });
  });

  it('has a summary of 1 to 1024 characters on one line, whatever was written', async () => {
    const { payload } = await eventOf({ summary: `${'s'.repeat(1022)}🚣🚣 and more` });
    expect(payload.summary).toBe(`${'s'.repeat(1022)}…`);
    for (const summary of ['', ' \n ', '\u0000']) {
      expect((await eventOf({ summary })).payload.summary).toBe('[prod] an alert without words');
    }
    expect((await eventOf({ summary: 'one\n two\u0007' })).payload.summary).toBe('one two');
  });

  it('keeps the line breaks of evidence', async () => {
    const { payload } = await eventOf({ whatIsWrong: 'one\ntwo' });
    expect(payload.custom_details['what is wrong']).toBe('one\ntwo');
  });

  it('is never larger than 512 KB: texts get shorter, and go at last', async () => {
    const huge = '🚣'.repeat(200_000);
    const cut = await bodyOf({ whatIsWrong: huge, whatToRunNext: 'npx lifeboat status' });
    expect(JSON.parse(cut)).toMatchObject({
      payload: { custom_details: { 'what to run next': 'npx lifeboat status' } },
    });
    const seenFrom = Array.from({ length: 10_000 }, (_, i) => `${huge.slice(0, 100)}${i}`);
    const all = { whatIsWrong: huge, whatLifeboatDid: huge, whatToRunNext: huge, seenFrom };
    for (const body of [cut, await bodyOf({ ...all, dedupKey: huge, summary: huge, cluster: huge })]) {
      expect(new TextEncoder().encode(body).length).toBeLessThanOrEqual(maxBytes);
    }
    // A page address that no browser takes is left out.
    expect(await bodyOf({}, { pageOrigin: `https://${'x'.repeat(600_000)}` })).not.toContain('"links"');
  });

  it('is valid whatever the texts are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 50 }), async (text) => {
        const body = await bodyOf({
          summary: text,
          whatIsWrong: text,
          dedupKey: text,
          cluster: text,
          seenFrom: [text],
        });
        // No half surrogate pairs and no control characters: a lenient parser here, a strict one there.
        expect(body).not.toMatch(/\\ud[89a-f]|\\u00(0[0-8bcef]|1)/i);
        const { payload, dedup_key } = JSON.parse(body) as Event;
        expect(payload.summary).not.toBe('');
        expect(dedup_key).toMatch(/^[ -~]{1,255}$/);
      }),
    );
  });
});

describe('dedupKeyOf', () => {
  const key = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.string({ minLength: 250, maxLength: 260 }),
    fc.constantFrom(
      'a',
      ' a',
      'a ',
      'a\n',
      '\ud83d',
      '\ud83e',
      '\ufffd',
      'x'.repeat(255),
      'x'.repeat(256),
      'x'.repeat(257),
    ),
  );

  it('leaves the keys of the rules as they are', async () => {
    for (const plain of [
      'prod/activation/3',
      'prod/dns/[fd00::a]:53',
      'prod/publish/rfc2136 192.0.2.53:53 cluster.local.',
    ])
      expect(await dedupKeyOf(plain)).toBe(plain);
  });

  it('shows where a hashed key came from', async () => {
    const path = `prod/publish/zonefile /${'deep/'.repeat(100)}standby.zone`;
    expect(await dedupKeyOf(path)).toMatch(/^prod\/publish\/zonefile_\/deep\/.*#[0-9a-f]{64}$/);
  });

  it('keeps keys within the limit, and distinct keys distinct', async () => {
    await fc.assert(
      fc.asyncProperty(key, key, async (one, other) => {
        const [a, b] = [await dedupKeyOf(one), await dedupKeyOf(other)];
        expect(a).toMatch(/^[ -~]{1,255}$/);
        expect(a === b).toBe(one === other);
      }),
    );
  });

  it('does not let a key pass for the hash of another', async () => {
    await fc.assert(
      fc.asyncProperty(key, async (one) => {
        const hashed = await dedupKeyOf(one);
        if (hashed !== one) expect(await dedupKeyOf(hashed)).not.toBe(hashed);
      }),
    );
  });

  it('is the same for trigger, reminder and resolve, and so in the event', async () => {
    await fc.assert(
      fc.asyncProperty(key, async (dedupKey) => {
        const first = await eventOf({ dedupKey });
        const reminder = await eventOf({ dedupKey, repeat: 3, severity: 'info' });
        const resolve = await eventOf({ dedupKey, action: 'resolve', summary: 'resolved' });
        expect(new Set([first, reminder, resolve].map((event) => event.dedup_key)).size).toBe(1);
        expect(resolve.event_action).toBe('resolve');
      }),
      { numRuns: 30 },
    );
  });
});

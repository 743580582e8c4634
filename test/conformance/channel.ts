// What every channel must do, as one list of cases: run on each of them through a fetch that answers as the case wants, with a toy among them.
import { afterEach, describe, expect, it } from 'vitest';
import { createAlert } from '../../functions/alerts/alert.ts';
import type { Channel } from '../../functions/alerts/channels/channel.ts';
import type { HttpDeps } from '../../functions/alerts/channels/http.ts';
import type { Delivery, SendResult } from '../../functions/alerts/delivery.ts';
import { maxMemoryCharacters } from '../../functions/alerts/receipts.ts';
import type { Fetch } from '../../functions/lib/deps.ts';
import type { Notice } from '../../functions/model/notice.ts';
import { realClock } from '../fakes/real-deps.ts';
import { fieldsOf } from '../functions/alerts/sample.ts';

export interface ChannelUnderTest {
  readonly name: string;
  /** The status that its receiver takes an alert with. */
  readonly accepted: number;
  /** What its receiver answers to what it takes, where that is read. */
  readonly answer?: string;
  /** A channel with these, and with the two secrets below in its address and as its key. */
  create(deps: HttpDeps, timeoutMs: number): Channel;
  /** What may stand in no reason: its key, and what is secret in its address. */
  readonly secrets: readonly string[];
}

const timeoutMs = 150;
/** A timer may be late on a busy machine; what hangs would be later than that. */
const latestMs = 5000;

export function deliveryOf(action: 'trigger' | 'resolve', changes: Partial<Notice> = {}): Delivery {
  const alert = createAlert(action, fieldsOf('prod/activation/1', changes));
  return {
    id: `prod-abc-${action}`,
    channel: 'oncall',
    alert,
    enqueuedAt: 0,
    failures: 0,
    notBefore: 0,
    lastFailure: '',
    claim: null,
  };
}

interface Seen {
  readonly url: string;
  readonly init: RequestInit;
}

interface Bench {
  readonly subject: ChannelUnderTest;
  readonly seen: Seen[];
  /** A channel whose requests are answered so; without a memory, where none is given. */
  channel(answer: Fetch): {
    readonly repeats: Channel['repeats'];
    send(delivery: Delivery, memory?: string): Promise<SendResult>;
  };
}

export function describeChannel(subject: ChannelUnderTest): void {
  describe(`channel: ${subject.name}`, () => {
    const seen: Seen[] = [];
    afterEach(() => void seen.splice(0));
    const channel = (answer: Fetch) => {
      const { repeats, send } = subject.create(
        {
          fetch: (url, init) => {
            seen.push({ url, init });
            return answer(url, init);
          },
          clock: realClock,
        },
        timeoutMs,
      );
      return { repeats, send: (delivery: Delivery, memory = '') => send(delivery, memory) };
    };
    for (const [title, run] of cases) it(title, () => run({ subject, seen, channel }));
  });
}

const answering = (
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: string | null = null,
): Fetch => {
  return async () => new Response(body, { status, headers });
};

/** As fetch does: rejects when its signal aborts. */
const hanging: Fetch = (_url, init) =>
  new Promise((_resolve, reject) => {
    init.signal?.addEventListener('abort', () => reject(init.signal?.reason));
  });

const endless = (status: number) => async () => {
  const chunk = new TextEncoder().encode('x'.repeat(64));
  const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(chunk) });
  return new Response(body, { status });
};

type Case = readonly [title: string, run: (bench: Bench) => Promise<void>];

const cases: readonly Case[] = [
  [
    'posts JSON once, and says that it was delivered',
    async ({ subject, seen, channel }) => {
      for (const action of ['trigger', 'resolve'] as const) {
        const sent = await channel(answering(subject.accepted)).send(deliveryOf(action));
        expect(sent).toMatchObject({ status: 'delivered' });
      }
      expect(seen).toHaveLength(2);
      for (const { init } of seen) {
        expect(init).toMatchObject({ method: 'POST', redirect: 'manual' });
        expect(new Headers(init.headers).get('content-type')).toBe('application/json');
        expect(() => JSON.parse(String(init.body))).not.toThrow();
      }
    },
  ],
  [
    'tries again what can become better',
    async ({ channel }) => {
      for (const status of [408, 425, 429, 500, 502, 503, 504]) {
        expect(await channel(answering(status)).send(deliveryOf('trigger')), String(status)).toEqual({
          status: 'retry',
          reason: expect.stringContaining(`answered ${status}`),
        });
      }
    },
  ],
  [
    'says what the receiver refuses',
    async ({ channel }) => {
      for (const status of [400, 401, 403, 404, 405, 410, 413, 415, 422]) {
        expect(await channel(answering(status)).send(deliveryOf('trigger')), String(status)).toEqual({
          status: 'rejected',
          reason: expect.stringContaining(`answered ${status}`),
        });
      }
    },
  ],
  [
    'follows no redirect',
    async ({ seen, channel }) => {
      for (const status of [301, 302, 303, 307, 308]) {
        const redirecting = answering(status, { location: 'http://127.0.0.1:1/elsewhere' });
        expect(await channel(redirecting).send(deliveryOf('trigger'))).toMatchObject({
          status: 'rejected',
          reason: expect.stringContaining('redirects'),
        });
      }
      expect(seen).toHaveLength(5);
    },
  ],
  [
    'passes on how long to wait, in seconds or as a date',
    async ({ channel }) => {
      const date = new Date(Date.now() + 60_000).toUTCString();
      expect(await channel(answering(429, { 'retry-after': '17' })).send(deliveryOf('trigger'))).toMatchObject({
        status: 'retry',
        afterMs: 17_000,
      });
      const dated = await channel(answering(503, { 'retry-after': date })).send(deliveryOf('trigger'));
      const afterMs = dated.status === 'retry' ? dated.afterMs : undefined;
      expect(afterMs).toBeGreaterThan(50_000);
      expect(afterMs).toBeLessThanOrEqual(60_000);
    },
  ],
  [
    'ends at its deadline when nothing answers, even where fetch does not listen',
    async ({ channel }) => {
      for (const deaf of [hanging, () => new Promise<Response>(() => {})]) {
        const startedAt = Date.now();
        const result = await channel(deaf).send(deliveryOf('trigger'));
        expect(result).toEqual({ status: 'retry', reason: expect.stringContaining(`within ${timeoutMs} ms`) });
        expect(Date.now() - startedAt).toBeLessThan(latestMs);
      }
    },
  ],
  [
    'does not wait for the end of an answer that never ends, whatever it is',
    async ({ subject, channel }) => {
      for (const [status, expected] of [
        [subject.accepted, 'delivered'],
        [400, 'rejected'],
        [500, 'retry'],
      ] as const) {
        const startedAt = Date.now();
        expect(await channel(endless(status)).send(deliveryOf('trigger'))).toMatchObject({ status: expected });
        expect(Date.now() - startedAt).toBeLessThan(latestMs);
      }
    },
  ],
  [
    'never throws, and tries again when the receiver cannot be reached',
    async ({ channel }) => {
      const faults: readonly unknown[] = [
        new TypeError('fetch failed'),
        Object.assign(new Error('x'), { cause: { code: 'ECONNRESET' } }),
        'a text',
        undefined,
      ];
      for (const fault of faults) {
        const result = await channel(() => Promise.reject(fault)).send(deliveryOf('trigger'));
        expect(result).toEqual({ status: 'retry', reason: expect.stringContaining('could not be reached') });
      }
      const throwing = channel(() => {
        throw new RangeError('at once');
      });
      expect(await throwing.send(deliveryOf('trigger'))).toMatchObject({ status: 'retry' });
    },
  ],
  [
    'sends texts that no parser stumbles over, and instants that no date can be',
    async ({ subject, seen, channel }) => {
      const hostile = `"}]\\\u0000\u0007 ${'\ud83d'} \u2028 </script> 🚣 ${'x'.repeat(9000)}`;
      const delivery = deliveryOf('trigger', {
        dedupKey: `prod/${hostile}`,
        cluster: 'prod',
        summary: hostile,
        whatIsWrong: hostile,
        whatLifeboatDid: hostile,
        whatToRunNext: hostile,
        seenFrom: Array.from({ length: 100 }, () => hostile),
        since: 1e300,
        at: -1e300,
      });
      expect(await channel(answering(subject.accepted)).send(delivery)).toMatchObject({ status: 'delivered' });
      expect(() => JSON.parse(String(seen[0]?.init.body))).not.toThrow();
    },
  ],
  [
    'shows neither key nor address in any reason, even where the answer or the fault repeats them',
    async ({ subject, channel }) => {
      const results: unknown[] = [];
      const said = JSON.stringify({ message: subject.secrets.join(' '), errors: subject.secrets });
      for (const status of [400, 401, 404, 429, 500])
        results.push(await channel(answering(status, {}, said)).send(deliveryOf('trigger')));
      const message = subject.secrets.join(' ');
      results.push(await channel(() => Promise.reject(new TypeError(message))).send(deliveryOf('trigger')));
      for (const secret of subject.secrets) expect(JSON.stringify(results)).not.toContain(secret);
    },
  ],
  [
    'says who reminds',
    async ({ channel }) => {
      expect(['outbox', 'channel']).toContain(channel(answering(500)).repeats);
    },
  ],
  [
    'tells an incident to its end with what it remembers, and as well without',
    async ({ subject, channel }) => {
      const told = [deliveryOf('trigger'), deliveryOf('trigger', { repeat: 1 }), deliveryOf('resolve')];
      for (const isKept of [true, false]) {
        let memory = '';
        for (const delivery of told) {
          const result = await channel(answering(subject.accepted, {}, subject.answer ?? null)).send(delivery, memory);
          expect(result).toMatchObject({ status: 'delivered' });
          if (isKept) memory = memoryIn(result) ?? memory;
        }
      }
    },
  ],
  [
    'remembers a text within the limit, whatever its receiver answers, and no secret in it',
    async ({ subject, channel }) => {
      const long = JSON.stringify({ id: 'x'.repeat(20_000), thread: 'x'.repeat(20_000), ts: 'x'.repeat(20_000) });
      const said = subject.secrets.flatMap((secret) => [
        secret,
        JSON.stringify({ id: secret, thread: secret, ts: secret }),
      ]);
      for (const body of ['', 'null', '[', '{}', '{"id":7}', '{"id":"\\ud83d\\u0000"}', long, ...said]) {
        const result = await channel(answering(subject.accepted, {}, body)).send(deliveryOf('trigger'));
        const memory = memoryIn(result) ?? '';
        expect(memory.length, body.slice(0, 50)).toBeLessThanOrEqual(maxMemoryCharacters);
        expect(memory.isWellFormed()).toBe(true);
        for (const secret of subject.secrets) expect(memory).not.toContain(secret);
      }
    },
  ],
  [
    'delivers with a memory that is not its own, and lets none of it out of the request',
    async ({ subject, seen, channel }) => {
      const foreign = [
        'null',
        '{',
        '[1]',
        '{"id":{}}',
        '../../admin?x=1#',
        'x\r\nHost: evil',
        'x'.repeat(maxMemoryCharacters),
      ];
      for (const memory of foreign) {
        const accepting = channel(answering(subject.accepted, {}, subject.answer ?? null));
        expect(await accepting.send(deliveryOf('resolve'), memory), memory).toMatchObject({ status: 'delivered' });
      }
      // Where it goes, and under which headers, is the configuration's to say.
      for (const { url, init } of seen) {
        expect(url).not.toContain('admin');
        expect(JSON.stringify(init.headers)).not.toContain('evil');
      }
    },
  ],
];

function memoryIn(result: SendResult): string | undefined {
  return result.status === 'delivered' ? result.memory : undefined;
}

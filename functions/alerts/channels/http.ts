// One POST of an alert over HTTP, and the one place that says which answers are worth another try. It knows no vendor, follows no
// redirect (an alert must not go where the configuration did not send it), and lets neither address nor secret into a reason.
import { readBoundedText } from '../../lib/bounded-text.ts';
import { withDeadline } from '../../lib/deadline.ts';
import type { Clock, Fetch } from '../../lib/deps.ts';
import { codeOf } from '../../lib/errors.ts';
import type { SendResult } from '../delivery.ts';

export interface HttpDeps {
  readonly fetch: Fetch;
  readonly clock: Clock;
}

export interface AlertPost {
  /** The subject of every reason: `webhook oncall at https://hooks.example/…`. */
  readonly where: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For everything, reading the answer included. */
  readonly timeoutMs: number;
  /** The only status that means delivered, where a receiver has one of its own; without it any 2xx does. */
  readonly accepted?: number;
  /** What the start of a rejecting answer says, in words that may be shown; empty: nothing. */
  readonly explain?: (answer: string) => string;
  /** What the start of an accepting answer says: what to remember, or that it was not taken after all. Where it does not come the status counts. */
  readonly taken?: (answer: string) => SendResult;
}

/** Enough for any vendor's list of errors; what answers may be anything. */
const maxAnswerBytes = 16_384;

/** Posts once. It ends within `timeoutMs` and never throws. */
export async function postAlert({ fetch, clock }: HttpDeps, post: AlertPost): Promise<SendResult> {
  const { where, url, headers, body, timeoutMs, accepted, explain, taken } = post;
  let known: SendResult | undefined;
  try {
    return await withDeadline(clock, { what: where, timeoutMs }, async (signal) => {
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
      const { status } = response;
      const result = classify(where, status, response.headers.get('retry-after'), clock.now(), accepted);
      known = result;
      if (result.status === 'delivered' && taken !== undefined) return taken(await startOf(response));
      if (result.status === 'rejected' && explain !== undefined) {
        const words = explain(await startOf(response));
        return words === '' ? result : { ...result, reason: `${result.reason}: ${words}` };
      }
      // The answer's body is of no interest, and might never end.
      await response.body?.cancel().catch(() => {});
      return result;
    });
  } catch (error) {
    // The status counts, even where the rest of the answer did not come.
    return known ?? { status: 'retry', reason: faultWords(where, timeoutMs, error) };
  }
}

/**
 * | status                  | result                                                                  |
 * |-------------------------|-------------------------------------------------------------------------|
 * | 2xx                     | delivered                                                               |
 * | 2xx other than accepted | retry: something that is not the receiver has answered                  |
 * | 408, 425, 429, 5xx      | retry, after `Retry-After` where there is one (RFC 9110 section 10.2.3) |
 * | 3xx                     | rejected: redirects are not followed                                    |
 * | all else                | rejected                                                                |
 */
export function classify(
  where: string,
  status: number,
  retryAfter: string | null,
  now: number,
  accepted?: number,
): SendResult {
  const reason = `${where} answered ${status}`;
  if (status >= 200 && status < 300) {
    if (accepted === undefined || status === accepted) return { status: 'delivered' };
    return { status: 'retry', reason: `${reason}, which is not its ${accepted}: is this its address?` };
  }
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    const afterMs = readRetryAfter(retryAfter, now);
    return afterMs === undefined ? { status: 'retry', reason } : { status: 'retry', reason, afterMs };
  }
  // Workers and browsers show a redirect that is not followed as status 0.
  if (status === 0 || (status >= 300 && status < 400)) {
    return { status: 'rejected', reason: `${reason}: redirects are not followed, configure the final address` };
  }
  return { status: 'rejected', reason };
}

/** Seconds or an HTTP date, as milliseconds from now. */
function readRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

async function startOf({ body }: Response): Promise<string> {
  return (await readBoundedText(body, maxAnswerBytes)).text;
}

/** Only the kind of fault: messages of the platform's fetch may hold the address. */
function faultWords(where: string, timeoutMs: number, error: unknown): string {
  if (codeOf(error) === 'timeout') return `${where} did not answer within ${timeoutMs} ms`;
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return `${where} could not be reached${typeof code === 'string' ? ` (${code})` : ''}`;
}

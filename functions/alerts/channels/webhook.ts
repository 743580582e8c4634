// A webhook: one POST of JSON, signed as Standard Webhooks wants it, within a deadline. It follows no redirect: a signed page must not
// go where the configuration did not send it. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { fromBase64 } from '../../lib/bytes.ts';
import { withDeadline } from '../../lib/deadline.ts';
import type { Clock, Fetch } from '../../lib/deps.ts';
import { codeOf, LifeboatError } from '../../lib/errors.ts';
import { redactUrl } from '../../lib/redact.ts';
import type { Delivery, SendResult } from '../delivery.ts';
import type { Channel } from './channel.ts';

export interface WebhookConfig {
  readonly id: string;
  readonly url: string;
  /** `whsec_` and the key in Base64, as the specification has it; any other text is taken as the key itself, in UTF-8. */
  readonly secret: string;
  readonly timeoutMs: number;
}

/** A channel that posts. LifeboatError `config` when the secret cannot be a key. */
export function createWebhook(deps: { readonly fetch: Fetch; readonly clock: Clock }, config: WebhookConfig): Channel {
  const { id, url, timeoutMs } = config;
  const where = `webhook ${id} at ${redactUrl(url)}`;
  const keyBytes = keyOf(config);
  const send = async (delivery: Delivery): Promise<SendResult> => {
    const body = bodyOf(delivery);
    const timestamp = Math.floor(deps.clock.now() / 1000);
    const headers = {
      'content-type': 'application/json',
      'webhook-id': delivery.id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': await signWebhook(keyBytes, delivery.id, timestamp, body),
    };
    try {
      const response = await withDeadline(deps.clock, { what: where, timeoutMs }, (signal) =>
        deps.fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal }),
      );
      // The answer's body is of no interest, and might never end.
      await response.body?.cancel().catch(() => {});
      return classify(where, response.status, response.headers.get('retry-after'), deps.clock.now());
    } catch (error) {
      return { status: 'retry', reason: faultWords(where, timeoutMs, error) };
    }
  };
  return { id, send };
}

/** The `webhook-signature` header: `v1,` and the Base64 of HMAC-SHA256 over `id.timestamp.body`; `timestamp` in seconds. */
export async function signWebhook(
  key: Uint8Array<ArrayBuffer>,
  id: string,
  timestamp: number,
  body: string,
): Promise<string> {
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('raw', key, hmac, false, ['sign']);
  const mac = await crypto.subtle.sign('HMAC', imported, new TextEncoder().encode(`${id}.${timestamp}.${body}`));
  return `v1,${btoa(String.fromCharCode(...new Uint8Array(mac)))}`;
}

/**
 * The one place that says what is worth another try:
 *
 * | status             | result                                                       |
 * |--------------------|--------------------------------------------------------------|
 * | 2xx                | delivered                                                    |
 * | 408, 425, 429, 5xx | retry, after `Retry-After` where there is one (RFC 9110 section 10.2.3) |
 * | 3xx                | rejected: redirects are not followed                         |
 * | all else           | rejected                                                     |
 */
export function classify(where: string, status: number, retryAfter: string | null, now: number): SendResult {
  if (status >= 200 && status < 300) return { status: 'delivered' };
  const reason = `${where} answered ${status}`;
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

function bodyOf({ alert }: Delivery): string {
  const { at, since, ...rest } = alert;
  const data = { ...rest, since: new Date(since).toISOString(), at: new Date(at).toISOString() };
  return JSON.stringify({ type: `lifeboat.alert.${alert.action}`, timestamp: data.at, data });
}

function keyOf({ id, secret }: WebhookConfig): Uint8Array<ArrayBuffer> {
  const prefix = 'whsec_';
  const key = secret.startsWith(prefix)
    ? fromBase64(secret.slice(prefix.length))
    : Uint8Array.from(new TextEncoder().encode(secret));
  if (key !== undefined && key.length > 0) return key;
  throw new LifeboatError(
    'config',
    `the secret of webhook ${id} is no key: "whsec_" wants Base64 after it, or take any other text`,
  );
}

/** Only the kind of fault: messages of the platform's fetch may hold the address. */
function faultWords(where: string, timeoutMs: number, error: unknown): string {
  if (codeOf(error) === 'timeout') return `${where} did not answer within ${timeoutMs} ms`;
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return `${where} could not be reached${typeof code === 'string' ? ` (${code})` : ''}`;
}

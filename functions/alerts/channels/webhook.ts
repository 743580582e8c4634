// A webhook: one POST of JSON, signed as Standard Webhooks wants it. What its answers mean is in http.ts.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { fromBase64 } from '../../lib/bytes.ts';
import { LifeboatError } from '../../lib/errors.ts';
import { redactUrl } from '../../lib/redact.ts';
import { isoInstant } from '../alert.ts';
import type { Delivery } from '../delivery.ts';
import { pageLink } from '../page-link.ts';
import type { Channel } from './channel.ts';
import { type HttpDeps, postAlert } from './http.ts';

export interface WebhookConfig {
  readonly id: string;
  readonly url: string;
  /** `whsec_` and the key in Base64, as the specification has it; any other text is taken as the key itself, in UTF-8. */
  readonly secret: string;
  readonly timeoutMs: number;
  /** Where the clusters' pages are; without it an alert has no link. */
  readonly pageOrigin?: string;
}

/** A channel that posts. LifeboatError `config` when the secret cannot be a key. */
export function createWebhook(deps: HttpDeps, config: WebhookConfig): Channel {
  const { id, url, timeoutMs, pageOrigin } = config;
  const where = `webhook ${id} at ${redactUrl(url)}`;
  const keyBytes = keyOf(config);
  return {
    id,
    timeoutMs,
    send: async (delivery) => {
      const body = bodyOf(delivery, pageOrigin);
      const timestamp = Math.floor(deps.clock.now() / 1000);
      const headers = {
        'content-type': 'application/json',
        'webhook-id': delivery.id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': await signWebhook(keyBytes, delivery.id, timestamp, body),
      };
      return postAlert(deps, { where, url, headers, body, timeoutMs });
    },
  };
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

function bodyOf({ alert }: Delivery, pageOrigin: string | undefined): string {
  const { at, since, ...rest } = alert;
  const link = pageLink(pageOrigin, alert.cluster);
  const data = {
    ...rest,
    since: isoInstant(since),
    at: isoInstant(at),
    ...(link === undefined ? {} : { link }),
  };
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

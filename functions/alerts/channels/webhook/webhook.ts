// A webhook: one POST of JSON, signed as Standard Webhooks wants it. What it posts is in payload.ts, what its answers mean in http.ts.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { type WebhookConfig, webhookKind } from '../../../config/channels/webhook.ts';
import { fromBase64 } from '../../../lib/bytes.ts';
import { LifeboatError } from '../../../lib/errors.ts';
import type { Channel } from '../channel.ts';
import { addressOf, type ChannelDeps, secretOf } from '../deps.ts';
import { postAlert } from '../http.ts';
import { webhookBody } from './payload.ts';

/** A channel that posts. LifeboatError `config` when a secret is missing, or cannot be the address or the key. */
export function createWebhook(deps: ChannelDeps, config: WebhookConfig): Channel {
  const { id, timeoutMs } = config;
  const { url, shown } = addressOf(deps, config.url);
  const where = `webhook ${id} at ${shown}`;
  const keyBytes = keyOf(id, secretOf(deps, config.secret));
  return {
    id,
    timeoutMs,
    repeats: webhookKind.repeats,
    send: async (delivery) => {
      const body = webhookBody(delivery, deps.pageOrigin);
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

/** `whsec_` and the key in Base64, as the specification has it; any other text is taken as the key itself, in UTF-8. */
function keyOf(id: string, secret: string): Uint8Array<ArrayBuffer> {
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

// PagerDuty, by its Events API v2: one alert there per incident here, triggered, reminded of and resolved under one key. What an event holds is
// in event.ts; what its answers mean is in http.ts.
// https://developer.pagerduty.com/docs/events-api-v2-overview and /docs/send-alert-event
import { type PagerDutyConfig, pagerdutyKind } from '../../../config/channels/pagerduty.ts';
import { clip } from '../../../lib/clip.ts';
import { LifeboatError } from '../../../lib/errors.ts';
import { createRedactor } from '../../../lib/redact.ts';
import type { Channel } from '../channel.ts';
import { addressOf, type ChannelDeps, secretOf } from '../deps.ts';
import { postAlert } from '../http.ts';
import { eventOf, plain } from './event.ts';

const routingKeyCharacters = 32;
const maxErrorsCharacters = 200;

/** A channel to PagerDuty. LifeboatError `config` when the routing key is missing, or cannot be one. */
export function createPagerDuty(deps: ChannelDeps, config: PagerDutyConfig): Channel {
  const { id, timeoutMs } = config;
  const { url, shown } = addressOf(deps, config.url);
  const routingKey = secretOf(deps, config.routingKey);
  checkRoutingKey(id, routingKey);
  const redact = createRedactor([routingKey, routingKey.toLowerCase(), routingKey.toUpperCase()]);
  return {
    id,
    timeoutMs,
    repeats: pagerdutyKind.repeats,
    send: async ({ alert }) =>
      postAlert(deps, {
        where: `pagerduty ${id} at ${shown}`,
        url,
        headers: { 'content-type': 'application/json' },
        body: await eventOf(alert, routingKey, deps.pageOrigin),
        timeoutMs,
        accepted: 202,
        // First redacted, then cut: the start of a key is no less secret.
        explain: (answer) => clip(redact(errorsOf(answer)), maxErrorsCharacters),
      }),
  };
}

/** What PagerDuty finds wrong with an event: `{"status":"invalid event","message":"…","errors":["…"]}`; of anything else nothing is shown. */
function errorsOf(answer: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(answer);
  } catch {
    return '';
  }
  if (typeof parsed !== 'object' || parsed === null) return '';
  const { message, errors } = parsed as { readonly message?: unknown; readonly errors?: unknown };
  const words = [message, ...(Array.isArray(errors) ? errors : [])].filter((part) => typeof part === 'string');
  return plain(words.join('; ').replace(/\s+/g, ' '));
}

function checkRoutingKey(id: string, routingKey: string): void {
  if (/^[!-~]*$/.test(routingKey) && routingKey.length === routingKeyCharacters) return;
  const got = /\s/.test(routingKey) ? 'it holds white space' : `it has ${routingKey.length} characters`;
  throw new LifeboatError(
    'config',
    `the routing key of pagerduty ${id} is none: ${got}, and an integration key of the Events API v2 has ${routingKeyCharacters} without white space`,
  );
}

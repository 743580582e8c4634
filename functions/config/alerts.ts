// The configuration of alert channels. Checks only; nothing is sent.
import { z } from 'zod';
import { isLoopback } from '../lib/endpoint.ts';
import { list, milliseconds, readAs, section, text } from './field.ts';
import { secretRef } from './secret.ts';

const channelId = () =>
  text('1 to 40 of a-z, 0-9 and -', /^[a-z0-9-]{1,40}$/, { what: 'Its name in stored deliveries and messages' });
const timeoutMs = () => milliseconds(100, 60_000, 5000, { what: 'Deadline of one delivery' });
const anHttpsUrl = 'an https URL without user information';

/** `https`, or `http` to a loopback address; no user information. */
export function readChannelUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(host));
  if (url === undefined || !safe || url.username !== '' || url.password !== '')
    throw new Error('TLS, except to this very machine');
  return url.href;
}

const webhook = section(
  { what: 'A POST of JSON, signed with HMAC-SHA256 over the body' },
  {
    kind: z.literal('webhook'),
    id: channelId(),
    url: readAs(anHttpsUrl, readChannelUrl, { what: 'Where alerts go' }),
    secret: secretRef({ what: 'The key of the signature, as a secret by name' }),
    timeoutMs: timeoutMs(),
  },
);

const pagerduty = section(
  { what: 'PagerDuty, by its Events API v2' },
  {
    kind: z.literal('pagerduty'),
    id: channelId(),
    routingKey: secretRef({
      what: 'The integration key of a service or an event orchestration, 32 characters, as a secret by name',
      see: 'https://support.pagerduty.com/main/docs/services-and-integrations',
    }),
    url: readAs(anHttpsUrl, readChannelUrl, {
      what: 'Where its events go; the service region EU has https://events.eu.pagerduty.com/v2/enqueue',
      see: 'https://support.pagerduty.com/main/docs/service-regions',
    }).prefault('https://events.pagerduty.com/v2/enqueue'),
    timeoutMs: timeoutMs(),
  },
);

export const alertsSchema = section(
  { what: 'Who is told, and how' },
  {
    channels: list(
      z.discriminatedUnion('kind', [webhook, pagerduty], { error: "a channel of the kind 'webhook' or 'pagerduty'" }),
      'channels',
      0,
      20,
      { what: 'Every alert goes to every channel, through a stored outbox', why: 'Without a channel nobody is paged.' },
    ).prefault([]),
    remindAfterMs: milliseconds(60_000, 604_800_000, 3_600_000, {
      what: 'An open alert is sent again after this long',
    }),
  },
);

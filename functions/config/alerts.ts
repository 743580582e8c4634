// The configuration of alert channels. Checks only; nothing is sent.
import { z } from 'zod';
import { isLoopback } from '../lib/endpoint.ts';
import { list, milliseconds, readAs, section, text } from './field.ts';
import { secretRef } from './secret.ts';

/** `https`, or `http` to a loopback address; no user information. */
function readWebhookUrl(value: string): string {
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
    id: text('1 to 40 of a-z, 0-9 and -', /^[a-z0-9-]{1,40}$/, { what: 'Its name in stored deliveries and messages' }),
    url: readAs('an https URL without user information', readWebhookUrl, { what: 'Where alerts go' }),
    secret: secretRef({ what: 'The key of the signature, as a secret by name' }),
    timeoutMs: milliseconds(100, 60_000, 5000, { what: 'Deadline of one delivery' }),
  },
);

export const alertsSchema = section(
  { what: 'Who is told, and how' },
  {
    channels: list(
      z.discriminatedUnion('kind', [webhook], { error: "a channel of the kind 'webhook'" }),
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

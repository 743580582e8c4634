// The configuration of a webhook. Checks only; what it does is in functions/alerts/channels/webhook/.
import { z } from 'zod';
import { section } from '../field.ts';
import { secretRef } from '../secret.ts';
import { type ChannelKind, channelFields } from './kind.ts';
import { channelUrlOrSecret } from './url.ts';

const schema = section(
  { what: 'A POST of JSON, signed with HMAC-SHA256 over the body' },
  {
    kind: z.literal('webhook'),
    id: channelFields.id,
    url: channelUrlOrSecret({
      what: 'Where alerts go',
      why: 'An address that is a key itself is given as a secret by name: no message holds it then.',
    }),
    secret: secretRef({ what: 'The key of the signature, as a secret by name' }),
    timeoutMs: channelFields.timeoutMs,
  },
);

export const webhookKind = {
  schema,
  repeats: 'outbox',
  template:
    "{ kind: 'webhook', id: 'oncall', url: 'https://hooks.example/lifeboat', secret: secret('WEBHOOK_KEY'), timeoutMs: 5_000 },",
} as const satisfies ChannelKind;

export type WebhookConfig = z.output<typeof schema>;

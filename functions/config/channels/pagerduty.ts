// The configuration of PagerDuty. Checks only; what it does is in functions/alerts/channels/pagerduty/.
import { z } from 'zod';
import { section } from '../field.ts';
import { secretRef } from '../secret.ts';
import { type ChannelKind, channelFields } from './kind.ts';
import { channelUrl } from './url.ts';

const schema = section(
  { what: 'PagerDuty, by its Events API v2' },
  {
    kind: z.literal('pagerduty'),
    id: channelFields.id,
    routingKey: secretRef({
      what: 'The integration key of a service or an event orchestration, 32 characters, as a secret by name',
      see: 'https://support.pagerduty.com/main/docs/services-and-integrations',
    }),
    url: channelUrl({
      what: 'Where its events go; the service region EU has https://events.eu.pagerduty.com/v2/enqueue',
      see: 'https://support.pagerduty.com/main/docs/service-regions',
    }).prefault('https://events.pagerduty.com/v2/enqueue'),
    timeoutMs: channelFields.timeoutMs,
  },
);

export const pagerdutyKind = {
  schema,
  // PagerDuty escalates what nobody acknowledges, and says nothing more of what somebody has: reminders are for that.
  repeats: 'outbox',
  template:
    "{ kind: 'pagerduty', id: 'pager', routingKey: secret('PAGERDUTY_KEY'), url: 'https://events.pagerduty.com/v2/enqueue' },",
} as const satisfies ChannelKind;

export type PagerDutyConfig = z.output<typeof schema>;

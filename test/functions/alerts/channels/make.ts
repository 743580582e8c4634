// Channels made of plain values for the tests: the secrets stand behind names as in a configuration.
import type { Channel } from '../../../../functions/alerts/channels/channel.ts';
import type { HttpDeps } from '../../../../functions/alerts/channels/http.ts';
import { createPagerDuty } from '../../../../functions/alerts/channels/pagerduty/pagerduty.ts';
import { createWebhook } from '../../../../functions/alerts/channels/webhook/webhook.ts';
import type { Delivery, SendResult } from '../../../../functions/alerts/delivery.ts';

interface Given {
  readonly url: string;
  readonly timeoutMs: number;
  readonly pageOrigin?: string;
}

export interface WebhookValues extends Given {
  readonly secret: string;
  /** The address is a secret as well. */
  readonly isUrlSecret?: boolean;
}

export interface PagerDutyValues extends Given {
  readonly routingKey: string;
}

export function webhookOf(deps: HttpDeps, values: WebhookValues): Channel {
  const { url, secret, timeoutMs, isUrlSecret = false } = values;
  const secrets = new Map([
    ['HOOK_KEY', secret],
    ['HOOK_URL', url],
  ]);
  return createWebhook(
    { ...deps, ...linkOf(values), secrets: (name) => secrets.get(name) },
    {
      kind: 'webhook',
      id: 'oncall',
      url: isUrlSecret ? { secret: 'HOOK_URL' } : url,
      secret: { secret: 'HOOK_KEY' },
      timeoutMs,
    },
  );
}

export function pagerdutyOf(deps: HttpDeps, values: PagerDutyValues): Channel {
  const { url, routingKey, timeoutMs } = values;
  return createPagerDuty(
    { ...deps, ...linkOf(values), secrets: () => routingKey },
    { kind: 'pagerduty', id: 'oncall', url, routingKey: { secret: 'PAGER_KEY' }, timeoutMs },
  );
}

function linkOf({ pageOrigin }: Given): { readonly pageOrigin?: string } {
  return pageOrigin === undefined ? {} : { pageOrigin };
}

/** Sends as about an incident that nothing was delivered of. */
export function sendFirst(channel: Channel, delivery: Delivery): Promise<SendResult> {
  return channel.send(delivery, '');
}

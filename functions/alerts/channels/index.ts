// What makes a channel of its configuration: the one explicit list. Its counterpart for the configuration is functions/config/channels/index.ts.
import type { ChannelConfig } from '../../config/schema.ts';
import { assertNever } from '../../lib/assert.ts';
import type { Channel } from './channel.ts';
import type { ChannelDeps } from './deps.ts';
import { createPagerDuty } from './pagerduty/pagerduty.ts';
import { createWebhook } from './webhook/webhook.ts';

/** LifeboatError `config`: a secret that is missing, or cannot be what it should. */
export function createChannel(deps: ChannelDeps, config: ChannelConfig): Channel {
  switch (config.kind) {
    case 'webhook':
      return createWebhook(deps, config);
    case 'pagerduty':
      return createPagerDuty(deps, config);
    default:
      return assertNever(config, 'channel');
  }
}

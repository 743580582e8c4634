// Makes the alert channels that a configuration names, on Node and on Workers alike. A channel whose secret is missing or cannot be one
// is silent and says so: nobody must need the pager's key to fail over by hand.
import type { Channel } from '../alerts/channels/channel.ts';
import type { HttpDeps } from '../alerts/channels/http.ts';
import { createPagerDuty } from '../alerts/channels/pagerduty.ts';
import { createWebhook } from '../alerts/channels/webhook.ts';
import type { ChannelConfig, Config } from '../config/schema.ts';
import type { SecretReader } from '../config/secret.ts';
import { assertNever } from '../lib/assert.ts';
import { LifeboatError } from '../lib/errors.ts';
import { missingSecret } from './secrets.ts';

export interface ChannelWires extends HttpDeps {
  readonly secrets: SecretReader;
}

export interface WiredChannels {
  /** In the order of the configuration. */
  readonly channels: readonly Channel[];
  /** Why some of them are silent, one sentence each. */
  readonly lacking: readonly string[];
}

export function wireChannels(wires: ChannelWires, { alerts, api }: Pick<Config, 'alerts' | 'api'>): WiredChannels {
  const lacking: string[] = [];
  const channels = alerts.channels.map((config): Channel => {
    const { id } = config;
    const { secret: name } = config.kind === 'pagerduty' ? config.routingKey : config.secret;
    const value = wires.secrets(name);
    if (value === undefined) {
      lacking.push(missingSecret(name, `alerts.channels, id ${id}: its alerts wait`));
      return silentChannel(config, `the secret ${name} is not set where it was tried`);
    }
    try {
      return createChannel(wires, config, value, api.url);
    } catch (error) {
      if (!(error instanceof LifeboatError) || error.code !== 'config') throw error;
      lacking.push(`the secret ${name} (alerts.channels, id ${id}: its alerts wait) cannot be used: ${error.message}`);
      return silentChannel(config, `the secret ${name} cannot be used where it was tried: ${error.message}`);
    }
  });
  return { channels, lacking };
}

function createChannel(deps: HttpDeps, config: ChannelConfig, value: string, pageOrigin: string | undefined): Channel {
  const { id, url, timeoutMs } = config;
  const shared = { id, url, timeoutMs, ...(pageOrigin === undefined ? {} : { pageOrigin }) };
  switch (config.kind) {
    case 'webhook':
      return createWebhook(deps, { ...shared, secret: value });
    case 'pagerduty':
      return createPagerDuty(deps, { ...shared, routingKey: value });
    default:
      return assertNever(config, 'channel');
  }
}

/** Keeps its alerts in the outbox, for a watch that has the secret to send. */
function silentChannel({ id, timeoutMs }: ChannelConfig, reason: string): Channel {
  return { id, timeoutMs, send: async () => ({ status: 'retry', reason }) };
}

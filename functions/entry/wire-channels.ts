// Wires the alert channels of a configuration, on any platform. A missing key silences its channel only.
import type { Channel } from '../alerts/channels/channel.ts';
import { createWebhook } from '../alerts/channels/webhook.ts';
import type { Config } from '../config/schema.ts';
import type { SecretReader } from '../config/secret.ts';
import type { Clock } from '../lib/deps.ts';
import { missingSecret } from './secrets.ts';

export interface WiredChannels {
  readonly channels: readonly Channel[];
  /** Which secrets are missing, one sentence each. */
  readonly lacking: readonly string[];
}

export function wireChannels(config: Config, secrets: SecretReader, clock: Clock): WiredChannels {
  const lacking: string[] = [];
  const channels = config.alerts.channels.map((channel): Channel => {
    const { id, url, timeoutMs } = channel;
    const { secret: name } = channel.secret;
    const secret = secrets(name);
    if (secret === undefined) {
      lacking.push(missingSecret(name, `alerts.channels, id ${id}: its alerts wait`));
      return silentChannel(id, name);
    }
    return createWebhook({ fetch: (target, init) => fetch(target, init), clock }, { id, url, secret, timeoutMs });
  });
  return { channels, lacking };
}

/** Keeps its alerts in the outbox, for the watch to send: nobody must need the pager's key to fail over by hand. */
function silentChannel(id: string, secret: string): Channel {
  return { id, send: async () => ({ status: 'retry', reason: `the secret ${secret} is not set where it was tried` }) };
}

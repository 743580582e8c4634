// Makes the alert channels that a configuration names, on Node and on Workers alike. A channel whose secret is missing or cannot be one
// is silent and says so: nobody must need the pager's key to fail over by hand.
import type { Channel } from '../alerts/channels/channel.ts';
import type { ChannelDeps } from '../alerts/channels/deps.ts';
import type { HttpDeps } from '../alerts/channels/http.ts';
import { createChannel } from '../alerts/channels/index.ts';
import { channelKinds } from '../config/channels/index.ts';
import type { AnyChannelConfig, ChannelKind } from '../config/channels/kind.ts';
import type { Config } from '../config/schema.ts';
import type { SecretReader } from '../config/secret.ts';
import { secretNames } from '../config/secret-names.ts';
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
  const deps = { ...wires, ...(api.url === undefined ? {} : { pageOrigin: api.url }) };
  return wireEach(deps, alerts.channels, { kinds: channelKinds, create: createChannel });
}

/** The kinds that there are: what the two explicit lists say. */
export interface KnownChannels<One extends AnyChannelConfig> {
  readonly kinds: Readonly<Record<One['kind'], Pick<ChannelKind, 'repeats'>>>;
  readonly create: (deps: ChannelDeps, config: One) => Channel;
}

export function wireEach<One extends AnyChannelConfig>(
  deps: ChannelDeps,
  configs: readonly One[],
  { kinds, create }: KnownChannels<One>,
): WiredChannels {
  const lacking: string[] = [];
  const channels = configs.map((config): Channel => {
    const { id, timeoutMs, kind } = config;
    /** Keeps its alerts in the outbox, for a watch that has the secret to send. */
    const silent = (reason: string): Channel => {
      const { repeats } = kinds[kind as One['kind']];
      return { id, timeoutMs, repeats, send: async () => ({ status: 'retry', reason }) };
    };
    const names = secretNames(config).map(({ name }) => name);
    const missing = names.filter((name) => deps.secrets(name) === undefined);
    const usedFor = `alerts.channels, id ${id}: its alerts wait`;
    lacking.push(...missing.map((name) => missingSecret(name, usedFor)));
    if (missing.length > 0) return silent(`the secret ${missing.join(' and ')} is not set where it was tried`);
    try {
      return create(deps, config);
    } catch (error) {
      if (!(error instanceof LifeboatError) || error.code !== 'config') throw error;
      const secret = `the secret ${names.join(' or ')}`;
      lacking.push(`${secret} (${usedFor}) cannot be used: ${error.message}`);
      return silent(`${secret} cannot be used where it was tried: ${error.message}`);
    }
  });
  return { channels, lacking };
}

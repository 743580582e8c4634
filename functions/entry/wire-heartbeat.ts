// Makes the heartbeat that a cluster's configuration names, on Node and on Workers alike. The address is a secret: no message holds it.
import { type HttpDeps, postAlert } from '../alerts/channels/http.ts';
import { readChannelUrl } from '../config/channels/url.ts';
import type { ClusterConfig } from '../config/schema.ts';
import type { SecretReader } from '../config/secret.ts';
import type { Heartbeat } from '../tasks/cluster/ports.ts';
import { missingSecret } from './secrets.ts';

export interface WiredHeartbeat {
  readonly ports: { readonly heartbeat?: Heartbeat };
  /** Why there is none although it is configured. */
  readonly lacking: readonly string[];
}

export function wireHeartbeat(
  { fetch, clock, secrets }: HttpDeps & { readonly secrets: SecretReader },
  { id, heartbeat: config }: Pick<ClusterConfig, 'id' | 'heartbeat'>,
): WiredHeartbeat {
  if (config === undefined) return { ports: {}, lacking: [] };
  const name = config.url.secret;
  const usedFor = `clusters, id ${id}, heartbeat.url`;
  const value = secrets(name);
  if (value === undefined) return { ports: {}, lacking: [missingSecret(name, usedFor)] };
  const { intervalMs, timeoutMs } = config;
  try {
    const post = {
      where: `the heartbeat of ${id}`,
      url: readChannelUrl(value.trim()),
      headers: {},
      body: '',
      timeoutMs,
    };
    return { ports: { heartbeat: { intervalMs, send: () => postAlert({ fetch, clock }, post) } }, lacking: [] };
  } catch {
    return {
      ports: {},
      lacking: [`the secret ${name} (${usedFor}) cannot be used: it must be an https URL without user information`],
    };
  }
}

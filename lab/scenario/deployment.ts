// One deployment of Lifeboat in the story: its folder with a real lifeboat.config.ts, short intervals, secrets by name. It starts nothing.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigInput } from '../../functions/config/index.ts';
import type { DnsAddress } from '../processes/dns-client.ts';
import type { Deployment } from '../processes/lifeboat-process.ts';
import type { TsigKey } from '../processes/zone.ts';

export type ClusterInput = ConfigInput['clusters'][number];

/** The cluster's id; dedup keys begin with it. */
export const clusterId = 'test';
/** Of everything that CoreDNS answers, the node cache keeps and Lifeboat publishes. */
export const ttlSeconds = 1;

/** Short, so that the story is; the defaults are five to thirty times as long. */
export const timing = {
  probe: { intervalMs: 1_000, timeoutMs: 800 },
  snapshot: { intervalMs: 2_000, leastIntervalMs: 1_000, timeoutMs: 2_000 },
  // The window too: a story breaks things every few seconds, and each time it is an outage of its own.
  policy: { downRounds: 3, degradedRounds: 3, healthyRounds: 3, dwellMs: 0, window: { rounds: 12, bad: 12 } },
} as const;

export interface DeploymentOptions {
  /** Made when it is missing. */
  readonly folder: string;
  /** Of the cluster; default `clusterId`. */
  readonly id?: string;
  readonly zone: string;
  readonly writer?: string;
  readonly api: { readonly url: string; readonly caFile: string; readonly token: string };
  /** The CoreDNS replicas. */
  readonly servers: readonly DnsAddress[];
  readonly transferKey: TsigKey;
  readonly standby: DnsAddress;
  readonly standbyKey: TsigKey;
  readonly webhook?: { readonly url: string; readonly secret: string };
  readonly pagerduty?: { readonly url: string; readonly routingKey: string };
  /** Where it runs; default `node`. A Worker has no files. */
  readonly platform?: 'node' | 'worker';
  /** A last change to the cluster before it is written. */
  readonly change?: (cluster: ClusterInput) => object;
  /** More of the configuration: the API's tokens. */
  readonly extra?: Partial<ConfigInput>;
}

/** Writes the configuration and the token. */
export function createDeployment(options: DeploymentOptions): Deployment {
  const { folder, transferKey, standbyKey, webhook, pagerduty } = options;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'token'), options.api.token, { mode: 0o600 });
  const cluster = clusterOf(options);
  const config = {
    ...(options.writer === undefined ? {} : { writer: options.writer }),
    clusters: [options.change?.(cluster) ?? cluster],
    ...options.extra,
    alerts: { channels: channelsOf(options) },
  };
  const configFile = join(folder, 'lifeboat.config.ts');
  const text = `import { defineConfig } from 'lifeboat';\n\nexport default defineConfig(${JSON.stringify(config, null, 2)});\n`;
  writeFileSync(configFile, text);
  const secrets = {
    API_TOKEN: options.api.token,
    TRANSFER_KEY: transferKey.secret,
    STANDBY_KEY: standbyKey.secret,
    ...(webhook === undefined ? {} : { WEBHOOK_KEY: webhook.secret }),
    ...(pagerduty === undefined ? {} : { PAGERDUTY_KEY: pagerduty.routingKey }),
  };
  return { folder, configFile, secrets };
}

function channelsOf({ webhook, pagerduty }: DeploymentOptions): NonNullable<ConfigInput['alerts']>['channels'] {
  const secret = (name: string) => ({ secret: name });
  return [
    ...(webhook === undefined
      ? []
      : [{ kind: 'webhook', id: 'oncall', url: webhook.url, secret: secret('WEBHOOK_KEY') } as const]),
    ...(pagerduty === undefined
      ? []
      : [{ kind: 'pagerduty', id: 'pager', url: pagerduty.url, routingKey: secret('PAGERDUTY_KEY') } as const]),
  ];
}

/** Who asks the API server, and how it is verified: from files, or, where there are none, from text and a secret. */
function accessOf({ api, platform }: DeploymentOptions): Pick<ClusterInput['apiServer'], 'ca' | 'identity'> {
  if (platform !== 'worker') return { ca: { file: api.caFile }, identity: { kind: 'token', file: 'token' } };
  return {
    ca: { pem: readFileSync(api.caFile, 'utf8') },
    identity: { kind: 'token', secret: { secret: 'API_TOKEN' } },
  };
}

function clusterOf(options: DeploymentOptions): ClusterInput {
  const { id = clusterId, zone, api, servers, transferKey, standby, standbyKey } = options;
  return {
    id,
    zone,
    apiServer: {
      url: api.url,
      ...accessOf(options),
      write: { namespace: 'lifeboat', configMap: 'lifeboat-probe' },
      slowMs: 500,
    },
    dns: {
      servers: servers.map(textOf),
      ttlSeconds,
      tsig: { name: transferKey.name, secret: { secret: 'TRANSFER_KEY' } },
    },
    probe: timing.probe,
    snapshot: timing.snapshot,
    standby: [
      { kind: 'rfc2136', server: textOf(standby), tsig: { name: standbyKey.name, secret: { secret: 'STANDBY_KEY' } } },
    ],
    publish: { ttlSeconds },
    policy: timing.policy,
  };
}

/** `127.0.0.1:5301` */
export function textOf({ host, port }: DnsAddress): string {
  return `${host}:${port}`;
}

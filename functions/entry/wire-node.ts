// Wires a configuration for Node: network, stores, probes, source, standby zones and channels. The one explicit list; no decisions.
import { dirname, resolve } from 'node:path';
import { probeApiServer } from '../../probes/api-server.ts';
import { askCorednsVersion } from '../../probes/coredns-version.ts';
import { probeReplicas, type ReplicasMemory } from '../../probes/dns-replicas.ts';
import { createSerialAsker } from '../../probes/dns-serial.ts';
import { createIdentity } from '../../probes/identity.ts';
import type { Channel } from '../alerts/channels/channel.ts';
import { createWebhook } from '../alerts/channels/webhook.ts';
import type { Runtime } from '../cli/context.ts';
import { standbyZone } from '../config/checks.ts';
import type { ClusterConfig, Config, StandbyConfig, TsigConfig } from '../config/schema.ts';
import type { SecretReader } from '../config/secret.ts';
import type { DnsDeps } from '../dnswire/transport.ts';
import { importTsigKey, type TsigKey } from '../dnswire/tsig.ts';
import { assertNever } from '../lib/assert.ts';
import type { Clock } from '../lib/deps.ts';
import { createNodeNetwork } from '../networks/node.ts';
import type { Provider } from '../providers/provider.ts';
import { createRfc2136Provider } from '../providers/rfc2136.ts';
import { createTextFile } from '../providers/text-file-node.ts';
import { createZonefileProvider } from '../providers/zonefile.ts';
import { createAxfrSource } from '../snapshot/sources/axfr.ts';
import { createFileStore } from '../stores/file-node.ts';
import { createMemoryStore } from '../stores/memory.ts';
import type { Store } from '../stores/store.ts';
import type { ClusterPorts } from '../tasks/ports.ts';
import { executeCommand } from './command-node.ts';
import { createNodeRandom, readTextFile } from './node-deps.ts';
import { missingSecret, requireSecret } from './secrets.ts';

/** What everything is made from. */
interface Wires extends DnsDeps {
  readonly config: Config;
  readonly secrets: SecretReader;
  /** Files of the configuration are relative to its own folder. */
  readonly folder: string;
  readonly store: Store;
}

/** The runtime of a configuration. Errors `config`: a secret that is missing or cannot be a key. */
export async function wireNode(config: Config, file: string, secrets: SecretReader, clock: Clock): Promise<Runtime> {
  const random = createNodeRandom();
  const folder = dirname(resolve(file));
  const store =
    config.state.kind === 'memory'
      ? createMemoryStore()
      : createFileStore({ clock, random }, { directory: resolve(folder, config.state.directory) });
  const wires: Wires = { config, secrets, folder, store, clock, random, network: createNodeNetwork() };
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
  return {
    config,
    lacking,
    clusters: await Promise.all(config.clusters.map((cluster) => wireCluster(wires, cluster, channels))),
  };
}

/** Keeps its alerts in the outbox, for the watch to send: nobody must need the pager's key to fail over by hand. */
function silentChannel(id: string, secret: string): Channel {
  return { id, send: async () => ({ status: 'retry', reason: `the secret ${secret} is not set where it was tried` }) };
}

async function wireCluster(wires: Wires, cluster: ClusterConfig, channels: readonly Channel[]): Promise<ClusterPorts> {
  const { config, clock, store } = wires;
  const { dns, snapshot, probe } = cluster;
  const tsig = dns.tsig === undefined ? undefined : await tsigKey(wires, dns.tsig, `the transfer key of ${cluster.id}`);
  const signed = tsig === undefined ? {} : { tsig };
  const serialTarget = {
    zone: cluster.zone,
    serialMethod: dns.serialMethod,
    probeNamespace: dns.probeNamespace,
    timeoutMs: probe.timeoutMs,
    ...signed,
  };
  return {
    config,
    cluster,
    clock,
    store,
    channels,
    probe: createProbe(wires, cluster, serialTarget),
    askCorednsVersion: ({ host }) => askCorednsVersion(wires, { host, port: dns.metricsPort }, probe.timeoutMs),
    source: createAxfrSource(
      { ...wires, askSerial: createSerialAsker(wires, serialTarget) },
      {
        cluster: cluster.id,
        zone: cluster.zone,
        timeoutMs: snapshot.timeoutMs,
        maxBytes: snapshot.maxBytes,
        maxRecords: snapshot.maxRecords,
        mustHave: snapshot.mustHave,
        behindSeconds: dns.behindSeconds,
        publishTtlSeconds: cluster.publish.ttlSeconds,
        ...signed,
      },
    ),
    providers: await Promise.all(cluster.standby.map((standby) => wireStandby(wires, cluster, standby))),
  };
}

/** One round: the API server and all replicas at the same time. What the replicas' comparison remembers lives with the process. */
function createProbe(
  wires: Wires,
  cluster: ClusterConfig,
  serialTarget: Parameters<typeof createSerialAsker>[1],
): ClusterPorts['probe'] {
  const { config, clock, folder, secrets } = wires;
  const { apiServer, dns, probe } = cluster;
  const readFile = (path: string) => readTextFile(resolve(folder, path));
  const identity = createIdentity(
    { clock, readFile, execute: executeCommand, readSecret: secrets },
    apiServer.identity,
  );
  const context = { cluster: cluster.id, vantage: config.vantage.id, group: config.vantage.group };
  const dnsTarget = {
    ...serialTarget,
    ttlSeconds: dns.ttlSeconds,
    knownName: dns.knownName,
    behindSeconds: dns.behindSeconds,
  };
  let memory: ReplicasMemory = {};
  return async () => {
    const [api, replicas] = await Promise.all([
      probeApiServer({ ...wires, readFile, identity }, { ...apiServer, timeoutMs: probe.timeoutMs }, context),
      probeReplicas(wires, dns.servers, dnsTarget, context, memory),
    ]);
    memory = replicas.memory;
    return [...api, ...replicas.observations];
  };
}

async function wireStandby(wires: Wires, cluster: ClusterConfig, standby: StandbyConfig): Promise<Provider> {
  const zone = standbyZone(standby, cluster);
  switch (standby.kind) {
    case 'rfc2136': {
      const tsig = await tsigKey(wires, standby.tsig, `the update key of ${cluster.id}`);
      return createRfc2136Provider(wires, { server: standby.server, zone, tsig, timeoutMs: standby.timeoutMs });
    }
    case 'zonefile':
      return createZonefileProvider({ file: createTextFile(wires, resolve(wires.folder, standby.file)) }, { zone });
    default:
      return assertNever(standby, 'standby');
  }
}

async function tsigKey({ secrets }: Wires, tsig: TsigConfig, usedFor: string): Promise<TsigKey> {
  return importTsigKey(tsig.name, requireSecret(secrets, tsig.secret.secret, usedFor));
}

// Wires one cluster of a configuration, for any platform: probes and sources over what the platform gives (wires.ts); its standby zones are
// in wire-standbys.ts. The one explicit list; no decisions.
import { type ApiServerDeps, probeApiServer } from '../../probes/api-server.ts';
import { askCorednsVersion } from '../../probes/coredns-version.ts';
import { probeServers } from '../../probes/dns-replicas.ts';
import { createSerialAsker, type SerialHint } from '../../probes/dns-serial.ts';
import { createDnsNetwork } from '../../probes/dns-tls.ts';
import { createIdentity } from '../../probes/identity.ts';
import type { ProbeContext } from '../../probes/observe.ts';
import { probeOpenTransfer } from '../../probes/open-transfer.ts';
import type { PemDeps } from '../../probes/pem.ts';
import { probeReference } from '../../probes/reference.ts';
import type { DnsTls } from '../config/cluster/dns-tls.ts';
import type { ClusterConfig } from '../config/schema.ts';
import { type SourceKind, sourcesOf } from '../config/sources/index.ts';
import type { DnsDeps } from '../dnswire/transport.ts';
import type { Endpoint } from '../lib/network.ts';
import type { ConfiguredSource, SnapshotSource } from '../snapshot/source.ts';
import { createAxfrSource } from '../snapshot/sources/axfr.ts';
import type { ClusterPorts } from '../tasks/cluster/ports.ts';
import { wireStandbys } from './wire-standbys.ts';
import { tsigKey, type Wires } from './wires.ts';

/** The probes of one cluster from here. */
export interface ClusterProbes {
  readonly apiServer: () => ReturnType<typeof probeApiServer>;
  /** What was learnt of each server before, by its address, spares questions. */
  readonly servers: (hints: Readonly<Record<string, SerialHint>>) => ReturnType<typeof probeServers>;
  /** Does the network from here work at all? */
  readonly reference: () => ReturnType<typeof probeReference>;
}

type SerialTarget = Parameters<typeof createSerialAsker>[1];

/** What can be asked and written: everything of the ports that depends on the network. */
export async function wireReach(
  wires: Wires,
  cluster: ClusterConfig,
): Promise<Pick<ClusterPorts, 'askCorednsVersion' | 'askOpenTransfer' | 'sources' | 'standbys'>> {
  const { dns, probe } = cluster;
  const near = nearTo(wires, cluster);
  // Who shows no certificate and knows no key.
  const { client: _unused, ...open } = dns.tls ?? {};
  const stranger = dnsOver(wires, near, dns.tls === undefined ? undefined : open);
  return {
    askCorednsVersion: ({ host }) => askCorednsVersion(near, { host, port: dns.metricsPort }, probe.timeoutMs),
    askOpenTransfer: (server) => probeOpenTransfer(stranger, server, cluster.zone, probe.timeoutMs),
    sources: await wireSources(wires, cluster),
    standbys: await wireStandbys(wires, cluster),
  };
}

/** How each kind of source is made. */
const sourceMakers: Readonly<Record<SourceKind, (wires: Wires, cluster: ClusterConfig) => Promise<SnapshotSource>>> = {
  axfr: wireAxfrSource,
};

/** The sources of a cluster, each with its terms. */
export function wireSources(wires: Wires, cluster: ClusterConfig): Promise<readonly ConfiguredSource[]> {
  return Promise.all(
    sourcesOf(cluster.snapshot).map(async (terms) => ({
      ...terms,
      source: await sourceMakers[terms.id](wires, cluster),
    })),
  );
}

/** Snapshots by zone transfer. */
async function wireAxfrSource(wires: Wires, cluster: ClusterConfig): Promise<SnapshotSource> {
  const { dns, snapshot } = cluster;
  const dnsDeps = dnsOver(wires, nearTo(wires, cluster), dns.tls);
  const serialTarget = await serialTargetOf(wires, cluster);
  return createAxfrSource(
    { ...dnsDeps, askSerial: createSerialAsker(dnsDeps, serialTarget) },
    {
      cluster: cluster.id,
      zone: cluster.zone,
      servers: dns.servers,
      timeoutMs: snapshot.timeoutMs,
      maxBytes: snapshot.maxBytes,
      maxRecords: snapshot.maxRecords,
      mustHave: snapshot.mustHave,
      behindSeconds: dns.behindSeconds,
      publishTtlSeconds: cluster.publish.ttlSeconds,
      ...(serialTarget.tsig === undefined ? {} : { tsig: serialTarget.tsig }),
    },
  );
}

/** The API server and the replicas, each to be asked by itself; `servers` default to all replicas. */
export async function wireProbes(
  wires: Wires,
  cluster: ClusterConfig,
  { vantage, group, servers = cluster.dns.servers, reference = [] }: WirePlace,
): Promise<ClusterProbes> {
  const { apiServer, dns, probe } = cluster;
  const { clock, execute } = wires;
  const identity = createIdentity({ clock, ...pemOf(wires), execute }, apiServer.identity, apiServer);
  const near = nearTo(wires, cluster);
  const dnsDeps = dnsOver(wires, near, dns.tls);
  const deps: ApiServerDeps = { ...near, ...pemOf(wires), identity };
  const context: ProbeContext = { cluster: cluster.id, vantage, group };
  const dnsTarget = {
    ...(await serialTargetOf(wires, cluster)),
    ttlSeconds: dns.ttlSeconds,
    knownName: dns.knownName,
    behindSeconds: dns.behindSeconds,
  };
  return {
    apiServer: () => probeApiServer(deps, { ...apiServer, timeoutMs: probe.timeoutMs }, context),
    servers: (hints) => probeServers(dnsDeps, servers, dnsTarget, context, hints),
    // Its own network, not a way through a tunnel to the cluster.
    reference: () => probeReference(wires, reference, probe.timeoutMs, context),
  };
}

export interface WirePlace {
  readonly vantage: string;
  readonly group: string;
  readonly servers?: ClusterConfig['dns']['servers'];
  /** Default: none. */
  readonly reference?: readonly Endpoint[];
}

function nearTo({ network, clock, random, targetNetwork }: Wires, cluster: ClusterConfig): DnsDeps {
  return { clock, random, network: targetNetwork?.(cluster) ?? network };
}

/** The same way, with TLS before each question where that is configured. */
function dnsOver(wires: Wires, near: DnsDeps, tls: DnsTls | undefined): DnsDeps {
  return { ...near, network: createDnsNetwork({ ...pemOf(wires), network: near.network }, tls) };
}

/** Files of the configuration, and secrets. */
function pemOf({ readFile, secrets }: Wires): PemDeps {
  return { readFile, readSecret: secrets };
}

async function serialTargetOf(wires: Wires, { id, zone, dns, probe }: ClusterConfig): Promise<SerialTarget> {
  const tsig = dns.tsig === undefined ? undefined : await tsigKey(wires, dns.tsig, `the transfer key of ${id}`);
  return {
    zone,
    serialMethod: dns.serialMethod,
    probeNamespace: dns.probeNamespace,
    timeoutMs: probe.timeoutMs,
    ...(tsig === undefined ? {} : { tsig }),
  };
}

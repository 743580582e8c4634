// Wires one cluster of a configuration, for any platform: probes, source and standby zones over what the platform gives. The one explicit
// list; no decisions.
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
import { probeStandby, type StandbyView } from '../../probes/standby.ts';
import { createStandbyDnsView } from '../../probes/standby-dns.ts';
import { createStandbyFileView } from '../../probes/standby-file.ts';
import { standbyTimeoutMs, standbyZone } from '../config/checks.ts';
import type { DnsTls } from '../config/cluster/dns-tls.ts';
import type { ClusterConfig, StandbyConfig, TsigConfig, ZonefileConfig } from '../config/schema.ts';
import type { SecretReader } from '../config/secret.ts';
import { type SourceKind, sourcesOf } from '../config/sources/index.ts';
import type { ExpectedStandby } from '../decision/health/expected-standby.ts';
import type { Observation } from '../decision/health/observation.ts';
import type { DnsDeps } from '../dnswire/transport.ts';
import { importTsigKey, type TsigKey } from '../dnswire/tsig.ts';
import { assertNever } from '../lib/assert.ts';
import type { Endpoint, Network } from '../lib/network.ts';
import type { Provider } from '../providers/provider.ts';
import { createRfc2136Provider } from '../providers/rfc2136/rfc2136.ts';
import { createZonefileProvider, createZonefileReader, type TextFile } from '../providers/zonefile/zonefile.ts';
import type { Name } from '../records/name.ts';
import type { ConfiguredSource, SnapshotSource } from '../snapshot/source.ts';
import { createAxfrSource } from '../snapshot/sources/axfr.ts';
import type { ClusterPorts, Standby } from '../tasks/cluster/ports.ts';
import { requireSecret } from './secrets.ts';

/** What a platform gives. */
export interface Wires extends DnsDeps {
  readonly secrets: SecretReader;
  /** The way to the API server and CoreDNS, where that is another than to the standby. */
  readonly targetNetwork?: (cluster: ClusterConfig) => Network;
  /** A text file of the configuration; LifeboatError `config` where it cannot be read, or where there are no files. */
  readonly readFile: (path: string) => Promise<string>;
  /** Runs a credential command; LifeboatError `config` where there are no processes. */
  readonly execute: Parameters<typeof createIdentity>[0]['execute'];
  /** The file of a standby; LifeboatError `config` where there are no files. */
  readonly openZonefile: (standby: ZonefileConfig) => TextFile;
  /** Records of a standby that there is memory for; without it the provider's own limit. */
  readonly maxZoneRecords?: number;
}

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
    standbys: await Promise.all(cluster.standby.map((standby) => wireStandby(wires, cluster, standby))),
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

/** Asks the standby zones from here, each as it is expected to be; those that the configuration has no more are left out. */
export type StandbyProbe = (expected: readonly ExpectedStandby[]) => Promise<readonly Observation[]>;

/** The probe of all standby zones. */
export async function wireStandbyProbe(
  wires: Wires,
  cluster: ClusterConfig,
  { vantage, group }: Pick<WirePlace, 'vantage' | 'group'>,
): Promise<StandbyProbe> {
  const views = await Promise.all(cluster.standby.map((standby) => wireView(wires, cluster, standby)));
  const context: ProbeContext = { cluster: cluster.id, vantage, group };
  return async (expected) => {
    const rounds = views.map(async (view) => {
      const own = expected.find(({ id }) => id === view.id);
      return own === undefined ? [] : probeStandby(wires.clock, view, own, context);
    });
    return (await Promise.all(rounds)).flat();
  };
}

async function wireView(wires: Wires, cluster: ClusterConfig, standby: StandbyConfig): Promise<StandbyView> {
  const zone = standbyZone(standby, cluster);
  const { id } = standby;
  switch (standby.kind) {
    case 'rfc2136': {
      const { server } = standby;
      const tsig = await tsigKey(wires, standby.tsig, `the update key of ${cluster.id}`);
      const { timeoutMs } = cluster.probe;
      return createStandbyDnsView(wires, { id, server, zone, tsig, timeoutMs });
    }
    case 'zonefile': {
      const file = wires.openZonefile(standby);
      return createStandbyFileView(createZonefileReader(file, zone), { id, where: file.label, zone });
    }
    default:
      return assertNever(standby, 'standby');
  }
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

async function wireStandby(wires: Wires, cluster: ClusterConfig, standby: StandbyConfig): Promise<Standby> {
  const zone = standbyZone(standby, cluster);
  const provider = await wireProvider(wires, cluster, standby, zone);
  return { id: standby.id, provider, timeoutMs: standbyTimeoutMs(standby), zone };
}

async function wireProvider(
  wires: Wires,
  cluster: ClusterConfig,
  standby: StandbyConfig,
  zone: Name,
): Promise<Provider> {
  switch (standby.kind) {
    case 'rfc2136': {
      const tsig = await tsigKey(wires, standby.tsig, `the update key of ${cluster.id}`);
      const { maxZoneRecords: maxRecords } = wires;
      return createRfc2136Provider(wires, {
        server: standby.server,
        zone,
        tsig,
        timeoutMs: standby.timeoutMs,
        ...(maxRecords === undefined ? {} : { maxRecords }),
      });
    }
    case 'zonefile':
      return createZonefileProvider({ file: wires.openZonefile(standby) }, { zone });
    default:
      return assertNever(standby, 'standby');
  }
}

async function tsigKey({ secrets }: Wires, tsig: TsigConfig, usedFor: string): Promise<TsigKey> {
  return importTsigKey(tsig.name, requireSecret(secrets, tsig.secret.secret, usedFor));
}

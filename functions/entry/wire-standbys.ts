// Wires the standby zones of a cluster: of each what writes it and what looks at it. The one explicit list of what each kind does; what it is
// configured with is listed in functions/config/standby/index.ts.
import { probeStandby, type StandbyView } from '../../probes/standby.ts';
import { createStandbyDnsView } from '../../probes/standby-dns.ts';
import { createStandbyFileView } from '../../probes/standby-file.ts';
import type { ClusterConfig, StandbyConfig } from '../config/schema.ts';
import { factsOf } from '../config/standby/index.ts';
import type { AnyStandbyConfig, StandbyFacts } from '../config/standby/kind.ts';
import type { ExpectedStandby } from '../decision/health/expected-standby.ts';
import type { Observation } from '../decision/health/observation.ts';
import { assertNever } from '../lib/assert.ts';
import type { Provider } from '../providers/provider.ts';
import { createRfc2136Provider } from '../providers/rfc2136/rfc2136.ts';
import { createZonefileProvider, createZonefileReader } from '../providers/zonefile/zonefile.ts';
import type { Name } from '../records/name.ts';
import type { Standby } from '../tasks/cluster/ports.ts';
import { tsigKey, type Wires } from './wires.ts';

/** Those of a cluster, in the order of its configuration. */
export function wireStandbys(wires: Wires, cluster: ClusterConfig): Promise<readonly Standby[]> {
  return wireEach(wires, cluster, cluster.standby, known);
}

/** Asks the standby zones from here, each as it is expected to be; those that the configuration has no more are left out. */
export type StandbyProbe = (expected: readonly ExpectedStandby[]) => Promise<readonly Observation[]>;

/** The probe of all standby zones. */
export function wireStandbyProbe(wires: Wires, cluster: ClusterConfig, place: Place): Promise<StandbyProbe> {
  return wireProbeOfEach(wires, cluster, cluster.standby, known, place);
}

interface Place {
  readonly vantage: string;
  readonly group: string;
}

/** What the two explicit lists say of the kinds that there are. */
export interface KnownStandbys<One extends AnyStandbyConfig> {
  readonly factsOf: (config: One, clusterZone: Name) => StandbyFacts;
  readonly wire: (wires: Wires, cluster: ClusterConfig, config: One, zone: Name) => Promise<WiredStandby>;
}

export interface WiredStandby {
  /** Writes it. */
  readonly provider: Provider;
  /** Looks at it. */
  readonly view: StandbyView;
}

const known: KnownStandbys<StandbyConfig> = { factsOf, wire: wireKind };

export function wireEach<One extends AnyStandbyConfig>(
  wires: Wires,
  cluster: ClusterConfig,
  configs: readonly One[],
  { factsOf, wire }: KnownStandbys<One>,
): Promise<readonly Standby[]> {
  return Promise.all(
    configs.map(async (config): Promise<Standby> => {
      const { zone, timeoutMs } = factsOf(config, cluster.zone);
      const { provider } = await wire(wires, cluster, config, zone);
      return { id: config.id, provider, timeoutMs, zone };
    }),
  );
}

export async function wireProbeOfEach<One extends AnyStandbyConfig>(
  wires: Wires,
  cluster: ClusterConfig,
  configs: readonly One[],
  { factsOf, wire }: KnownStandbys<One>,
  { vantage, group }: Place,
): Promise<StandbyProbe> {
  const wired = configs.map((config) => wire(wires, cluster, config, factsOf(config, cluster.zone).zone));
  const views = (await Promise.all(wired)).map(({ view }) => view);
  const context = { cluster: cluster.id, vantage, group };
  return async (expected) => {
    const rounds = views.map(async (view) => {
      const own = expected.find(({ id }) => id === view.id);
      return own === undefined ? [] : probeStandby(wires.clock, view, own, context);
    });
    return (await Promise.all(rounds)).flat();
  };
}

export async function wireKind(
  wires: Wires,
  { id: cluster, probe }: ClusterConfig,
  config: StandbyConfig,
  zone: Name,
): Promise<WiredStandby> {
  const { id } = config;
  switch (config.kind) {
    case 'rfc2136': {
      const { server, timeoutMs } = config;
      const tsig = await tsigKey(wires, config.tsig, `the update key of ${cluster}`);
      const { maxZoneRecords: maxRecords } = wires;
      const limits = maxRecords === undefined ? {} : { maxRecords };
      return {
        provider: createRfc2136Provider(wires, { server, zone, tsig, timeoutMs, ...limits }),
        view: createStandbyDnsView(wires, { id, server, zone, tsig, timeoutMs: probe.timeoutMs }),
      };
    }
    case 'zonefile': {
      const file = wires.openZonefile(config);
      return {
        provider: createZonefileProvider({ file }, { zone }),
        view: createStandbyFileView(createZonefileReader(file, zone), { id, where: file.label, zone }),
      };
    }
    default:
      return assertNever(config, 'standby');
  }
}

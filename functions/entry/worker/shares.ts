// Which object probes what: the targets of a cluster, parted so that no object needs more connections than it may have. Asks them all at
// once and puts together what they saw. It judges nothing.
import { compareReplicas, type ReplicasMemory } from '../../../probes/dns-replicas.ts';
import type { ClusterConfig, VantageConfig } from '../../config/schema.ts';
import type { ExpectedStandby } from '../../decision/health/expected-standby.ts';
import type { Observation } from '../../decision/health/observation.ts';
import { withDeadline } from '../../lib/deadline.ts';
import type { Clock } from '../../lib/deps.ts';
import { formatEndpoint } from '../../lib/endpoint.ts';
import type { Bindings } from './bindings.ts';
import type { VantageShare } from './vantage-share.ts';

type EdgeVantage = Extract<VantageConfig, { kind: 'edge' }>;

/** The deployment's own place, as the configuration's `vantage` names it. */
type Home = Pick<EdgeVantage, 'id' | 'group'>;

/** A share without what was learnt before, and the object that has it. */
export interface PlacedShare extends Omit<VantageShare, 'hints' | 'standby'> {
  readonly object: string;
  /** The id of the standby that it looks at. */
  readonly standby?: string;
  readonly location?: EdgeVantage['location'];
}

/**
 * The API server takes four connections at once, a replica two: the object's limit is five. A standby takes them all for a moment, and for the
 * whole deadline when it hangs: it has an object of its own.
 */
const replicasPerObject = 2;
/** What an object may need besides the probes' own deadline, to start and to answer. */
const graceMs = 1_500;

/** The shares of the Worker's own vantages; those inside a network report by themselves. */
function sharesOf({ id: cluster, vantages, dns }: ClusterConfig): readonly PlacedShare[] {
  const servers = dns.servers.map(formatEndpoint);
  return vantages.flatMap((vantage) => {
    if (vantage.kind !== 'edge') return [];
    const { id, group, location, targets, reference } = vantage;
    const base = { cluster, vantage: id, group, ...(location === undefined ? {} : { location }) };
    const object = (share: string) => `${cluster}/${id}/${location ?? 'any'}/${share}`;
    const none = { ...base, apiServer: false, servers: [], reference: false };
    const api = { ...none, object: object('apiserver'), apiServer: true };
    const dnsShares = chunks(servers, replicasPerObject).map((some, i) => {
      return { ...none, object: object(`dns-${i}`), servers: some };
    });
    return [
      ...(targets.includes('apiserver') ? [api] : []),
      ...(targets.includes('dns') ? dnsShares : []),
      // In connections of its own, like everything else.
      ...(reference.length > 0 ? [{ ...none, object: object('reference'), reference: true }] : []),
    ];
  });
}

/** Where a standby is looked at from: every edge vantage; without one the deployment itself, since somebody must. */
function standbySharesOf({ id: cluster, vantages, standby }: ClusterConfig, home: Home): readonly PlacedShare[] {
  const edges = vantages.filter((vantage) => vantage.kind === 'edge');
  const places: readonly (Home & Pick<EdgeVantage, 'location'>)[] = edges.length > 0 ? edges : [home];
  return places.flatMap(({ id, group, location }) =>
    standby.map((one) => ({
      ...{ cluster, vantage: id, group, apiServer: false, servers: [], reference: false },
      object: `${cluster}/${id}/${location ?? 'any'}/standby-${one.id}`,
      standby: one.id,
      ...(location === undefined ? {} : { location }),
    })),
  );
}

/** One round over all shares. An object that does not answer has seen nothing, which is unknown and never down. */
export function createEdgeProbe(
  env: Pick<Bindings, 'VANTAGES'>,
  clock: Clock,
  cluster: ClusterConfig,
  home: Home,
  onFault: (what: string, error: unknown) => void,
): (expected: readonly ExpectedStandby[]) => Promise<readonly Observation[]> {
  const shares = sharesOf(cluster);
  const standbyShares = standbySharesOf(cluster, home);
  const memories = new Map<string, ReplicasMemory>();
  const ask = async (
    { object, location, standby: _id, ...share }: PlacedShare,
    standby?: ExpectedStandby,
  ): Promise<readonly Observation[]> => {
    const hints = memories.get(share.vantage) ?? {};
    const place = location === undefined ? {} : { locationHint: location };
    const what = `the vantage object ${object}`;
    try {
      return await withDeadline(clock, { what, timeoutMs: cluster.probe.timeoutMs + graceMs }, () =>
        env.VANTAGES.getByName(object, place).probe({
          ...share,
          hints: hintsOf(hints, share.servers),
          ...(standby === undefined ? {} : { standby }),
        }),
      );
    } catch (error) {
      onFault(what, error);
      return [];
    }
  };
  return async (expected) => {
    const [seen, standbys] = await Promise.all([
      Promise.all(shares.map((share) => ask(share))),
      Promise.all(
        standbyShares.map((share) =>
          ask(
            share,
            expected.find(({ id }) => id === share.standby),
          ),
        ),
      ),
    ]);
    const replicas = [...Map.groupBy(seen.flat(), ({ vantage }) => vantage)].flatMap(([vantage, own]) => {
      const compared = compareReplicas(memories.get(vantage) ?? {}, own, cluster.dns.behindSeconds);
      memories.set(vantage, compared.memory);
      return compared.observations;
    });
    return [...replicas, ...standbys.flat()];
  };
}

function hintsOf(memory: ReplicasMemory, servers: readonly string[]): VantageShare['hints'] {
  return Object.fromEntries(
    servers.flatMap((server) => {
      const known = memory[server];
      if (known === undefined) return [];
      const { method, serial } = known;
      return [[server, { ...(method === undefined ? {} : { method }), ...(serial === undefined ? {} : { serial }) }]];
    }),
  );
}

function chunks<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

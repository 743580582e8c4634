// A whole cluster in memory for tests of tasks and commands: a weather that tests change, a source, a standby zone, a channel and a clock
// that jumps. The ports are the real ones; only what is behind them is made up.
import type { Delivery, SendResult } from '../../functions/alerts/delivery.ts';
import { parseConfig } from '../../functions/config/parse.ts';
import type { ClusterConfig, Config } from '../../functions/config/schema.ts';
import { sourcesOf } from '../../functions/config/sources/index.ts';
import type { Observation } from '../../functions/decision/health/observation.ts';
import type { Clock } from '../../functions/lib/deps.ts';
import { formatEndpoint } from '../../functions/lib/endpoint.ts';
import { messageOf } from '../../functions/lib/errors.ts';
import { createLimiter } from '../../functions/lib/limiter.ts';
import { createMemoryProvider, type MemoryProvider } from '../../functions/providers/memory.ts';
import type { Provider } from '../../functions/providers/provider.ts';
import { markerSet } from '../../functions/providers/zone-state.ts';
import { child, parseName } from '../../functions/records/name.ts';
import type { DnsRecord, Rrset } from '../../functions/records/rrset.ts';
import { buildSnapshot } from '../../functions/snapshot/build.ts';
import type { CaptureResult } from '../../functions/snapshot/source.ts';
import { createMemoryStore } from '../../functions/stores/memory.ts';
import type { ClusterPorts, Standby } from '../../functions/tasks/cluster/ports.ts';
import { probeStandby, type StandbyView } from '../../probes/standby.ts';

/** A provider as one of a cluster's standbys; its default is the one of the configuration below. */
export function asStandby(provider: Provider, id = 'zonefile'): Standby {
  return { id, provider, timeoutMs: 30_000, zone: provider.zone };
}

/** What the zone in memory would answer. */
export function viewOf({ id, provider }: Pick<Standby, 'id' | 'provider'>): StandbyView {
  const { zone } = provider;
  return {
    id,
    where: 'memory',
    zone,
    begin: () => async (name, type) => {
      const read = await provider.readZone(AbortSignal.timeout(1000)).catch(messageOf);
      if (typeof read === 'string')
        return { status: 'failed', condition: 'down', reason: 'unreachable', evidence: read };
      const { rrsets, marker } = read;
      const soa: Rrset = { name: zone, type: 'SOA', ttlSeconds: 30, values: ['ns. hostmaster. 1 3600 600 86400 30'] };
      const sets = [...rrsets, soa, ...(marker === undefined ? [] : [markerSet(zone, marker)])];
      const values = sets.find((set) => set.name === name && set.type === type)?.values ?? [];
      return { status: 'answered', rcode: values.length > 0 ? 'NOERROR' : 'NXDOMAIN', isAuthoritative: true, values };
    },
  };
}

export type Weather = 'calm' | 'api-down' | 'dns-down' | 'credential';

export interface FakeCluster {
  readonly ports: ClusterPorts;
  readonly provider: MemoryProvider;
  readonly sent: readonly Delivery[];
  weather: Weather;
  /** Addresses of Services, with a space between, by name: `web.shop`. */
  readonly services: Map<string, string>;
  /** How the channel answers; default delivered. */
  answer: SendResult;
  /** When the source fails: the evidence. */
  captureRefusal: string | undefined;
  /** Moves the clock on by so many milliseconds; for the cluster's own clock only. */
  pass(ms: number): void;
}

export const zone = parseName('cluster.local');

export function createJumpingClock(start = 1_700_000_000_000): Clock & { pass(ms: number): void } {
  let now = start;
  return {
    now: () => now,
    pass: (ms) => {
      now += ms;
    },
    sleep: async (ms) => {
      now += ms;
      // Lets other work go on, as a real sleep does.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** Which deployment it is, of which cluster. */
export interface FakeDeployment {
  readonly writer?: string;
  readonly cluster?: string;
}

export function fakeConfig({ writer, cluster = 'prod' }: FakeDeployment = {}): Config {
  const parsed = parseConfig({
    ...(writer === undefined ? {} : { writer }),
    clusters: [
      {
        id: cluster,
        apiServer: { url: 'https://10.0.0.1:6443', identity: { kind: 'token', file: 'token' } },
        dns: { servers: ['10.0.0.10', '10.0.0.11'] },
        probe: { intervalMs: 5000, timeoutMs: 3000 },
        standby: [{ kind: 'zonefile', file: 'standby.zone' }],
      },
    ],
    alerts: { channels: [{ kind: 'webhook', id: 'oncall', url: 'https://pager.example/', secret: { secret: 'KEY' } }] },
  });
  if (parsed.status === 'invalid') throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

export interface FakeOptions extends FakeDeployment {
  readonly clock?: Clock;
  /** A standby zone that others write to as well. */
  readonly provider?: MemoryProvider;
}

export function createFakeCluster(options: FakeOptions = {}): FakeCluster {
  const config = fakeConfig(options);
  const [cluster] = config.clusters;
  if (cluster === undefined) throw new Error('a cluster is needed');
  const jumping = createJumpingClock();
  const clock = options.clock ?? jumping;
  const provider = options.provider ?? createMemoryProvider({ zone });
  const sent: Delivery[] = [];
  let seenAt = 0;
  /** No two rounds look at the same instant, even where the clock stands still. */
  const nextInstant = () => {
    seenAt = Math.max(seenAt + 1, clock.now());
    return seenAt;
  };
  const fake: FakeCluster = {
    provider,
    sent,
    weather: 'calm',
    services: new Map([
      ['kubernetes.default', '10.96.0.1'],
      ['web.shop', '10.96.0.10'],
    ]),
    answer: { status: 'delivered' },
    captureRefusal: undefined,
    pass: jumping.pass,
    ports: {
      config,
      cluster,
      clock,
      life: 'first',
      store: createMemoryStore(),
      recordTurn: createLimiter(1),
      probe: async (expected) => {
        const context = { cluster: cluster.id, vantage: 'local', group: 'local' };
        const at = { now: nextInstant };
        const standbys = expected.map((one) =>
          probeStandby(at, viewOf(asStandby(fake.provider, one.id)), one, context),
        );
        return [...roundOf(cluster, fake.weather, nextInstant()), ...(await Promise.all(standbys)).flat()];
      },
      askCorednsVersion: async () => ({ status: 'known', version: '1.15.0' }),
      askOpenTransfer: async () => ({ status: 'closed', evidence: 'AXFR without a key is refused' }),
      sources: sourcesOf(cluster.snapshot).map((terms) => {
        return { ...terms, source: { capture: async (places) => captureOf(fake, cluster, places, clock.now()) } };
      }),
      standbys: [asStandby(provider)],
      channels: [
        {
          id: 'oncall',
          timeoutMs: 5_000,
          repeats: 'outbox',
          send: async (delivery) => {
            sent.push(delivery);
            return fake.answer;
          },
        },
      ],
    },
  };
  return fake;
}

function roundOf(cluster: ClusterConfig, weather: Weather, now: number): readonly Observation[] {
  const base = { cluster: cluster.id, vantage: 'local', group: 'local', observedAt: now, latencyMs: 3 } as const;
  const api = { kind: 'apiserver', id: '10.0.0.1:6443' } as const;
  const up = { condition: 'up', reason: 'none', evidence: 'as it should be' } as const;
  const read: Pick<Observation, 'condition' | 'reason' | 'evidence'> =
    weather === 'credential' ? { condition: 'unknown', reason: 'credential', evidence: '401' } : up;
  const gone = { condition: 'down', reason: 'refused', evidence: 'connection refused' } as const;
  const apiSeen: Observation[] =
    weather === 'api-down'
      ? [{ ...base, target: api, signal: 'apiserver.connect', ...gone }]
      : [
          { ...base, target: api, signal: 'apiserver.connect', ...up },
          { ...base, target: api, signal: 'apiserver.ready', ...up },
          { ...base, target: api, signal: 'apiserver.read', ...read },
        ];
  const dnsSeen = cluster.dns.servers.flatMap((server): Observation[] => {
    const target = { kind: 'dns', id: formatEndpoint(server) } as const;
    const seen = weather === 'dns-down' ? gone : up;
    return [
      { ...base, target, signal: 'dns.answer', ...seen },
      { ...base, target, signal: 'dns.serial', ...seen, details: { serial: 1_700_000_000 } },
    ];
  });
  return [...apiSeen, ...dnsSeen];
}

async function captureOf(
  fake: FakeCluster,
  cluster: ClusterConfig,
  servers: readonly string[],
  now: number,
): Promise<CaptureResult> {
  const [server] = servers;
  if (fake.captureRefusal !== undefined || server === undefined) {
    const attempts = servers.map(
      (place) => ({ place, kind: 'unreachable', code: 'down', evidence: fake.captureRefusal ?? '' }) as const,
    );
    return { status: 'refused', bytes: 0, tookMs: 1, attempts };
  }
  const records = [...fake.services].flatMap(([name, addresses]) =>
    addresses
      .split(' ')
      .map((value): DnsRecord => ({ name: child(`${name}.svc`, zone), type: 'A', ttlSeconds: 30, value })),
  );
  const snapshot = await buildSnapshot({
    cluster: cluster.id,
    zone,
    origin: { kind: 'axfr', server, signed: true },
    freshness: { kind: 'serial', serial: Math.floor(now / 1000) },
    takenAt: now,
    records,
  });
  return { status: 'captured', snapshot, bytes: 1000, tookMs: 1, attempts: [], notes: [] };
}

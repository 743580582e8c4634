// A Worker's ear in memory for tests: a cluster that is looked at from inside, the control port that hears it, and a hand that signs anything.
import { parseConfig } from '../../functions/config/parse.ts';
import type { ClusterConfig, Config } from '../../functions/config/schema.ts';
import type { Observation } from '../../functions/decision/health/observation.ts';
import type { ClusterEvent } from '../../functions/decision/machine/event.ts';
import { policyFrom } from '../../functions/decision/machine/policy.ts';
import { type ClusterState, initialState } from '../../functions/decision/machine/state.ts';
import { step } from '../../functions/decision/machine/step.ts';
import type { Clock } from '../../functions/lib/deps.ts';
import { formatEndpoint } from '../../functions/lib/endpoint.ts';
import { createLimiter } from '../../functions/lib/limiter.ts';
import { child, isHostName, type Name } from '../../functions/records/name.ts';
import type { DnsRecord } from '../../functions/records/rrset.ts';
import { buildSnapshot } from '../../functions/snapshot/build.ts';
import { encodeSnapshot } from '../../functions/snapshot/codec.ts';
import type { Snapshot } from '../../functions/snapshot/snapshot.ts';
import { createMemoryStore } from '../../functions/stores/memory.ts';
import type { Store } from '../../functions/stores/store.ts';
import type { CaptureAnswer } from '../../functions/tasks/capture/answered.ts';
import { keepFresh } from '../../functions/tasks/capture/capture.ts';
import type { VantageRequest } from '../../functions/tasks/control/control-port.ts';
import { createVantageKeys, importPrivateKey } from '../../functions/vantage/protocol/keys.ts';
import { encodeReport, observationsPath } from '../../functions/vantage/protocol/report.ts';
import { signRequest } from '../../functions/vantage/protocol/sign.ts';
import {
  createVantageReceiver,
  type HeardRound,
  type VantageReceiver,
} from '../../functions/vantage/receiver/receive.ts';
import type { HeardRefusals } from '../../functions/vantage/receiver/refusals.ts';
import { zone } from './cluster.ts';

export const rackKeys = await createVantageKeys(new Uint8Array(32).fill(1));
export const closetKeys = await createVantageKeys(new Uint8Array(32).fill(2));

/** A cluster with two vantages inside: `rack` sees and captures all, `closet` sees DNS alone. */
export function insideConfig(changes: Readonly<Record<string, unknown>> = {}): Config {
  const parsed = parseConfig({
    clusters: [
      {
        id: 'prod',
        apiServer: { url: 'https://10.0.0.1:6443', identity: { kind: 'token', file: 'token' } },
        dns: { servers: ['10.0.0.10', '10.0.0.11'] },
        probe: { intervalMs: 5000, timeoutMs: 3000 },
        standby: [{ kind: 'zonefile', file: 'standby.zone' }],
        vantages: [
          { kind: 'inside', id: 'rack', group: 'dc', publicKey: rackKeys.publicKey },
          {
            kind: 'inside',
            id: 'closet',
            group: 'dc',
            publicKey: closetKeys.publicKey,
            captures: false,
            targets: ['dns'],
          },
        ],
        ...changes,
      },
    ],
  });
  if (parsed.status === 'invalid') throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

/** What a round of the vantage sees. */
export function roundAt(
  cluster: ClusterConfig,
  now: number,
  weather: 'calm' | 'api-down' = 'calm',
): readonly Observation[] {
  const base = { cluster: cluster.id, vantage: 'rack', group: 'dc', observedAt: now, latencyMs: 2.5 } as const;
  const api = { kind: 'apiserver', id: '10.0.0.1:6443' } as const;
  const up = { condition: 'up', reason: 'none', evidence: 'as it should be' } as const;
  const gone = { condition: 'down', reason: 'refused', evidence: 'connection refused' } as const;
  const seen = weather === 'calm' ? up : gone;
  return [
    { ...base, target: api, signal: 'apiserver.connect', ...seen },
    ...(weather === 'calm' ? ([{ ...base, target: api, signal: 'apiserver.read', ...up }] as const) : []),
    ...cluster.dns.servers.flatMap((server): Observation[] => {
      const target = { kind: 'dns', id: formatEndpoint(server) } as const;
      return [
        { ...base, target, signal: 'dns.answer', ...up },
        { ...base, target, signal: 'dns.serial', ...up, details: { serial: 1_700_000_000 } },
      ];
    }),
  ];
}

export async function snapshotOf(
  number: number,
  takenAt: number,
  names: readonly string[] = ['kubernetes.default'],
): Promise<Snapshot> {
  const snapshot = await buildSnapshot({
    cluster: 'prod',
    zone,
    origin: { kind: 'axfr', server: '10.0.0.10:53', signed: true },
    freshness: { kind: 'serial', serial: 1_700_000_000 },
    takenAt,
    records: names.map((name) => recordAt(child(`${name}.svc`, zone))),
  });
  return { ...snapshot, number };
}

/** An address where the name may have one. */
function recordAt(name: Name): DnsRecord {
  const data = isHostName(name)
    ? ({ type: 'A', value: '10.96.0.1' } as const)
    : ({ type: 'TXT', value: '"x"' } as const);
  return { name, ttlSeconds: 30, ...data };
}

/** Signs as a vantage does, or as nobody should. */
export interface Hand {
  request(method: string, path: string, body: string, changes?: HandChanges): Promise<VantageRequest>;
  observations(seen: readonly Observation[], changes?: HandChanges): Promise<VantageRequest>;
  snapshot(snapshot: Snapshot, changes?: HandChanges): Promise<VantageRequest>;
}

export interface HandChanges {
  readonly keyId?: string;
  readonly privateKey?: string;
  readonly cluster?: string;
  readonly count?: number;
  readonly startedAt?: number;
  readonly createdSeconds?: number;
}

export function createHand(clock: Pick<Clock, 'now'>): Hand {
  let count = 0;
  const begunAt = clock.now();
  const request: Hand['request'] = async (method, path, body, changes = {}) => {
    const nonce = { startedAt: changes.startedAt ?? begunAt, count: changes.count ?? ++count };
    const createdSeconds = changes.createdSeconds ?? Math.floor(clock.now() / 1000);
    const facts = { keyId: changes.keyId ?? 'rack', createdSeconds, nonce };
    const key = await importPrivateKey(changes.privateKey ?? rackKeys.privateKey);
    return signRequest({ method, path, headers: {}, body }, changes.cluster ?? 'prod', facts, key);
  };
  return {
    request,
    observations: (seen, changes) => request('POST', observationsPath, encodeReport(seen, []), changes),
    snapshot: async (snapshot, changes) =>
      request('PUT', `/v1/snapshots/${snapshot.number}`, await encodeSnapshot(snapshot), changes),
  };
}

/** A control port with a machine behind it, and a clock that tests move. Sleeps end when the clock has passed them. */
export interface Ear {
  readonly cluster: ClusterConfig;
  readonly clock: Clock;
  readonly hand: Hand;
  readonly rounds: readonly HeardRound[];
  readonly refusals: readonly HeardRefusals[];
  /** What was told of snapshots that vantages were asked for. */
  readonly answers: readonly CaptureAnswer[];
  readonly store: Store;
  /** The next snapshot cannot be kept. */
  breakKeeping(): void;
  readonly state: ClusterState;
  /** Open incidents, without the cluster. */
  readonly open: readonly string[];
  /** Writes of the control port's own document. */
  readonly writes: number;
  control: VantageReceiver;
  pass(ms: number): Promise<void>;
  /** The same store, nothing else. */
  restart(): void;
  tell(event: ClusterEvent): void;
}

export function createEar(config: Config = insideConfig(), store: Store = createMemoryStore()): Ear {
  const [cluster] = config.clusters;
  if (cluster === undefined) throw new Error('a cluster is needed');
  const clock = createSteppedClock();
  const policy = { ...policyFrom(cluster, [], 3_600_000, ['rack']) };
  const rounds: HeardRound[] = [];
  const refusals: HeardRefusals[] = [];
  const answers: CaptureAnswer[] = [];
  const recordTurn = createLimiter(1);
  let writes = 0;
  let isBroken = false;
  let state = initialState('prod', clock.now());
  const counting: Store = {
    ...store,
    write: (...args) => {
      writes++;
      return store.write(...args);
    },
  };
  const tell = (event: ClusterEvent) => {
    state = step(state, event, policy, clock.now()).state;
  };
  const open = () =>
    createVantageReceiver({
      clock,
      store: counting,
      cluster,
      keep: async (fresh) => {
        if (isBroken) {
          isBroken = false;
          throw new Error('EIO');
        }
        return (await keepFresh({ clock, store, cluster, recordTurn }, fresh)).snapshot.number;
      },
      answered: async (answer) => void answers.push(answer),
      onObserved: async (round) => {
        rounds.push(round);
        tell({ kind: 'observed', ...round });
      },
      onRefused: async (refused) => {
        refusals.push(refused);
        tell({ kind: 'vantage-refused', ...refused });
      },
    });
  const ear: Ear = {
    cluster,
    clock,
    rounds,
    refusals,
    answers,
    store,
    breakKeeping: () => {
      isBroken = true;
    },
    hand: createHand(clock),
    get state() {
      return state;
    },
    get open() {
      return Object.keys(state.incidents).map((key) => key.replace('prod/', ''));
    },
    get writes() {
      return writes;
    },
    control: open(),
    pass: clock.pass,
    restart: () => {
      ear.control = open();
      tell({ kind: 'restarted' });
    },
    tell,
  };
  return ear;
}

export function createSteppedClock(start = 1_700_000_000_000): Clock & { pass(ms: number): Promise<void> } {
  let now = start;
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = { until: now + ms, wake: resolve };
        sleepers.add(sleeper);
        const end = () => {
          sleepers.delete(sleeper);
          resolve();
        };
        if (signal?.aborted) end();
        else signal?.addEventListener('abort', end, { once: true });
      }),
    pass: async (ms) => {
      now += ms;
      for (const sleeper of [...sleepers]) {
        if (sleeper.until > now) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
      // What was woken goes on first.
      for (let i = 0; i < 10; i++) await Promise.resolve();
    },
  };
}

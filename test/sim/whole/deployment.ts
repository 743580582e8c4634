// One deployment of Lifeboat in the simulation: the real controller over real tasks, on a store that may fail or be lost, with a pager that may
// not take anything. It can be killed at any await: nothing that the old life does then reaches anybody.

import type { Delivery } from '../../../functions/alerts/delivery.ts';
import { parseConfig } from '../../../functions/config/parse.ts';
import { sourcesOf } from '../../../functions/config/sources/index.ts';
import type { Clock } from '../../../functions/lib/deps.ts';
import { LifeboatError } from '../../../functions/lib/errors.ts';
import { createLimiter } from '../../../functions/lib/limiter.ts';
import type { Provider } from '../../../functions/providers/provider.ts';
import { child, parseName } from '../../../functions/records/name.ts';
import type { DnsRecord } from '../../../functions/records/rrset.ts';
import { buildSnapshot } from '../../../functions/snapshot/build.ts';
import type { CaptureResult, SnapshotSource } from '../../../functions/snapshot/source.ts';
import { createMemoryStore } from '../../../functions/stores/memory.ts';
import type { Store } from '../../../functions/stores/store.ts';
import { createEnduringStore } from '../../../functions/tasks/cluster/enduring-store.ts';
import type { ClusterPorts, Standby } from '../../../functions/tasks/cluster/ports.ts';
import { type ClusterRecord, readRecord } from '../../../functions/tasks/cluster/record.ts';
import { type Controller, createController } from '../../../functions/tasks/loop/controller.ts';
import { probeStandby } from '../../../probes/standby.ts';
import { asStandby, viewOf } from '../../fakes/cluster.ts';
import { replicas, type Truth } from './truth.ts';
import type { SimulatedZone } from './zone.ts';

export const zone = parseName('cluster.local');
export const intervalMs = 5_000;

export interface DeploymentOptions {
  readonly writer: string;
  readonly vantages: readonly string[];
  readonly truth: Truth;
  readonly zones: readonly SimulatedZone[];
  readonly clock: Clock;
  readonly policy?: object;
}

/** One life: after `end` its ports answer nothing any more. */
interface Life {
  readonly controller: Controller;
  readonly ports: ClusterPorts;
  end(): void;
}

export class Deployment {
  readonly writer: string;
  /** Everything that the pager took, in order. */
  readonly told: Delivery[] = [];
  /** Faults of Lifeboat itself that it reported. */
  readonly faults: string[] = [];
  isPagerDown = false;
  isStoreDown = false;
  private readonly options: DeploymentOptions;
  private documents: Store = createMemoryStore();
  private life: Life;
  private lives = 0;

  constructor(options: DeploymentOptions) {
    this.options = options;
    this.writer = options.writer;
    this.life = this.begin();
  }

  get controller(): Controller {
    return this.life.controller;
  }

  get ports(): ClusterPorts {
    return this.life.ports;
  }

  async record(): Promise<ClusterRecord> {
    return (await readRecord(this.life.ports)).record;
  }

  async start(): Promise<void> {
    await this.life.controller.begin();
  }

  async round(): Promise<void> {
    const { controller } = this.life;
    await controller.round();
    await Promise.all([controller.deliver(), controller.rest()]);
    await controller.deliver();
  }

  /** Dies after so many turns of a round, wherever that is, and comes again. */
  async killedInRound(turns: number): Promise<void> {
    void this.round();
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    await this.restart();
  }

  async restart(): Promise<void> {
    this.life.end();
    this.life = this.begin();
    await this.start();
  }

  /** The store is gone for good, with everything in it. */
  async loseStore(): Promise<void> {
    this.documents = createMemoryStore();
    await this.restart();
  }

  private begin(): Life {
    let isOver = false;
    const forever = new Promise<never>(() => {});
    const alive = async <T>(give: () => Promise<T>): Promise<T> => (isOver ? forever : give());
    const config = configOf(this.options);
    const [cluster] = config.clusters;
    if (cluster === undefined) throw new Error('a cluster is needed');
    const { truth, clock, vantages, zones, writer } = this.options;
    const isCut = () => vantages.every((vantage) => truth.weather.cut.includes(vantage));
    const stored = async <T>(work: (store: Store) => Promise<T>): Promise<T> =>
      alive(async () => {
        if (this.isStoreDown) throw new LifeboatError('store', 'the disk is full');
        return work(this.documents);
      });
    const store = createEnduringStore({
      read: (key) => stored((documents) => documents.read(key)),
      write: (key, value, expected) => stored((documents) => documents.write(key, value, expected)),
      list: (prefix) => stored((documents) => documents.list(prefix)),
      remove: (key) => stored((documents) => documents.remove(key)),
    });
    const standbyZones = zones.map((one, i): Standby => {
      const provider = one.reachedBy(writer, isCut);
      const reached: Provider = {
        ...provider,
        readMarker: (signal) => alive(() => provider.readMarker(signal)),
        readZone: (signal) => alive(() => provider.readZone(signal)),
        apply: (batch, signal) => alive(() => provider.apply(batch, signal)),
      };
      return asStandby(reached, `zone-${i}`);
    });
    const ports: ClusterPorts = {
      config,
      cluster,
      clock,
      life: `${writer}-${++this.lives}`,
      store,
      storeTrouble: store.trouble,
      recordTurn: createLimiter(1),
      probe: (expected) =>
        alive(async () => {
          const [vantage = writer] = vantages;
          const context = { cluster: cluster.id, vantage, group: vantage };
          const standbys = expected.map(async (one) => {
            const standby = standbyZones.find(({ id }) => id === one.id);
            return standby === undefined ? [] : probeStandby(clock, viewOf(standby), one, context);
          });
          const seen = vantages.flatMap((id) => truth.seenFrom(id, clock.now()));
          return [...seen, ...(await Promise.all(standbys)).flat()];
        }),
      askCorednsVersion: async () => ({ status: 'known', version: '1.15.0' }),
      askOpenTransfer: async () => ({ status: 'closed', evidence: 'refused' }),
      sources: sourcesOf(cluster.snapshot).map((terms) => {
        const capture: SnapshotSource['capture'] = (places) =>
          alive(() => captured(truth, places, isCut() ? 'timeout' : undefined, clock.now()));
        return { ...terms, source: { capture } };
      }),
      standbys: standbyZones,
      channels: [
        {
          id: 'oncall',
          timeoutMs: 10_000,
          repeats: 'outbox',
          send: (delivery) =>
            alive(async () => {
              if (this.isPagerDown || isCut()) return { status: 'retry', reason: 'the pager does not answer' };
              this.told.push(delivery);
              return { status: 'delivered' };
            }),
        },
      ],
    };
    const hooks = {
      onActivity: () => {},
      onFault: (what: string, error: unknown) => void this.faults.push(`${what}: ${String(error)}`),
    };
    const stop = new AbortController();
    return {
      ports,
      controller: createController(ports, hooks, stop.signal),
      end: () => {
        isOver = true;
        stop.abort();
      },
    };
  }
}

function configOf({ writer, vantages, zones, policy = {} }: DeploymentOptions) {
  const parsed = parseConfig({
    writer,
    clusters: [
      {
        id: 'prod',
        apiServer: { url: 'https://10.0.0.1:6443', identity: { kind: 'token', file: 'token' } },
        dns: { servers: [...replicas] },
        probe: { intervalMs, timeoutMs: 3000 },
        vantages: vantages.map((id) => ({ kind: 'edge', id, group: id })),
        standby: zones.map((_, i) => ({ id: `zone-${i}`, kind: 'zonefile', file: `standby-${i}.zone` })),
        policy,
      },
    ],
    alerts: { channels: [{ kind: 'webhook', id: 'oncall', url: 'https://pager.example/', secret: { secret: 'KEY' } }] },
  });
  if (parsed.status === 'invalid') throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

async function captured(
  truth: Truth,
  servers: readonly string[],
  fault: 'timeout' | undefined,
  now: number,
): Promise<CaptureResult> {
  const server = servers.find(
    (id) => truth.weather.dns[replicas.indexOf(id as (typeof replicas)[number])] === 'healthy',
  );
  if (server === undefined || fault !== undefined) {
    const attempts = servers.map(
      (place) => ({ place, kind: 'timed-out', code: 'timeout', evidence: 'no answer' }) as const,
    );
    return { status: 'refused', bytes: 0, tookMs: 1, attempts };
  }
  const records = [...truth.transfer()].flatMap(([name, addresses]) =>
    addresses.map((value): DnsRecord => ({ name: child(`${name}.svc`, zone), type: 'A', ttlSeconds: 30, value })),
  );
  const snapshot = await buildSnapshot({
    cluster: 'prod',
    zone,
    origin: { kind: 'axfr', server, signed: true },
    freshness: { kind: 'serial', serial: Math.floor(now / 1000) },
    takenAt: now,
    records,
  });
  return { status: 'captured', snapshot, bytes: 1000, tookMs: 1, attempts: [], notes: [] };
}

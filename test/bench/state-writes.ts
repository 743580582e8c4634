// How much a cluster stores a minute: node test/bench/state-writes.ts. Twenty-four rounds of 64 replicas and an API server, seen from five
// vantages, in peace and in an outage of everything; beside it what the same would be with all of it in one document. It asserts nothing.
import { parseConfig } from '../../functions/config/parse.ts';
import type { ClusterConfig } from '../../functions/config/schema.ts';
import type { Observation } from '../../functions/decision/health/observation.ts';
import type { ClusterState } from '../../functions/decision/machine/state.ts';
import { formatEndpoint } from '../../functions/lib/endpoint.ts';
import { createMemoryStore } from '../../functions/stores/memory.ts';
import type { Store } from '../../functions/stores/store.ts';
import { deliverDue } from '../../functions/tasks/alert/deliver.ts';
import type { ClusterPorts } from '../../functions/tasks/cluster/ports.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { dispatch } from '../../functions/tasks/loop/dispatch.ts';
import { createFakeCluster } from '../fakes/cluster.ts';

const rounds = 24;
const replicas = 64;
const vantages = ['fra', 'ams', 'iad', 'sin', 'rack'];

interface Written {
  bytes: number;
  writes: number;
  /** The same in one document each time. */
  whole: number;
}

function clusterOf(): ClusterConfig {
  const parsed = parseConfig({
    clusters: [
      {
        id: 'prod',
        apiServer: { url: 'https://10.0.0.1:6443', identity: { kind: 'token', file: 'token' } },
        dns: { servers: Array.from({ length: replicas }, (_, i) => `10.0.1.${i + 1}`) },
        standby: [{ kind: 'zonefile', file: 'standby.zone' }],
      },
    ],
  });
  if (parsed.status === 'invalid') throw new Error(JSON.stringify(parsed.problems));
  const [cluster] = parsed.config.clusters;
  if (cluster === undefined) throw new Error('no cluster');
  return cluster;
}

function seen(cluster: ClusterConfig, vantage: string, now: number, isDown: boolean): readonly Observation[] {
  const base = { cluster: 'prod', vantage, group: vantage, observedAt: now, latencyMs: (now % 1000) / 10 } as const;
  const how = (what: string) =>
    isDown
      ? ({
          condition: 'down',
          reason: 'timeout',
          evidence: `no answer from ${what} within 3000 ms: timed out`,
        } as const)
      : ({
          condition: 'up',
          reason: 'none',
          evidence: `answer from ${what} in ${now % 97} ms, authoritative`,
        } as const);
  const api = { kind: 'apiserver', id: '10.0.0.1:6443' } as const;
  const ladder = ['connect', 'tls', 'live', 'ready', 'read', 'write'] as const;
  return [
    ...ladder.map((rung): Observation => ({ ...base, target: api, signal: `apiserver.${rung}`, ...how(rung) })),
    ...cluster.dns.servers.flatMap((server): Observation[] => {
      const target = { kind: 'dns', id: formatEndpoint(server) } as const;
      const details = { serial: 1_700_000_000, serialMethod: 'ixfr' };
      return [
        { ...base, target, signal: 'dns.answer', ...how(target.id) },
        { ...base, target, signal: 'dns.serial', ...how(target.id), details },
      ];
    }),
  ];
}

async function measure(isDown: boolean): Promise<Written> {
  const fake = createFakeCluster();
  const cluster = clusterOf();
  const written: Written = { bytes: 0, writes: 0, whole: 0 };
  const memory = createMemoryStore();
  const store: Store = {
    ...memory,
    write: async (key, value, version) => {
      const outcome = await memory.write(key, value, version);
      written.bytes += Buffer.byteLength(value);
      written.writes++;
      return outcome;
    },
  };
  const ports: ClusterPorts = { ...fake.ports, cluster, store };
  for (let i = 0; i < rounds; i++) {
    for (const vantage of vantages) {
      const now = ports.clock.now();
      let machine: ClusterState | undefined;
      await dispatch(
        ports,
        { kind: 'observed', vantage, group: vantage, observations: seen(cluster, vantage, now, isDown && i > 3) },
        (activity) => {
          if (activity.kind === 'stepped') machine = activity.after;
        },
      );
      const { record } = await readRecord(ports);
      written.whole += Buffer.byteLength(JSON.stringify({ ...record, machine }));
      fake.pass(cluster.probe.intervalMs / vantages.length);
    }
    const before = written.bytes;
    await deliverDue(ports);
    written.whole += written.bytes - before;
  }
  return written;
}

for (const isDown of [false, true]) {
  const { bytes, writes, whole } = await measure(isDown);
  const minutes = (rounds * clusterOf().probe.intervalMs) / 60_000;
  const mib = (octets: number) => `${(octets / minutes / 1_048_576).toFixed(2)} MiB a minute`;
  const weather = isDown ? 'everything down' : 'peace';
  console.log(`${weather}: ${mib(bytes)} in ${writes / minutes} writes; in one document ${mib(whole)}`);
  console.log(`${weather}: ${(whole / bytes).toFixed(1)} times less`);
}

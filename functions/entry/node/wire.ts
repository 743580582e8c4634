// Wires a configuration for Node: network, files, processes, store and channels. The one explicit list; no decisions.
import { dirname, resolve } from 'node:path';
import { compareReplicas, type ReplicasMemory } from '../../../probes/dns-replicas.ts';
import type { Channel } from '../../alerts/channels/channel.ts';
import type { Runtime } from '../../cli/context.ts';
import type { ClusterConfig, Config } from '../../config/schema.ts';
import type { SecretReader } from '../../config/secret.ts';
import type { Clock, Fetch } from '../../lib/deps.ts';
import { createLimiter } from '../../lib/limiter.ts';
import { createNodeNetwork } from '../../networks/node.ts';
import { createTextFile } from '../../providers/zonefile/text-file-node.ts';
import { createFileStore } from '../../stores/file-node.ts';
import { createMemoryStore } from '../../stores/memory.ts';
import type { Store } from '../../stores/store.ts';
import type { ClusterPorts, Heartbeat } from '../../tasks/cluster/ports.ts';
import { createLife } from '../life.ts';
import { createRandom } from '../platform-deps.ts';
import { wireChannels } from '../wire-channels.ts';
import { wireProbes, wireReach } from '../wire-cluster.ts';
import { wireHeartbeat } from '../wire-heartbeat.ts';
import { wireStandbyProbe } from '../wire-standbys.ts';
import type { Wires } from '../wires.ts';
import { executeCommand } from './command.ts';
import { readTextFile } from './read-file.ts';

/** The runtime of a configuration. Errors `config`: a secret that is missing or cannot be a key. */
export async function wireNode(config: Config, file: string, secrets: SecretReader, clock: Clock): Promise<Runtime> {
  const wires = nodeWires(file, secrets, clock);
  const store =
    config.state.kind === 'memory'
      ? createMemoryStore()
      : createFileStore(wires, { directory: resolve(dirname(resolve(file)), config.state.directory) });
  const http = { fetch: nodeFetch, clock, secrets };
  const { channels, lacking } = wireChannels(http, config);
  const hearts = new Map(config.clusters.map((cluster) => [cluster, wireHeartbeat(http, cluster)]));
  const life = createLife(wires.random);
  const clusters = config.clusters.map((cluster) =>
    wireCluster(wires, { config, cluster, clock, life, store, channels, ...hearts.get(cluster)?.ports }),
  );
  const silent = [...hearts.values()].flatMap((heart) => heart.lacking);
  return { config, lacking: [...lacking, ...silent], clusters: await Promise.all(clusters) };
}

/** Called as a function of nothing: it wants no `this`. */
const nodeFetch: Fetch = (target, init) => fetch(target, init);

/** What Node gives the wiring. Files of the configuration are relative to its own folder. */
export function nodeWires(file: string, secrets: SecretReader, clock: Clock): Wires {
  const random = createRandom();
  const folder = dirname(resolve(file));
  return {
    secrets,
    clock,
    random,
    fetch: nodeFetch,
    network: createNodeNetwork(),
    readFile: (path) => readTextFile(resolve(folder, path)),
    execute: executeCommand,
    openZonefile: ({ file }) => createTextFile({ clock, random }, resolve(folder, file)),
  };
}

interface Given {
  readonly config: Config;
  readonly cluster: ClusterConfig;
  readonly clock: Clock;
  readonly life: string;
  readonly store: Store;
  readonly channels: readonly Channel[];
  readonly heartbeat?: Heartbeat;
}

async function wireCluster(wires: Wires, given: Given): Promise<ClusterPorts> {
  const { id: vantage, group, reference } = given.config.vantage;
  const probes = await wireProbes(wires, given.cluster, { vantage, group, reference });
  const standbys = await wireStandbyProbe(wires, given.cluster, { vantage, group });
  // What the replicas' comparison remembers lives with the process.
  let memory: ReplicasMemory = {};
  const probe: ClusterPorts['probe'] = async (expected) => {
    const asked = [probes.apiServer(), probes.servers(memory), probes.reference(), standbys(expected)] as const;
    const [api, servers, reference, standby] = await Promise.all(asked);
    const compared = compareReplicas(memory, servers, given.cluster.dns.behindSeconds);
    memory = compared.memory;
    return [...api, ...compared.observations, ...reference, ...standby];
  };
  return { ...given, recordTurn: createLimiter(1), probe, ...(await wireReach(wires, given.cluster)) };
}

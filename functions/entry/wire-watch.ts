// Wires the reach of a cluster's runtime where the watch does not run in the cluster's network: what can be asked from here, and what the vantages
// inside deliver. For any platform; what probes for it, and where, is the platform's own (worker/shares.ts).
import type { ClusterConfig } from '../config/schema.ts';
import type { ClusterPorts } from '../tasks/cluster/ports.ts';
import type { ClusterReach, ReachNeeds } from '../tasks/runtime-ports.ts';
import { createVantageReceiver } from '../vantage/receiver/receive.ts';
import { throughVantages } from '../vantage/receiver/ways.ts';
import { wireReach } from './wire-cluster.ts';
import type { Wires } from './wires.ts';

export async function wireWatch(
  wires: Wires,
  cluster: ClusterConfig,
  probe: ClusterPorts['probe'],
  { store, hear, keep, answered }: ReachNeeds,
): Promise<ClusterReach> {
  const vantages = createVantageReceiver({
    clock: wires.clock,
    store,
    cluster,
    keep,
    answered,
    onObserved: (round) => hear({ kind: 'observed', ...round }),
    onRefused: (refused) => hear({ kind: 'vantage-refused', ...refused }),
  });
  const reach = await wireReach(wires, cluster);
  return { ...reach, probe, sources: throughVantages(cluster, vantages.source, reach.sources), vantages };
}

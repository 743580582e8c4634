// Wires the reach of a cluster's runtime where the watch does not run in the cluster's network: what can be asked from here, and what the vantages
// inside deliver. For any platform; what probes for it, and where, is the platform's own (worker/shares.ts).
import type { ClusterConfig } from '../config/schema.ts';
import type { SnapshotSource } from '../snapshot/source.ts';
import { createEitherSource } from '../snapshot/sources/either.ts';
import type { ClusterPorts } from '../tasks/cluster/ports.ts';
import type { ClusterReach, ReachNeeds } from '../tasks/runtime-ports.ts';
import { createVantageReceiver } from '../vantage/receiver/receive.ts';
import { type Wires, wireReach } from './wire-cluster.ts';

export async function wireWatch(
  wires: Wires,
  cluster: ClusterConfig,
  probe: ClusterPorts['probe'],
  { store, hear }: ReachNeeds,
): Promise<ClusterReach> {
  const vantages = createVantageReceiver({
    clock: wires.clock,
    store,
    cluster,
    onObserved: (round) => hear({ kind: 'observed', ...round }),
    onRefused: (refused) => hear({ kind: 'vantage-refused', ...refused }),
  });
  const reach = await wireReach(wires, cluster);
  return { ...reach, probe, source: sourceOf(cluster, vantages.source, reach.source), vantages };
}

/** Through a vantage that captures, where there is one; directly, where DNS is looked at from here. */
function sourceOf({ vantages }: ClusterConfig, inside: SnapshotSource, direct: SnapshotSource): SnapshotSource {
  if (!vantages.some((one) => one.kind === 'inside' && one.captures)) return direct;
  const isReachable = vantages.some((one) => one.kind === 'edge' && one.targets.includes('dns'));
  return isReachable ? createEitherSource(inside, direct) : inside;
}

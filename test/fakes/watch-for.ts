// A process of its own that watches a cluster with these standbys for so many rounds, on the store and the clock of a fake cluster: what it left
// is what the next one finds. For scenarios in which a configuration changes.
import { expect } from 'vitest';
import type { ClusterPorts } from '../../functions/tasks/cluster/ports.ts';
import { createController } from '../../functions/tasks/loop/controller.ts';
import { probeStandby } from '../../probes/standby.ts';
import { type FakeCluster, viewOf } from './cluster.ts';

const roundMs = 5000;

export async function watchFor(
  fake: FakeCluster,
  standbys: ClusterPorts['standbys'],
  rounds: number,
): Promise<ClusterPorts> {
  const ports: ClusterPorts = {
    ...fake.ports,
    standbys,
    probe: async (expected) => {
      const context = { cluster: 'prod', vantage: 'local', group: 'local' };
      const zones = expected.map(async (one) => {
        const standby = standbys.find(({ id }) => id === one.id);
        return standby === undefined ? [] : probeStandby(fake.ports.clock, viewOf(standby), one, context);
      });
      return [...(await fake.ports.probe([])), ...(await Promise.all(zones)).flat()];
    },
  };
  const onFault = (what: string, error: unknown) => expect.unreachable(`${what}: ${String(error)}`);
  const controller = createController(ports, { onActivity: () => {}, onFault }, new AbortController().signal);
  await controller.begin();
  for (let i = 0; i < rounds; i++) {
    await controller.round();
    await controller.rest();
    await controller.deliver();
    fake.pass(roundMs);
  }
  return ports;
}

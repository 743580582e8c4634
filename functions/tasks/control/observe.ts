// One look at a cluster from here and now: a probe round and its verdicts, beside the watch. It records and decides nothing.
import { assess } from '../../decision/health/assess.ts';
import type { Observation } from '../../decision/health/observation.ts';
import { apiServerKey } from '../../decision/health/verdict.ts';
import { allDnsBad, conditionOf } from '../../decision/machine/selectors.ts';
import { type ClusterState, initialState } from '../../decision/machine/state.ts';
import { type ClusterPorts, policyOf } from '../cluster/ports.ts';
import { readRecord } from '../cluster/record.ts';
import { expectedStandbys } from '../publish/standby-expectations.ts';

export interface Look {
  readonly observations: readonly Observation[];
  /** A state that knows this round only: for verdicts and selectors. */
  readonly state: ClusterState;
  /** The API server is healthy, and not all of DNS is bad. */
  readonly healthy: boolean;
}

/** `standbys`: asks them as well. */
export async function look(
  ports: ClusterPorts,
  { standbys = false }: { readonly standbys?: boolean } = {},
): Promise<Look> {
  const { cluster, clock, config } = ports;
  const policy = policyOf(ports);
  const expected = standbys ? await expectedStandbys(ports, (await readRecord(ports)).record) : [];
  const observations = await ports.probe(expected);
  const now = clock.now();
  const event = { kind: 'observed', vantage: config.vantage.id, group: config.vantage.group, observations } as const;
  const state = assess(initialState(cluster.id, now), event, policy, now);
  const healthy = conditionOf(state, apiServerKey) === 'healthy' && !allDnsBad(state, policy);
  return { observations, state, healthy };
}

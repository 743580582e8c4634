// One probe round, told to the machine. What the machine asks for is given back; nothing is carried out here.
import type { Effect } from '../decision/effect.ts';
import { dispatch, type Onlooker } from './drive.ts';
import type { ClusterPorts } from './ports.ts';

export async function probeRound(ports: ClusterPorts, onlooker: Onlooker): Promise<readonly Effect[]> {
  const observations = await ports.probe();
  const { id, group } = ports.config.vantage;
  return dispatch(ports, { kind: 'observed', vantage: id, group, observations }, onlooker);
}

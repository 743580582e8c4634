// One probe round, told to the machine vantage by vantage. What the machine asks for is given back; nothing is carried out here.
import type { Effect } from '../decision/effect.ts';
import type { ClusterEvent } from '../decision/event.ts';
import { dispatch, type Onlooker } from './drive.ts';
import type { ClusterPorts } from './ports.ts';

export async function probeRound(ports: ClusterPorts, onlooker: Onlooker): Promise<readonly Effect[]> {
  const observations = await ports.probe();
  const rounds = [...Map.groupBy(observations, ({ vantage }) => vantage)].map(([vantage, seen]): ClusterEvent => {
    return { kind: 'observed', vantage, group: seen[0]?.group ?? vantage, observations: seen };
  });
  const effects: Effect[] = [];
  // Where nobody saw anything, time passes all the same: what was seen before grows old.
  for (const event of rounds.length === 0 ? [{ kind: 'tick' } as const] : rounds) {
    effects.push(...(await dispatch(ports, event, onlooker)));
  }
  return effects;
}

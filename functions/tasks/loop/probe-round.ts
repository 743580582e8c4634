// One probe round, told to the machine vantage by vantage. What the machine asks for is given back; nothing is carried out here.

import type { Observation } from '../../decision/health/observation.ts';
import type { Effect } from '../../decision/machine/effect.ts';
import type { ClusterEvent } from '../../decision/machine/event.ts';
import type { ClusterPorts } from '../cluster/ports.ts';
import { type ClusterRecord, readRecord } from '../cluster/record.ts';
import { expectationKey, expectedStandbys } from '../publish/standby-expectations.ts';
import { type ActivityListener, dispatch } from './dispatch.ts';

/** A publication that began or ended meanwhile makes another zone of it than was expected: what looks wrong then is not told. */
async function withoutOvertaken(
  ports: ClusterPorts,
  before: ClusterRecord,
  seen: readonly Observation[],
): Promise<readonly Observation[]> {
  if (!seen.some(({ target, condition }) => target.kind === 'standby' && condition !== 'up')) return seen;
  const after = (await readRecord(ports)).record;
  const isSame = (id: string) => expectationKey(before, id) === expectationKey(after, id);
  return seen.filter(({ target }) => target.kind !== 'standby' || isSame(target.id));
}

/** Where it cannot be read what a standby should hold, it is looked at all the same, and not judged; `onFault` is told. */
export async function probeRound(
  ports: ClusterPorts,
  onActivity: ActivityListener,
  onFault: (error: unknown) => void = () => {},
): Promise<readonly Effect[]> {
  const before = (await readRecord(ports)).record;
  const expected = await expectedStandbys(ports, before).catch((error: unknown) => {
    onFault(error);
    return ports.standbys.map(({ id }) => ({ id, holds: null }));
  });
  const seen = await ports.probe(expected);
  const observations = await withoutOvertaken(ports, before, seen);
  const rounds = [...Map.groupBy(observations, ({ vantage }) => vantage)].map(([vantage, seen]): ClusterEvent => {
    return { kind: 'observed', vantage, group: seen[0]?.group ?? vantage, observations: seen };
  });
  const effects: Effect[] = [];
  // Where nobody saw anything, time passes all the same: what was seen before grows old.
  for (const event of rounds.length === 0 ? [{ kind: 'tick' } as const] : rounds) {
    effects.push(...(await dispatch(ports, event, onActivity)));
  }
  return effects;
}

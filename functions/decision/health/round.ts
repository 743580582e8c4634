// What of a delivered round is news: each round of a vantage is taken in once, whenever and however often it comes. Pure; it judges nothing.
import type { ClusterEvent } from '../machine/event.ts';
import { maxAgeMs, type Policy } from '../machine/policy.ts';
import type { ClusterState } from '../machine/state.ts';
import type { Observation } from './observation.ts';
import { targetKey } from './verdict.ts';

/** True while an observation counts. */
export function isFresh(observation: Observation, policy: Pick<Policy, 'intervalMs'>, now: number): boolean {
  return Math.abs(now - observation.observedAt) <= maxAgeMs(policy);
}

/**
 * When a round looked at its target, by the clock of its vantage: when its first probe began, so that a deadline that passes makes no round
 * late. A probe takes no longer than an interval, whatever it says of itself.
 */
export function lookedAt(round: readonly Observation[], { intervalMs }: Pick<Policy, 'intervalMs'>): number {
  return Math.min(...round.map(({ observedAt, latencyMs }) => observedAt - Math.min(latencyMs, intervalMs)));
}

/**
 * The observations of an event that count and were not known, target by target:
 *
 * | a round of a vantage over a target                         | is              |
 * |------------------------------------------------------------|-----------------|
 * | too old to count, or as far ahead                          | dropped         |
 * | looked later than what is held of the same vantage         | news            |
 * | looked then or before: delivered again, late, out of order | dropped         |
 *
 * What is held counts for three intervals at most, and so a vantage whose clock was set back is not heard for no longer than that.
 */
export function newsOf(
  state: Pick<ClusterState, 'observations'>,
  event: ClusterEvent,
  policy: Pick<Policy, 'intervalMs'>,
  now: number,
): readonly Observation[] {
  if (event.kind !== 'observed') return [];
  const fresh = (seen: Observation) => isFresh(seen, policy, now);
  const held = Map.groupBy(
    state.observations.filter((seen) => seen.vantage === event.vantage && fresh(seen)),
    (seen) => targetKey(seen.target),
  );
  return [...Map.groupBy(event.observations.filter(fresh), (seen) => targetKey(seen.target))].flatMap(
    ([key, round]) => {
      const known = held.get(key);
      return known !== undefined && lookedAt(round, policy) <= lookedAt(known, policy) ? [] : round;
    },
  );
}

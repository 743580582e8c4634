// Can the quorum be reached at all? An outage that too few vantages are left to confirm would not be one, however good all looks. Pure.

import type { Target } from '../../model/target.ts';
import type { Policy } from '../machine/policy.ts';
import { type ClusterState, type ReachKind, reachKinds } from '../machine/state.ts';
import type { Observation } from './observation.ts';
import { knownVotes } from './quorum.ts';
import { track } from './recent.ts';
import { targetKey } from './verdict.ts';

/** Two looks within this share of an interval are one. */
const leastShare = 0.8;

/** Looks once an interval whether every target of a kind has enough known readings. */
export function knowReach(
  before: ClusterState['reach'],
  observations: readonly Observation[],
  targets: readonly Target[],
  policy: Policy,
  now: number,
): ClusterState['reach'] {
  return Object.fromEntries(
    reachKinds.flatMap((kind) => {
      const { downs, groups } = policy.quorum[kind];
      // Where one is enough, none that knows anything is blindness.
      if (downs <= 1 && groups <= 1) return [];
      const last = before[kind];
      if (last !== undefined && Math.abs(now - last.at) < leastShare * policy.intervalMs)
        return [[kind, last] as const];
      const isShort = outOfReach(kind, observations, targets, policy, now).length > 0;
      const next = track(last, isShort, now, policy, policy.degradedRounds);
      return next === undefined ? [] : [[kind, next] as const];
    }),
  );
}

/** The keys of the targets of a kind of which too little is known to confirm anything. */
export function outOfReach(
  kind: ReachKind,
  observations: readonly Observation[],
  targets: readonly Target[],
  policy: Policy,
  now: number,
): readonly string[] {
  const { downs, groups } = policy.quorum[kind];
  return targets
    .filter((target) => target.kind === kind)
    .filter((target) => {
      const votes = knownVotes(target, observations, policy, now);
      return votes.length < downs || new Set(votes.map((vote) => vote.group)).size < groups;
    })
    .map(targetKey);
}

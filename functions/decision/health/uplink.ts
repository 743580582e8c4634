// Is it the vantage's own network? Where a vantage reaches nothing at all, it has seen nothing of the cluster. Pure.

import type { Target } from '../../model/target.ts';
import type { Policy } from '../machine/policy.ts';
import type { Observation, Reason } from './observation.ts';
import { targetKey } from './verdict.ts';

/**
 * What a broken network of one's own gives: no answer, no route, no such name. A refusal is not among them: it is an answer, and so is a
 * connection that is cut, and whatever a server says. What a Worker is told of a refusal (`no-connection`) comes from its platform, whose
 * network works then.
 */
const networkReasons: ReadonlySet<Reason> = new Set(['timeout', 'unreachable', 'uplink']);

/**
 * What each vantage saw, as it is to be judged. In one round of one vantage:
 *
 * | its reference        | the API server, replicas and standbys that it looks at                  | what it saw of them |
 * |----------------------|-------------------------------------------------------------------------|---------------------|
 * | one answers          | whatever                                                                | counts: its network works |
 * | any                  | one of them answers anything, a refusal too                             | counts              |
 * | none answers         | all fail for reasons of the network                                     | unknown, `uplink`   |
 * | none configured      | all fail for reasons of the network, and they are of one kind only      | counts: nothing tells it apart |
 * | none configured      | the same of two kinds or more                                           | unknown, `uplink`; counts when a vantage of another group finds all that it sees of the cluster down: networks that do not fail as one |
 *
 * A standby in a file is not asked over a network, and says nothing here. The evidence stays as it was. An answer counts in its own round only: one from before the network broke proves nothing.
 */
export function judgedByUplink(
  observations: readonly Observation[],
  policy: Pick<Policy, 'intervalMs' | 'localStandbys'>,
): readonly Observation[] {
  const rounds = [...Map.groupBy(observations, ({ vantage }) => vantage)].map(([vantage, own]) => {
    const round = newestOf(own, policy);
    return { vantage, group: own[0]?.group, by: cutOff(round), allDown: allDown(round) };
  });
  // Who looks at one kind of target only, or is refused by it, guesses nothing, and bears out the guess of another all the same.
  const down = new Set(rounds.filter(({ by, allDown }) => by !== 'reference' && allDown).map(({ group }) => group));
  const isBlind = ({ by }: (typeof rounds)[number]) => by === 'reference' || (by === 'guess' && down.size <= 1);
  const blind = new Set(rounds.filter(isBlind).map(({ vantage }) => vantage));
  if (blind.size === 0) return observations;
  return observations.map((seen) =>
    blind.has(seen.vantage) && seen.target.kind !== 'reference' && isLost(seen)
      ? { ...seen, condition: 'unknown', reason: 'uplink', evidence: `nothing is reached from here: ${seen.evidence}` }
      : seen,
  );
}

/** The last round of a vantage, without what is not asked over a network. */
function newestOf(
  own: readonly Observation[],
  { intervalMs, localStandbys }: Pick<Policy, 'intervalMs' | 'localStandbys'>,
): readonly Observation[] {
  const newest = Math.max(...own.map(({ observedAt }) => observedAt));
  const isLocal = ({ kind, id }: Target) => kind === 'standby' && localStandbys.includes(id);
  return own.filter(({ target, observedAt }) => newest - observedAt < intervalMs && !isLocal(target));
}

/** What says that this vantage reaches nothing: its reference, or that everything fails; undefined: it reaches something, or it is not known. */
function cutOff(round: readonly Observation[]): 'reference' | 'guess' | undefined {
  const references = round.filter(isReference);
  if (references.some((seen) => !isLost(seen))) return undefined;
  const others = round.filter((seen) => !isReference(seen));
  const targets = [...Map.groupBy(others, ({ target }) => targetKey(target)).values()];
  if (targets.length === 0 || !targets.every((seen) => seen.every(isLost))) return undefined;
  if (references.length > 0) return 'reference';
  const kinds = new Set<Target['kind']>(targets.flatMap((seen) => seen.map(({ target }) => target.kind)));
  return kinds.size > 1 ? 'guess' : undefined;
}

/** Is all down that it looks at of the cluster, for whatever reason? */
function allDown(round: readonly Observation[]): boolean {
  const own = round.filter(({ target }) => target.kind === 'apiserver' || target.kind === 'dns');
  return own.length > 0 && own.every(({ condition }) => condition === 'down');
}

function isReference({ target }: Observation): boolean {
  return target.kind === 'reference';
}

/** It got no answer of any kind. */
function isLost({ condition, reason }: Observation): boolean {
  return condition !== 'up' && networkReasons.has(reason);
}

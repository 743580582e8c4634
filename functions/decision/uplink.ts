// Is it the vantage's own network? Where a vantage reaches nothing at all, it has seen nothing of the cluster. Pure.
import type { Observation, Reason, Target } from './observation.ts';
import type { Policy } from './policy.ts';
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
 * | none configured      | the same of two kinds or more                                           | unknown, `uplink`; counts when another group sees the same: networks that do not fail as one |
 *
 * A standby in a file is not asked over a network, and says nothing here. The evidence stays as it was. An answer counts in its own round only: one from before the network broke proves nothing.
 */
export function judgedByUplink(
  observations: readonly Observation[],
  policy: Pick<Policy, 'intervalMs' | 'localStandbys'>,
): readonly Observation[] {
  const byVantage = [...Map.groupBy(observations, ({ vantage }) => vantage)];
  const cut = byVantage.flatMap(([vantage, own]) => {
    const by = cutOff(own, policy);
    return by === undefined ? [] : [{ vantage, by, group: own[0]?.group }];
  });
  const guessed = new Set(cut.filter(({ by }) => by === 'guess').map(({ group }) => group));
  const blind = new Set(cut.filter(({ by }) => by === 'reference' || guessed.size === 1).map(({ vantage }) => vantage));
  if (blind.size === 0) return observations;
  return observations.map((seen) =>
    blind.has(seen.vantage) && seen.target.kind !== 'reference' && isLost(seen)
      ? { ...seen, condition: 'unknown', reason: 'uplink', evidence: `nothing is reached from here: ${seen.evidence}` }
      : seen,
  );
}

/** What says that this vantage reaches nothing: its reference, or that everything fails; undefined: it reaches something, or it is not known. */
function cutOff(
  own: readonly Observation[],
  { intervalMs, localStandbys }: Pick<Policy, 'intervalMs' | 'localStandbys'>,
): 'reference' | 'guess' | undefined {
  const newest = Math.max(...own.map(({ observedAt }) => observedAt));
  const isLocal = ({ kind, id }: Target) => kind === 'standby' && localStandbys.includes(id);
  const round = own.filter(({ target, observedAt }) => newest - observedAt < intervalMs && !isLocal(target));
  const isReference = ({ target }: Observation) => target.kind === 'reference';
  const references = round.filter(isReference);
  if (references.some((seen) => !isLost(seen))) return undefined;
  const targets = [
    ...Map.groupBy(
      round.filter((seen) => !isReference(seen)),
      ({ target }) => targetKey(target),
    ).values(),
  ];
  if (targets.length === 0 || !targets.every((seen) => seen.every(isLost))) return undefined;
  if (references.length > 0) return 'reference';
  const kinds = new Set<Target['kind']>(targets.flatMap((seen) => seen.map(({ target }) => target.kind)));
  return kinds.size > 1 ? 'guess' : undefined;
}

/** It got no answer of any kind. */
function isLost({ condition, reason }: Observation): boolean {
  return condition !== 'up' && networkReasons.has(reason);
}

// Quorum: from the observations of all vantages to one verdict per target, by count and by distinct groups. Pure.

import { assertNever } from '../../lib/assert.ts';
import { clip } from '../../lib/clip.ts';
import type { Target } from '../../model/target.ts';
import { wordsOfTarget } from '../../model/target.ts';
import type { Policy, Quorum } from '../machine/policy.ts';
import { type Reading, readTarget } from './ladder.ts';
import type { Observation } from './observation.ts';
import { isFresh } from './round.ts';
import { isReadinessAlone, targetKey, type Verdict, type VerdictCondition, type VerdictReason } from './verdict.ts';
import { wordsOfReason } from './words.ts';

const maxEvidenceLines = 8;
/** As many vantages as a cluster may have. */
const maxSeenFrom = 16;
const maxEvidenceCharacters = 400;

interface Vote {
  readonly vantage: string;
  readonly group: string;
  readonly reading: Reading;
}

/**
 * The verdict over one target. Each vantage has one vote: its reading (ladder.ts) of observations that are at most three intervals old
 * and not from the future by more than that.
 *
 * | votes                                                              | verdict                                  |
 * |--------------------------------------------------------------------|------------------------------------------|
 * | none                                                               | unknown, `no-observation`                |
 * | all unknown (credential, uplink, …)                                | unknown, their reason: never down        |
 * | `quorum.downs` votes down, from `quorum.groups` groups             | down                                     |
 * | the same of down or stale                                          | stale                                    |
 * | the same of down, stale or degraded                                | degraded                                 |
 * | the same with those that say `not-ready`                           | degraded, `not-ready`                    |
 * | fewer bad ones, somebody says healthy                              | healthy; the others are in the evidence  |
 * | fewer bad ones, nobody says healthy                                | unknown, `no-quorum`                     |
 *
 * `previous` gives `since` when the condition stays. `now` in milliseconds since the epoch.
 */
export function judge(
  target: Target,
  observations: readonly Observation[],
  policy: Pick<Policy, 'intervalMs' | 'quorum'>,
  now: number,
  previous?: Verdict,
): Verdict {
  const votes = castVotes(target, observations, policy, now);
  const { condition, reason, why, decisive, dissent } = count(votes, quorumFor(target.kind, votes, policy));
  const lines = [...decisive, ...dissent].flatMap((vote) => linesOf(vote));
  return {
    condition,
    reason,
    words: `${wordsOfTarget(target)} is ${condition}: ${why}`,
    since: previous?.condition === condition ? previous.since : now,
    evidence: lines.slice(0, maxEvidenceLines),
    seenFrom: [...new Set(decisive.map((vote) => vote.vantage))].slice(0, maxSeenFrom),
  };
}

function castVotes(
  target: Target,
  observations: readonly Observation[],
  policy: Pick<Policy, 'intervalMs'>,
  now: number,
): readonly Vote[] {
  const key = targetKey(target);
  const fresh = observations.filter((seen) => targetKey(seen.target) === key && isFresh(seen, policy, now));
  return [...Map.groupBy(fresh, (seen) => seen.vantage)].map(([vantage, seen]) => ({
    vantage,
    group: seen[0]?.group ?? vantage,
    reading: readTarget(target.kind, seen),
  }));
}

/** The votes that say something: what is unknown to a vantage neither confirms an outage nor denies it. */
export function knownVotes(
  target: Target,
  observations: readonly Observation[],
  policy: Pick<Policy, 'intervalMs'>,
  now: number,
): readonly Vote[] {
  return castVotes(target, observations, policy, now).filter(({ reading }) => reading.condition !== 'unknown');
}

interface Tally {
  readonly condition: VerdictCondition;
  readonly reason: VerdictReason;
  readonly why: string;
  readonly decisive: readonly Vote[];
  readonly dissent: readonly Vote[];
}

/** What a vote says that is bad, from the worst to the mildest: a vote for something worse counts for the milder as well. */
const badLevels = ['down', 'stale', 'degraded', 'not-ready'] as const;
type Level = (typeof badLevels)[number] | 'healthy' | 'unknown';

function levelOf({ reading }: Vote): Level {
  return isReadinessAlone(reading) ? 'not-ready' : reading.condition;
}

/** A standby is looked at from wherever this deployment probes by itself: more than half of those that know anything of it. */
function quorumFor(kind: Target['kind'], votes: readonly Vote[], { quorum }: Pick<Policy, 'quorum'>): Quorum {
  switch (kind) {
    case 'apiserver':
    case 'dns':
      return quorum[kind];
    case 'standby': {
      const knowing = votes.filter(({ reading }) => reading.condition !== 'unknown').length;
      return { downs: Math.floor(knowing / 2) + 1, groups: 1 };
    }
    case 'reference':
      return { downs: 1, groups: 1 };
    default:
      return assertNever(kind, 'target kind');
  }
}

function count(votes: readonly Vote[], quorum: Quorum): Tally {
  const having = (...levels: readonly Level[]) => votes.filter((vote) => levels.includes(levelOf(vote)));
  for (const [i, level] of badLevels.entries()) {
    const against = having(...badLevels.slice(0, i + 1));
    const groups = new Set(against.map((vote) => vote.group));
    if (against.length >= quorum.downs && groups.size >= quorum.groups) {
      const same = having(level);
      return {
        condition: level === 'not-ready' ? 'degraded' : level,
        ...majority(same.length > 0 ? same : against),
        decisive: against,
        dissent: having('healthy'),
      };
    }
  }
  const bad = having(...badLevels);
  const healthy = having('healthy');
  if (healthy.length > 0) return { condition: 'healthy', ...majority(healthy), decisive: healthy, dissent: bad };
  if (bad.length > 0) return { condition: 'unknown', ...because('no-quorum'), decisive: bad, dissent: [] };
  if (votes.length > 0) return { condition: 'unknown', ...majority(votes), decisive: votes, dissent: [] };
  return { condition: 'unknown', ...because('no-observation'), decisive: [], dissent: [] };
}

function because(reason: VerdictReason): Pick<Tally, 'reason' | 'why'> {
  return { reason, why: wordsOfReason(reason) };
}

/** The reason that most votes give; the first of equals. */
function majority(votes: readonly Vote[]): Pick<Tally, 'reason' | 'why'> {
  const byReason = [...Map.groupBy(votes, (vote) => vote.reading.reason).values()];
  const most = byReason.sort((a, b) => b.length - a.length)[0]?.[0];
  return most === undefined ? because('no-observation') : { reason: most.reading.reason, why: most.reading.why };
}

function linesOf({ vantage, reading }: Vote): readonly string[] {
  return reading.decisive.map((seen) => clip(`${vantage}: ${seen.evidence}`, maxEvidenceCharacters));
}

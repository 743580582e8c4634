// From observations to verdicts and streaks: what the machine knows before it decides. Pure.
import { assertNever } from '../../lib/assert.ts';
import { clip } from '../../lib/clip.ts';
import type { Target } from '../../model/target.ts';
import type { ClusterEvent } from '../machine/event.ts';
import { maxAgeMs, type Policy } from '../machine/policy.ts';
import {
  type ClusterState,
  maxObservations,
  maxObservationsOfVantage,
  noStreak,
  type Streak,
} from '../machine/state.ts';
import { knowCredentials } from './credentials.ts';
import type { Observation } from './observation.ts';
import { judge } from './quorum.ts';
import { knowReach } from './reach.ts';
import { append, comesAndGoes, type Mark, worsen } from './recent.ts';
import { isFresh, lookedAt, newsOf } from './round.ts';
import { judgedByUplink } from './uplink.ts';
import { isReadinessAlone, targetKey, type Verdict } from './verdict.ts';

const maxEvidenceCharacters = 400;
/**
 * With several vantages a round of one is no new round of the target: rounds count when they looked this share of the interval later than the
 * last one that counted. Where the clocks of vantages differ, one that is behind is counted as much later, never twice.
 */
const leastRoundShare = 0.8;

/** The targets of a policy: the API server, then the DNS servers and the standbys, each in their order. */
export function targetsOf(policy: Pick<Policy, 'dnsServers' | 'standbys'>): readonly Target[] {
  return [
    { kind: 'apiserver', id: 'apiserver' },
    ...policy.dnsServers.map((id): Target => ({ kind: 'dns', id })),
    ...policy.standbys.map((id): Target => ({ kind: 'standby', id })),
  ];
}

/** Takes a round in and judges every target anew, so that what grew too old stops counting. */
export function assess(state: ClusterState, event: ClusterEvent, policy: Policy, now: number): ClusterState {
  const news = newsOf(state, event, policy, now);
  const round = event.kind === 'observed' ? news.map((seen) => adopt(seen, event.vantage, event.group)) : [];
  const replaced = new Set(round.map((seen) => `${seen.vantage} ${targetKey(seen.target)}`));
  const kept = state.observations.filter((seen) => !replaced.has(`${seen.vantage} ${targetKey(seen.target)}`));
  const fresh = [...kept, ...round].filter((seen) => isFresh(seen, policy, now));
  // Of each vantage by itself: whoever sends much must not push out what others saw.
  const observations = [...Map.groupBy(fresh, ({ vantage }) => vantage).values()]
    .flatMap((own) => own.slice(-maxObservationsOfVantage))
    .slice(-maxObservations);

  const judged = judgedByUplink(observations, policy);
  const verdicts: Record<string, Verdict> = {};
  const streaks: Record<string, Streak> = {};
  const targets = targetsOf(policy);
  for (const target of targets) {
    const key = targetKey(target);
    const verdict = judge(target, judged, policy, now, state.verdicts[key]);
    const seen = round.filter((one) => targetKey(one.target) === key);
    const before = state.streaks[key] ?? noStreak;
    verdicts[key] = verdict;
    const next =
      seen.length > 0 ? advance(before, verdict, seen, policy, now) : withoutRound(before, verdict, policy, now);
    streaks[key] = {
      ...next,
      isUnsteady: comesAndGoes(next.recent, before.isUnsteady, policy),
      unfitSince: verdict.condition === 'healthy' ? null : (before.unfitSince ?? now),
    };
  }
  const credentials = knowCredentials(state.credentials, round, targets, policy, now);
  const reach = knowReach(state.reach, judged, targets, policy, now);
  return { ...state, observations, verdicts, streaks, credentials, reach };
}

function adopt(seen: Observation, vantage: string, group: string): Observation {
  return { ...seen, vantage, group, evidence: clip(seen.evidence, maxEvidenceCharacters) };
}

/**
 * One more round. A good round ends a bad streak and the other way round. `unknown` neither adds to a streak nor ends it, until there
 * were as many unknown rounds as it takes to confirm: then what was seen before is too old to be added to. A bad verdict is counted with the
 * rounds of those who say so: it may rest on what one vantage saw before it fell silent, which the good rounds of another must not repeat.
 */
function advance(
  before: Streak,
  verdict: Verdict,
  seen: readonly Observation[],
  policy: Pick<Policy, 'intervalMs' | 'downRounds' | 'window'>,
  now: number,
): Streak {
  // The clock of a vantage that runs ahead dates nothing into the future, nor does one of this host that was set back.
  const at = Math.min(lookedAt(seen, policy), now);
  const countedAt = before.countedAt === null ? null : Math.min(before.countedAt, now);
  const gapMs = countedAt === null ? Number.POSITIVE_INFINITY : at - countedAt;
  const base = gapMs > maxAgeMs(policy) ? { ...noStreak, recent: before.recent } : { ...before, countedAt };
  if (isBad(verdict) && !seen.some(({ vantage }) => verdict.seenFrom.includes(vantage))) return base;
  const counts = gapMs >= leastRoundShare * policy.intervalMs;
  const more = (rounds: number) => (counts ? rounds + 1 : Math.max(rounds, 1));
  const mark = markOf(verdict);
  const recent = counts ? append(base.recent, mark, policy) : worsen(base.recent, mark, policy);
  const next: Streak = { ...base, recent, countedAt: counts ? at : base.countedAt };
  switch (verdict.condition) {
    case 'healthy':
      return { ...next, ...none, healthy: more(base.healthy) };
    case 'degraded':
      if (isReadinessAlone(verdict)) return { ...next, ...afterNotReady(base, more, policy) };
      return { ...next, ...none, bad: more(base.bad) };
    case 'down':
    case 'stale':
      return { ...next, ...none, down: more(base.down), bad: more(base.bad) };
    case 'unknown': {
      const unknown = more(base.unknown);
      return unknown < policy.downRounds ? { ...next, unknown } : { ...next, ...none, unknown };
    }
    default:
      return assertNever(verdict.condition, 'condition of a verdict');
  }
}

/** A refused credential is told by itself, by vantage, and so is an API server that serves and is not ready. */
function markOf(verdict: Verdict): Mark {
  const { condition, reason } = verdict;
  if (condition === 'unknown') return reason === 'credential' ? '.' : 'u';
  return condition === 'healthy' || isReadinessAlone(verdict) ? '.' : 'b';
}

const none = { down: 0, bad: 0, notReady: 0, healthy: 0, unknown: 0 } as const;

/**
 * It serves and says that it is not ready. Alone that is nothing bad; between bad rounds it goes on with them, until it has lasted for as long
 * as it takes to confirm.
 */
function afterNotReady(
  base: Streak,
  more: (rounds: number) => number,
  { downRounds }: Pick<Policy, 'downRounds'>,
): Pick<Streak, keyof typeof none> {
  const notReady = more(base.notReady);
  return { ...none, notReady, bad: base.bad > 0 && notReady < downRounds ? more(base.bad) : 0 };
}

function isBad({ condition }: Verdict): boolean {
  return condition === 'down' || condition === 'stale' || condition === 'degraded';
}

/**
 * Without a round nothing is counted; when all that was seen has grown too old, the streaks end, and each interval that passes is a round in
 * which nothing could be known. While nobody looked at all, because the machine did not run, none passes.
 */
function withoutRound(
  before: Streak,
  verdict: Verdict,
  policy: Pick<Policy, 'intervalMs' | 'window'>,
  now: number,
): Streak {
  if (verdict.reason !== 'no-observation') return before;
  const ended = { ...before, ...none, unknown: before.unknown };
  if (before.countedAt !== null && Math.abs(now - before.countedAt) < policy.intervalMs) return ended;
  return { ...ended, unknown: before.unknown + 1, recent: append(before.recent, 'u', policy), countedAt: now };
}

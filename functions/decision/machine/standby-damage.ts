// What is wrong with a standby by its own answers, and when it is written again. Pure; it writes nothing and tells nobody.
import { backOffMs } from '../../lib/back-off.ts';
import type { Reason } from '../health/observation.ts';
import { standbyKey, type VerdictReason } from '../health/verdict.ts';
import type { Policy } from './policy.ts';
import { keeperOf, streakOf } from './selectors.ts';
import { type ClusterState, noStreak, type StandbyState } from './state.ts';

/** An answer with authority is no lost packet: the second one in a row makes it sure. */
const sureRounds = 2;
const hourMs = 3_600_000;
const waits = { firstMs: 30_000, mostMs: 600_000 };

/** What the zone holds is not what we left there. */
const damages = ['empty', 'unmarked', 'foreign', 'thawed', 'wrong-answer'] as const satisfies readonly Reason[];
export type Damage = (typeof damages)[number];

/** For sure; undefined: it holds what it should, or that is not known. */
export function damageOf(state: ClusterState, id: string): Damage | undefined {
  const key = standbyKey(id);
  const reason: VerdictReason | undefined = state.verdicts[key]?.reason;
  const damage = damages.find((one) => one === reason);
  return damage !== undefined && streakOf(state, key).down >= sureRounds ? damage : undefined;
}

/** It does not answer, or nobody serves it, for `downRounds` rounds. */
export function isUnreadable(state: ClusterState, id: string, { downRounds }: Pick<Policy, 'downRounds'>): boolean {
  const key = standbyKey(id);
  const verdict = state.verdicts[key];
  if (verdict?.condition !== 'down' || verdict.reason === 'empty') return false;
  return streakOf(state, key).down >= downRounds;
}

/**
 * Is it to be written again? Never over somebody else's marker. At once, then after 30 s, twice as long each time up to 10 min, so that
 * whoever empties it again and again is told of and not fought.
 */
export function isToBeRewritten(state: ClusterState, id: string, standby: StandbyState, now: number): boolean {
  const damage = damageOf(state, id);
  if (damage === undefined || damage === 'foreign' || isElsewhere(standby)) return false;
  const { rewrites, rewrittenAt } = standby;
  if (rewrites === 0 || rewrittenAt === null) return true;
  return now - rewrittenAt >= backOffMs(waits, rewrites);
}

/** Somebody else writes there, and that is told as such (`fenced`, `foreign`), or is as it should be. */
export function isElsewhere(standby: StandbyState): boolean {
  return standby.fence !== '' || standby.foreign !== '' || keeperOf(standby) !== null;
}

/** The same standby, about to be written again. */
export function rewriting(standby: StandbyState, now: number): StandbyState {
  const isLong = standby.rewrittenAt === null || now - standby.rewrittenAt > hourMs;
  return { ...standby, rewrites: isLong ? 1 : standby.rewrites + 1, rewrittenAt: now };
}

/** After a write: what was seen of the zone before says nothing of it any more. */
export function forgetDamage(state: ClusterState, id: string): ClusterState {
  if (damageOf(state, id) === undefined) return state;
  const observations = state.observations.filter(({ target }) => target.kind !== 'standby' || target.id !== id);
  return { ...state, observations, streaks: { ...state.streaks, [standbyKey(id)]: noStreak } };
}

// What the machine remembers, when its host's clock was set back: no instant may lie ahead, or the machine would wait for the old time to
// come again. Pure. A clock that is set forward needs nothing: what is too old to count says so by itself.

import type { Tracked } from '../health/recent.ts';
import type { Verdict } from '../health/verdict.ts';
import { abandon } from './job.ts';
import type { ClusterState, Job, OpenIncident, RefusalState, Streak, VantageState } from './state.ts';

/** Hosts that share a state differ by less. */
const toleranceMs = 60_000;

/**
 * The state with no instant after `now`, when one lies further ahead than clocks differ. Work under way is asked for again, since its answer
 * is told by the instant of the question. The history of transitions stays as it was written.
 */
export function withoutFuture(state: ClusterState, now: number): ClusterState {
  if (Math.max(...instantsOf(state)) <= now + toleranceMs) return state;
  const past = (at: number) => Math.min(at, now);
  const perhaps = (at: number | null) => (at === null ? null : past(at));
  const free = <T extends Job>(job: T): T => ({ ...abandon(job), notBefore: past(job.notBefore) });
  const { activation, capture } = state;
  return {
    ...state,
    since: past(state.since),
    // As long as it was to be.
    holdUntil: state.holdUntil === null ? null : state.holdUntil - state.since + past(state.since),
    activation: activation === null ? null : { ...activation, startedAt: past(activation.startedAt) },
    activatedAt: state.activatedAt.map(past),
    // Or the rounds that follow would be older than what is held, and not be heard.
    observations: state.observations.filter(({ observedAt }) => observedAt <= now),
    verdicts: each(state.verdicts, (one: Verdict) => ({ ...one, since: past(one.since) })),
    streaks: each(state.streaks, (one: Streak) => ({
      ...one,
      countedAt: perhaps(one.countedAt),
      unfitSince: perhaps(one.unfitSince),
    })),
    credentials: each(state.credentials, (one: Tracked) => ({ ...one, at: past(one.at) })),
    reach: each(state.reach, (one: Tracked) => ({ ...one, at: past(one.at) })),
    incidents: each(state.incidents, (one: OpenIncident) => ({
      ...one,
      openedAt: past(one.openedAt),
      pagedAt: past(one.pagedAt),
    })),
    capture: { ...free(capture), asOf: perhaps(capture.asOf), askedAt: perhaps(capture.askedAt) },
    standbys: each(state.standbys, (one) => ({
      ...free(one),
      since: past(one.since),
      publishedAt: perhaps(one.publishedAt),
      asOf: perhaps(one.asOf),
      giveBack: one.giveBack === null ? null : { ...one.giveBack, since: past(one.giveBack.since) },
      marker: one.marker === null ? null : { ...one.marker, since: past(one.marker.since) },
      adopted: one.adopted === null ? null : { ...one.adopted, at: past(one.adopted.at) },
      rewrittenAt: perhaps(one.rewrittenAt),
      readNextAt: past(one.readNextAt),
      settlesUntil: past(one.settlesUntil),
      putBack: one.putBack === null ? null : { ...one.putBack, at: past(one.putBack.at) },
    })),
    vantages: each(state.vantages, (one: VantageState) => ({
      ...one,
      since: past(one.since),
      heardAt: perhaps(one.heardAt),
      listenedAt: past(one.listenedAt),
    })),
    refusals: each(state.refusals, (one: RefusalState) => ({
      ...one,
      since: past(one.since),
      lastAt: past(one.lastAt),
    })),
  };
}

/** The instants that are never ahead while the clock runs as it should. */
function instantsOf(state: ClusterState): readonly number[] {
  const { since, activation, streaks, capture, standbys, incidents, vantages, refusals } = state;
  const known = [
    since,
    activation?.startedAt,
    capture.askedAt,
    capture.asOf,
    ...Object.values(streaks).map(({ countedAt }) => countedAt),
    ...Object.values(standbys).flatMap((one) => [
      one.since,
      one.publishedAt,
      one.asOf,
      one.runningSince,
      one.giveBack?.since,
      one.marker?.since,
    ]),
    ...Object.values(incidents).map(({ pagedAt }) => pagedAt),
    ...Object.values(vantages).flatMap((one) => [one.since, one.heardAt, one.listenedAt]),
    ...Object.values(refusals).map(({ lastAt }) => lastAt),
  ];
  return known.filter((at) => typeof at === 'number');
}

function each<T>(record: Readonly<Record<string, T>>, change: (one: T) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).map(([key, one]) => [key, change(one)]));
}

// What a new life makes of the work that the old one left: it failed, since nobody will report it any more. A capture too large for the
// process that makes it ends that process each time, so that it is asked for again later and later, and told. Pure.
import { backOffMs } from '../../lib/back-off.ts';
import { fail } from './job.ts';
import type { Policy } from './policy.ts';
import type { CaptureState, ClusterState, Job } from './state.ts';

const longestWaitMs = 3_600_000;
/** The last capture of an outage is made anew once: the freeze waits for it. */
const mostFinalDeaths = 2;

/**
 * | what was under way | what becomes of it                                                                                   |
 * |--------------------|------------------------------------------------------------------------------------------------------|
 * | a capture that others were asked for | goes on: they answer to whichever life is there                                    |
 * | a capture          | failed; again after the least interval, doubled with each life that ended so, an hour at most         |
 * | a final capture    | again at once, and refused when a second life ended with it: what is stored has to do                 |
 * | a publication      | failed; again after 1 s, doubled with each failure, a minute at most                                  |
 */
export function afterRestart(state: ClusterState, policy: Policy, now: number): ClusterState {
  const standbys = Object.entries(state.standbys).map(([id, one]) => [id, ended(one, 'publication', now)] as const);
  const next = { ...state, standbys: Object.fromEntries(standbys) };
  const { capture, activation } = state;
  if (capture.runningSince === null || capture.isElsewhere) return next;
  const deaths = capture.deaths + 1;
  const notBefore = now + waitAfterDeathsMs(deaths, policy);
  const failed: CaptureState = { ...ended(capture, 'capture', now), deaths, notBefore };
  const isFinal = activation?.final === 'pending' && capture.askedFor === activation.number;
  if (!isFinal || deaths < mostFinalDeaths) return { ...next, capture: failed };
  const finalReason = `${deaths} processes in a row ended while they made it`;
  return { ...next, capture: failed, activation: { ...activation, final: 'refused', finalReason } };
}

/** The least interval, doubled with each life after the first that ended with a capture, an hour at most. */
export function waitAfterDeathsMs(deaths: number, policy: Pick<Policy, 'captureLeastIntervalMs'>): number {
  return backOffMs({ firstMs: policy.captureLeastIntervalMs, mostMs: longestWaitMs }, Math.max(1, deaths));
}

function ended<T extends Job>(job: T, what: string, now: number): T {
  if (job.runningSince === null) return job;
  return { ...job, ...fail(job, `the process that made the ${what} ended before it was through`, now) };
}

// A job: work that was asked for and not yet answered, with its backoff. Pure.

import { backOffMs } from '../../lib/back-off.ts';
import { clip } from '../../lib/clip.ts';
import type { ClusterState, Job } from './state.ts';

const waits = { firstMs: 1000, mostMs: 60_000 };
const maxReasonCharacters = 400;
/** Work without an answer for this long is taken for lost. Far above every deadline: whoever does the work always answers, or is dead. */
export const lostAfterMs = 600_000;

/** Wait before the next attempt: 1 s, doubled with each failure, 60 s at most. */
export function backoffMs(failures: number): number {
  return backOffMs(waits, failures);
}

export function begin(job: Job, now: number): Job {
  const { failures, notBefore, lastFailure } = job;
  return { runningSince: now, failures, notBefore, lastFailure };
}

export function succeed(job: Job): Job {
  return { runningSince: null, failures: 0, notBefore: job.notBefore, lastFailure: '' };
}

export function fail(job: Job, reason: string, now: number): Job {
  const failures = job.failures + 1;
  return {
    runningSince: null,
    failures,
    notBefore: now + backoffMs(failures),
    lastFailure: clip(reason, maxReasonCharacters),
  };
}

/** One failure is chance; as many as this in a row are told, and not waited for. */
const leastFailures = 3;

export function keepsFailing({ failures }: Job): boolean {
  return failures >= leastFailures;
}

/** Free for a new attempt right now. */
export function isFree(job: Job, now: number): boolean {
  return (job.runningSince === null || hasGoneSilent(job, now)) && now >= job.notBefore;
}

export function hasGoneSilent(job: Job, now: number): boolean {
  return job.runningSince !== null && now - job.runningSince > lostAfterMs;
}

/** The same job when whoever was doing it is gone. */
export function abandon<T extends Job>(job: T): T {
  return { ...job, runningSince: null };
}

/** The state with no work under way: whoever was doing it is gone, or is not waited for. */
export function abandonAll(state: ClusterState): ClusterState {
  const standbys = Object.entries(state.standbys).map(([id, standby]) => [id, abandon(standby)] as const);
  // Whoever orders waits for the next capture: it is tried at once, whatever became of the last ones.
  return { ...state, capture: { ...abandon(state.capture), notBefore: 0 }, standbys: Object.fromEntries(standbys) };
}

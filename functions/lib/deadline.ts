// Deadlines over the Clock port. No domain words; it must not reach for the platform's timers.
import type { Clock } from './deps.ts';
import { LifeboatError } from './errors.ts';

export interface Deadline {
  /** What is waited for, as the subject of the message: `AXFR of cluster.local. from 10.0.0.10:53`. */
  readonly what: string;
  readonly timeoutMs: number;
  /** Ends the work earlier, with LifeboatError `timeout`. */
  readonly signal?: AbortSignal;
}

/**
 * Runs `work` with a signal that aborts when the time is over or the caller gives up.
 * Rejects with `timeout` at once then, even if the work does not listen to its signal.
 */
export async function withDeadline<T>(
  clock: Clock,
  deadline: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { what, timeoutMs, signal: outer } = deadline;
  const controller = new AbortController();
  const done = new AbortController();
  const expired = new Promise<never>((_, reject) => {
    const give = (reason: string) => {
      const error = new LifeboatError('timeout', `${what}: ${reason}`);
      reject(error);
      controller.abort(error);
    };
    const onAbort = () => give(isTimeout(outer) ? 'no answer in time' : 'given up by the caller');
    if (outer?.aborted) return onAbort();
    outer?.addEventListener('abort', onAbort, { once: true, signal: done.signal });
    clock
      .sleep(timeoutMs, done.signal)
      .then(() => done.signal.aborted || give(`nothing within ${timeoutMs} ms`), reject);
  });
  try {
    return await Promise.race([work(controller.signal), expired]);
  } finally {
    done.abort();
    expired.catch(() => {});
  }
}

/** Did the caller's own deadline pass (AbortSignal.timeout)? */
function isTimeout(signal: AbortSignal | undefined): boolean {
  return signal?.reason instanceof Error && signal.reason.name === 'TimeoutError';
}

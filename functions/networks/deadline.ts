// The deadlines of connections: work against an AbortSignal, for networks whose platform has no time limits of its own. No timers here.
import { LifeboatError } from '../lib/errors.ts';

/** The outcome of the work, or `timeout` as soon as the signal aborts; `shut` ends what the work waits for then. */
export async function orAbort<T>(work: Promise<T>, shut: () => void, what: string, signal: AbortSignal): Promise<T> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      shut();
      reject(timeoutOf(signal, what));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** What an aborted signal means: its own reason where that is a `timeout` already. */
export function timeoutOf(signal: AbortSignal, what: string): LifeboatError {
  const reason: unknown = signal.reason;
  return reason instanceof LifeboatError && reason.code === 'timeout'
    ? reason
    : new LifeboatError('timeout', `${what}: the deadline passed`);
}

// Waiting for what will be so soon, in hooks as well as in tests. It judges nothing.
import { setTimeout as sleep } from 'node:timers/promises';

export interface PollOptions {
  /** Default 60,000: generous, for machines that have other work. */
  readonly timeoutMs?: number;
  /** Default 50. */
  readonly everyMs?: number;
  /** What was there instead, for the message. */
  readonly instead?: () => string;
}

/** Looks again and again; the first value that is not undefined. Rejects with `what` when there is none in time. */
export async function poll<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  { timeoutMs = 60_000, everyMs = 50, instead }: PollOptions = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) {
      throw new Error(`no ${what} within ${timeoutMs} ms${instead === undefined ? '' : `; there was:\n${instead()}`}`);
    }
    await sleep(everyMs);
  }
}

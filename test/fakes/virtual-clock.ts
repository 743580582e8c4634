// A clock that stands still until a test moves it on; whoever sleeps wakes in order. Real promises go on in between.
import { onTestFinished, vi } from 'vitest';
import type { Clock } from '../../functions/lib/deps.ts';

export interface VirtualClock extends Clock {
  /** Moves on by so many milliseconds, and wakes who sleeps that long, one after the other. */
  advance(ms: number): Promise<void>;
}

/** Turns of the event loop in which everything that waits for no time comes to its end. */
const turns = 8;

export function createVirtualClock(start = 1_700_000_000_000): VirtualClock {
  let now = start;
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  const work = watchCrypto();
  const settleDown = async () => {
    do {
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
    } while (work.underWay() > 0);
  };
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const wake = () => {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const sleeper = { at: now + ms, wake };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', wake, { once: true });
      }),
    async advance(ms) {
      const target = now + ms;
      for (;;) {
        await settleDown();
        const [next] = [...sleepers].sort((a, b) => a.at - b.at);
        if (next === undefined || next.at > target) break;
        now = Math.max(now, next.at);
        next.wake();
      }
      now = target;
    },
  };
}

/** Digests, signatures and keys are made on threads of their own, which a busy machine keeps waiting: no time may pass before they are there. */
function watchCrypto(): { underWay(): number } {
  const { subtle } = crypto;
  const { digest, sign, verify, importKey } = subtle;
  let count = 0;
  const counted =
    <In extends unknown[], Out>(work: (...args: In) => Promise<Out>) =>
    (...args: In): Promise<Out> => {
      count++;
      return work.apply(subtle, args).finally(() => {
        count--;
      });
    };
  const spies = [
    vi.spyOn(subtle, 'digest').mockImplementation(counted(digest)),
    vi.spyOn(subtle, 'sign').mockImplementation(counted(sign)),
    vi.spyOn(subtle, 'verify').mockImplementation(counted(verify)),
    vi.spyOn(subtle, 'importKey').mockImplementation(counted(importKey) as typeof importKey),
  ];
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore();
  });
  return { underWay: () => count };
}

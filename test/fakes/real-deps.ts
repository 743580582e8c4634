// A real clock and real random bytes, as the ports want them. For tests only.
import type { Clock, Random } from '../../functions/lib/deps.ts';

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    }),
};

export const realRandom: Random = { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) };

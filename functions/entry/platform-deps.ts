// Time and chance, from what Node and workerd have in common, behind the ports of the house. One of the few readers of globals.
import type { Clock, Random } from '../lib/deps.ts';

export function createClock(): Clock {
  return {
    now: () => Date.now(),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const end = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', end);
          resolve();
        };
        const timer = setTimeout(end, ms);
        signal?.addEventListener('abort', end, { once: true });
      }),
  };
}

export function createRandom(): Random {
  return { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) };
}

// Node's clock, chance and files behind the ports of the house. One of the few readers of globals.
import { randomFillSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock, Random } from '../lib/deps.ts';
import { LifeboatError, messageOf } from '../lib/errors.ts';

export function createNodeClock(): Clock {
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

export function createNodeRandom(): Random {
  return { bytes: (count) => randomFillSync(new Uint8Array(count)) };
}

/** Reads a text file; `config` names the file and the reason. */
export async function readTextFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new LifeboatError('config', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

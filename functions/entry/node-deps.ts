// Node's clock, chance, files and commands behind the ports of the house. One of the few readers of globals.
import { execFile } from 'node:child_process';
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

const maxCommandOutputBytes = 1024 * 1024;

/** Runs a credential command without a shell; its standard output. Its standard error is never shown: it may hold a secret. */
export function executeCommand(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      command,
      [...args],
      { env: { ...process.env, ...env }, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: maxCommandOutputBytes },
      (error, stdout) => {
        if (error === null) return resolve(stdout);
        const why = error.killed ? `gave no answer within ${timeoutMs} ms` : `ended with ${error.code ?? error.signal}`;
        reject(new LifeboatError('credential', `the credential command ${command} ${why}`));
      },
    );
  });
}

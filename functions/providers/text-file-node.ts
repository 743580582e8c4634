// A text file on Node that is replaced whole and durably: new file, fsync, rename, fsync of the folder. It knows nothing of its content.
import { randomUUID } from 'node:crypto';
import { type FileHandle, link, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LifeboatError, messageOf } from '../lib/errors.ts';
import type { TextFile } from './zonefile.ts';

const lockPollMs = 20;

/**
 * The file at `path`. Writers on one machine take turns by a lock file beside it (`<path>.lock`, with the writer's process id): one left
 * by a process that is gone is taken over, a living one is waited for, `lockTimeoutMs` (default 5,000) at most.
 */
export function createTextFile(path: string, options: { readonly lockTimeoutMs?: number } = {}): TextFile {
  const { lockTimeoutMs = 5_000 } = options;
  return {
    label: path,
    read: () => readText(path),
    async update(change) {
      const lock = await takeLock(`${path}.lock`, lockTimeoutMs);
      try {
        const text = change(await readText(path));
        if (text !== undefined) await replaceFile(path, text, lock);
      } finally {
        await lock.release();
      }
    },
  };
}

interface Lock {
  /** LifeboatError `store` when somebody took the lock away. */
  check(): Promise<void>;
  release(): Promise<void>;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw failure(`cannot read ${path}`, error);
  }
}

async function replaceFile(path: string, text: string, lock: Lock): Promise<void> {
  const fresh = `${path}.${randomUUID()}.tmp`;
  try {
    await writeDurably(await open(fresh, 'wx', 0o644), text);
    await lock.check();
    await rename(fresh, path);
    const folder = await open(dirname(path), 'r');
    await folder.sync().finally(() => folder.close());
  } catch (error) {
    await rm(fresh, { force: true });
    throw failure(`cannot write ${path}`, error);
  }
}

async function writeDurably(file: FileHandle, text: string): Promise<void> {
  try {
    await file.writeFile(text, 'utf8');
    await file.sync();
  } finally {
    await file.close();
  }
}

async function takeLock(path: string, lockTimeoutMs: number): Promise<Lock> {
  const mine = `${process.pid} ${randomUUID()}\n`;
  for (let waitedMs = 0; waitedMs <= lockTimeoutMs; waitedMs += lockPollMs) {
    try {
      await createWhole(path, mine);
      return {
        async check() {
          if ((await readText(path)) !== mine) throw new LifeboatError('store', `another process took ${path} away`);
        },
        async release() {
          if ((await readText(path)) === mine) await rm(path, { force: true });
        },
      };
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw failure(`cannot lock ${path}`, error);
    }
    if (await isLeftBehind(path)) await rm(path, { force: true });
    else await sleep(lockPollMs);
  }
  throw new LifeboatError('store', `${path} is held by another process for more than ${lockTimeoutMs} ms`);
}

/** Makes a file that must not exist yet, and that nobody ever sees without its content. */
async function createWhole(path: string, text: string): Promise<void> {
  const fresh = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(fresh, text, { flag: 'wx' });
    await link(fresh, path);
  } finally {
    await rm(fresh, { force: true });
  }
}

/** True when the process that wrote the lock is gone. */
async function isLeftBehind(path: string): Promise<boolean> {
  const pid = Number.parseInt((await readText(path)) ?? '', 10);
  if (!Number.isSafeInteger(pid)) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function failure(what: string, error: unknown): LifeboatError {
  return error instanceof LifeboatError
    ? error
    : new LifeboatError('store', `${what}: ${messageOf(error)}`, { cause: error });
}

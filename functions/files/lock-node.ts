// A lock between processes of one machine: a file that only one can create. It outlives nobody: the lock of a dead process is taken over.
// It knows nothing of documents.
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { backOffMs } from '../lib/back-off.ts';
import { toHex } from '../lib/canonical.ts';
import type { Clock, Random } from '../lib/deps.ts';
import { LifeboatError } from '../lib/errors.ts';

export interface LockDeps {
  readonly clock: Clock;
  readonly random: Random;
}

export interface Lock {
  /** Throws `store` when somebody took the lock over: to be asked right before what the lock protects is done. */
  check(): Promise<void>;
  release(): Promise<void>;
}

/** Longest wait for a lock. It is held for milliseconds. */
const waitLimitMs = 10_000;
/** A lock older than this is taken over, whoever holds it: a stopped process, another container, a pid used again. */
const oldAfterMs = 30_000;
/** A lock file is written within microseconds; one that holds nothing after this is a crash's. */
const unreadableAfterMs = 1000;
const pauses = { firstMs: 2, mostMs: 50 };

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When that process began, as the system counts it; empty where it cannot be known. */
  readonly began: string;
  readonly token: string;
}

/** Waits for the lock file `path`; LifeboatError `store` after 10 s. */
export async function lockFile(path: string, deps: LockDeps): Promise<Lock> {
  const token = toHex(deps.random.bytes(16));
  const holder: Holder = { pid: process.pid, host: hostname(), began: await beginOf(process.pid), token };
  const deadline = deps.clock.now() + waitLimitMs;
  for (let attempt = 1; ; attempt++) {
    if (await create(path, JSON.stringify(holder))) return lockOf(path, token);
    await breakWhenStale(path, deps);
    if (deps.clock.now() >= deadline) throw await tooLate(path);
    await deps.clock.sleep(backOffMs(pauses, attempt));
  }
}

function lockOf(path: string, token: string): Lock {
  const isMine = async () => (await readHolder(path))?.token === token;
  return {
    async check() {
      if (await isMine()) return;
      throw new LifeboatError(
        'store',
        `the lock ${path} was taken over: this process was stopped for more than ${oldAfterMs} ms; nothing was written`,
      );
    },
    async release() {
      if (await isMine()) await rm(path, { force: true });
    },
  };
}

/** True when this call created the file. */
async function create(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/**
 * Removes a stale lock. Two that wait must not both do so, or the second would remove the first one's new lock: a second lock file decides,
 * and inside it the first is looked at again. That second file is held for two system calls; left behind by a crash, it is removed by its age.
 */
async function breakWhenStale(path: string, deps: LockDeps): Promise<void> {
  if (!(await isStale(path, deps))) return;
  const breaker = `${path}.break`;
  if (!(await create(breaker, ''))) {
    if (await isOlderThan(breaker, oldAfterMs, deps)) await rm(breaker, { force: true });
    return;
  }
  try {
    if (await isStale(path, deps)) await rm(path, { force: true });
  } finally {
    await rm(breaker, { force: true });
  }
}

async function isStale(path: string, deps: LockDeps): Promise<boolean> {
  if (await isOlderThan(path, oldAfterMs, deps)) return true;
  const holder = await readHolder(path);
  // Unreadable: gone, or being written right now, or its writer died between the two system calls.
  if (holder === undefined) return isOlderThan(path, unreadableAfterMs, deps);
  if (holder.host !== hostname()) return false;
  if (!isAlive(holder.pid)) return true;
  const began = await beginOf(holder.pid);
  return began !== '' && holder.began !== '' && began !== holder.began;
}

async function isOlderThan(path: string, ageMs: number, { clock }: LockDeps): Promise<boolean> {
  try {
    return Math.abs(clock.now() - (await stat(path)).mtimeMs) > ageMs;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isHolder(value) ? value : undefined;
  } catch (error) {
    if (isCode(error, 'ENOENT') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, host, began, token } = value as Record<string, unknown>;
  return typeof pid === 'number' && [host, began, token].every((part) => typeof part === 'string');
}

/** Also true for a process of another user (EPERM). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isCode(error, 'ESRCH');
  }
}

/** Linux: the start time in /proc/PID/stat, field 22, which tells a process from a later one with its pid. Elsewhere empty. */
async function beginOf(pid: number): Promise<string> {
  try {
    const line = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is a name in parentheses that may hold anything: count from behind it.
    return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

async function tooLate(path: string): Promise<LifeboatError> {
  const holder = await readHolder(path);
  const who = holder === undefined ? 'somebody' : `process ${holder.pid} on ${holder.host}`;
  return new LifeboatError(
    'store',
    `${who} holds the lock ${path} for more than ${waitLimitMs} ms; is that process stopped? Nothing was written`,
  );
}

/** Does a system error have this code? */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

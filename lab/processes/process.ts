// Starts a real part as a process group of its own with a log file, and makes sure that none outlives the run. It knows no part.
import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** A part that runs. Every method may be called in any state. */
export interface Running {
  readonly name: string;
  /** Of the process that runs now: another one after `restart`. */
  readonly pid: number;
  readonly logFile: string;
  readonly alive: boolean;
  /** SIGSTOP: connections are accepted by the kernel, nothing answers. Returns when every thread has stopped. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM, after `stopTimeoutMs` SIGKILL; resolves when the process is gone. */
  stop(): Promise<void>;
  /** Kills what runs, starts the same command again and waits until it is ready (`wait: false`: returns at once). */
  restart(options?: { readonly wait?: boolean }): Promise<void>;
}

/** A program: an executable, or an interpreter with its script. */
export type Program = readonly [command: string, ...args: string[]];

/** What to start, and how to see that it is ready. */
export interface PartCommand {
  readonly name: string;
  readonly program: Program;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
  /** True when the part can be used; a throw counts as not yet. */
  readonly ready: () => Promise<boolean>;
  readonly readyTimeoutMs: number;
}

const stopTimeoutMs = 3_000;
const readyPollMs = 50;
const logTailCharacters = 3_000;
const maxOutputCharacters = 256 * 1024 * 1024;

const live = new Set<ChildProcess>();
const cleanups: (() => void)[] = [];
/** Linux: the kernel kills the part, but not its children, when the test process dies, also by SIGKILL. */
const dieWithParent = spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0;

/** Runs `cleanup` at the end of the process, after every part has been killed; in reverse order. */
export function atExit(cleanup: () => void): void {
  cleanups.unshift(cleanup);
}

/** Where process groups are told that are to be ended with this process, whatever ends it. */
let reaper: Writable | undefined;

/** From now on a second process ends every part and removes `folder` when this one dies by SIGKILL. For programs that people start. */
export function startReaper(folder: string): void {
  const script = join(import.meta.dirname, 'reaper.ts');
  const child = spawn(process.execPath, [script, folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.unref();
  reaper = child.stdin;
  // Without it the run goes on.
  reaper.on('error', () => {
    reaper = undefined;
  });
}

process.on('exit', () => {
  for (const child of live) signal(child, 'SIGKILL');
  for (const cleanup of cleanups) cleanup();
});
for (const [name, number] of [
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const) {
  process.once(name, () => process.exit(128 + number));
}

/** Starts a part and waits until it is ready; throws with the end of its log when it ends or is not ready in time. */
export async function startPart(part: PartCommand, options: { readonly wait?: boolean } = {}): Promise<Running> {
  let child = launch(part);
  const running: Running = {
    name: part.name,
    logFile: part.logFile,
    get pid() {
      return child.pid ?? -1;
    },
    get alive() {
      return isAlive(child);
    },
    freeze: () => {
      signal(child, 'SIGSTOP');
      waitUntilStopped(child);
    },
    thaw: () => signal(child, 'SIGCONT'),
    kill: () => end(child, 'SIGKILL'),
    async stop() {
      signal(child, 'SIGCONT');
      await end(child, 'SIGTERM');
    },
    async restart({ wait = true } = {}) {
      await end(child, 'SIGKILL');
      child = launch(part);
      if (wait) await waitUntilReady(part, child);
    },
  };
  if (options.wait !== false) await waitUntilReady(part, child);
  return running;
}

/** What a program that ran to its end left behind. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; rejects when it cannot be started, is ended by a signal, or does not end in time. */
export function runToEnd(command: {
  readonly program: Program;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}): Promise<Ended> {
  const { program, args, timeoutMs } = command;
  const child = startChild([...program, ...args], command.env, ['ignore', 'pipe', 'pipe']);
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      texts[name] += chunk;
      if (texts[name].length > maxOutputCharacters) signal(child, 'SIGKILL');
    });
  }
  return new Promise((resolve, reject) => {
    const what = [basename(program.at(-1) ?? ''), ...args.slice(0, 4)].join(' ');
    const timer = setTimeout(() => signal(child, 'SIGKILL'), timeoutMs);
    child.once('error', reject);
    child.once('close', (code, by) => {
      clearTimeout(timer);
      if (code !== null) resolve({ code, ...texts });
      else reject(new Error(`${what} was ended by ${by} (limit ${timeoutMs} ms):\n${texts.stdout}\n${texts.stderr}`));
    });
  });
}

function launch(part: PartCommand): ChildProcess {
  const log = openSync(part.logFile, 'a');
  try {
    return startChild([...part.program, ...part.args], part.env, ['ignore', log, log]);
  } finally {
    closeSync(log);
  }
}

/** In a process group of its own, remembered as long as it lives. */
function startChild(
  [own, ...ownArgs]: Program,
  env: Readonly<Record<string, string>> | undefined,
  stdio: StdioOptions,
): ChildProcess {
  const [command, args] = dieWithParent ? ['setpriv', ['--pdeathsig', 'KILL', own, ...ownArgs]] : [own, ownArgs];
  const child = spawn(command, args, { detached: true, stdio, env: { ...process.env, ...env } });
  live.add(child);
  reaper?.write(`+${child.pid}\n`);
  const forget = (): void => {
    if (live.delete(child)) reaper?.write(`-${child.pid}\n`);
  };
  child.once('exit', forget);
  child.once('error', forget);
  return child;
}

async function waitUntilReady(part: PartCommand, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + part.readyTimeoutMs;
  while (Date.now() < deadline) {
    if (!isAlive(child))
      throw new Error(`${part.name} ended with ${child.exitCode ?? child.signalCode}:\n${tailOf(part)}`);
    if (await part.ready().catch(() => false)) return;
    await sleep(readyPollMs);
  }
  await end(child, 'SIGKILL');
  throw new Error(`${part.name} was not ready within ${part.readyTimeoutMs} ms:\n${tailOf(part)}`);
}

function tailOf(part: PartCommand): string {
  return `${readFileSync(part.logFile, 'utf8').slice(-logTailCharacters)}\n(${part.logFile})`;
}

function isAlive(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** To the whole process group; a group that is gone is fine. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined || !isAlive(child)) return;
  try {
    process.kill(-child.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const stopPollMs = 1;
const stopLimitMs = 2_000;

/** A signal is on its way for a moment, on a busy machine for milliseconds, in which a thread may still answer. Linux; elsewhere no wait. */
function waitUntilStopped({ pid }: ChildProcess): void {
  const tasks = `/proc/${pid}/task`;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; waitedMs < stopLimitMs && existsSync(tasks); waitedMs += stopPollMs) {
    if (readdirSync(tasks).every((task) => isStopped(`${tasks}/${task}/stat`))) return;
    Atomics.wait(pause, 0, 0, stopPollMs);
  }
}

/** The third field, behind the name in parentheses, which may hold anything. A thread that has just ended counts as stopped. */
function isStopped(statFile: string): boolean {
  try {
    const line = readFileSync(statFile, 'utf8');
    return /^[Tt]/.test(line.slice(line.lastIndexOf(')') + 2));
  } catch {
    return true;
  }
}

async function end(child: ChildProcess, name: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (!isAlive(child)) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  signal(child, name);
  if (name === 'SIGTERM') {
    const forced = setTimeout(() => signal(child, 'SIGKILL'), stopTimeoutMs);
    await gone;
    clearTimeout(forced);
  }
  await gone;
}

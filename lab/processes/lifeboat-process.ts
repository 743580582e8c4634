// The product itself as a part of a run: its command line as a child process, for one command, or for `watch --json`, whose lines it
// reads back. It uses nothing of Lifeboat but the program.
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { poll } from './poll.ts';
import { type Ended, type Running, runToEnd, startPart } from './process.ts';

const program = join(import.meta.dirname, '../../functions/entry/node/cli.ts');
/** Of the watch, when it did not say what was waited for. */
const shownLines = 12;

/** One configuration and the secrets that it names. */
export interface Deployment {
  /** Of the configuration, the token, the state and the logs. */
  readonly folder: string;
  readonly configFile: string;
  readonly secrets: Readonly<Record<string, string>>;
}

export interface CommandResult extends Ended {
  /** The documents that `--json` printed, one a line. */
  readonly documents: readonly Readonly<Record<string, unknown>>[];
}

/** Runs one command to its end; rejects when it does not end in time. */
export async function runLifeboat(
  { configFile, secrets }: Deployment,
  args: readonly string[],
  timeoutMs = 60_000,
): Promise<CommandResult> {
  const ended = await runToEnd({
    program: [process.execPath, program],
    args: ['-c', configFile, ...args],
    env: secrets,
    timeoutMs,
  });
  return { ...ended, documents: documentsOf(ended.stdout) };
}

/** Starts a command and does not wait for its end, so that it can be killed on the way. */
export function startLifeboat({ folder, configFile, secrets }: Deployment, args: readonly string[]): Promise<Running> {
  return startPart(
    {
      name: `lifeboat ${args[0]}`,
      program: [process.execPath],
      args: [program, '-c', configFile, ...args],
      logFile: join(folder, `${args[0]}.log`),
      env: secrets,
      ready: async () => true,
      readyTimeoutMs: 10_000,
    },
    { wait: false },
  );
}

export interface WatchVerdict {
  readonly condition: string;
  readonly reason: string;
  readonly words: string;
  readonly evidence: readonly string[];
}

/** One line of `watch --json`. */
export interface WatchLine {
  readonly cluster: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly event?: string;
  readonly from?: string;
  readonly phase?: string;
  readonly cause?: string | null;
  readonly reason?: string;
  /** Those whose condition changed, by target key. */
  readonly verdicts?: Readonly<Record<string, WatchVerdict>>;
  readonly pages?: readonly { readonly kind: string; readonly dedupKey: string; readonly summary: string }[];
  readonly work?: {
    readonly kind: string;
    readonly final?: boolean;
    readonly intent?: { readonly kind: string };
    readonly read?: string;
  };
  readonly outcome?: Readonly<Record<string, unknown>> & { readonly kind: string };
  readonly tookMs?: number;
  readonly fault?: string;
}

export interface Watch extends Running {
  /** Everything said so far, over restarts. */
  lines(): readonly WatchLine[];
  /** The first line that fits, from the instant `sinceMs` (default: ever) on; rejects with what was said instead. */
  saw(what: string, fits: (line: WatchLine) => boolean, options?: WaitOptions): Promise<WatchLine>;
}

export interface WaitOptions {
  readonly sinceMs?: number;
  /** Default 60,000. */
  readonly timeoutMs?: number;
}

/** What a watch has said: lines of JSON in a log. */
export type Said = Pick<Watch, 'lines' | 'saw'>;

/** Starts the watch and waits for its first verdict of the API server. */
export async function startWatch({ folder, configFile, secrets }: Deployment): Promise<Watch> {
  const logFile = join(folder, 'watch.log');
  const said = saidIn(logFile);
  const running = await startPart({
    name: 'lifeboat watch',
    program: [process.execPath],
    args: [program, '-c', configFile, 'watch', '--json'],
    logFile,
    env: secrets,
    ready: async () => hasVerdict(said),
    readyTimeoutMs: 30_000,
  });
  return Object.assign(running, said);
}

/** Has the API server been judged? */
export function hasVerdict({ lines }: Said): boolean {
  return lines().some(({ verdicts }) => verdicts !== undefined && 'apiserver' in verdicts);
}

/** Reads a log whose lines are those of `watch --json`, others among them or not. */
export function saidIn(logFile: string): Said {
  const said: WatchLine[] = [];
  let readBytes = 0;
  const lines = (): readonly WatchLine[] => {
    const text = wholeLinesFrom(logFile, readBytes);
    readBytes += Buffer.byteLength(text);
    said.push(...(documentsOf(text) as unknown as WatchLine[]));
    return said;
  };
  const saw: Watch['saw'] = (what, fits, { sinceMs = 0, ...options } = {}) =>
    poll(`"${what}" in the watch`, () => lines().find((line) => line.at >= sinceMs && fits(line)), {
      ...options,
      instead: () => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-shownLines).join('\n'),
    });
  return { lines, saw };
}

/** From this byte up to the last line that is whole; nothing when there is no file yet. */
function wholeLinesFrom(file: string, from: number): string {
  if (!existsSync(file)) return '';
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(descriptor).size - from));
    const length = readSync(descriptor, bytes, 0, bytes.length, from);
    return bytes.subarray(0, bytes.subarray(0, length).lastIndexOf(10) + 1).toString('utf8');
  } finally {
    closeSync(descriptor);
  }
}

/** Whole lines that are JSON objects; others (what goes to standard error) are passed over. */
function documentsOf(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

// The product itself as a part of a run: its command line as a child process, for one command, or for `watch --json`, whose lines it
// reads back. It uses nothing of Lifeboat but the program.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { poll } from './poll.ts';
import { type Running, startPart } from './process.ts';

const program = join(import.meta.dirname, '../../functions/entry/cli.ts');
/** Of the watch, when it did not say what was waited for. */
const shownLines = 12;

/** One configuration and the secrets that it names. */
export interface Deployment {
  /** Of the configuration, the token, the state and the logs. */
  readonly folder: string;
  readonly configFile: string;
  readonly secrets: Readonly<Record<string, string>>;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The documents that `--json` printed, one a line. */
  readonly documents: readonly Readonly<Record<string, unknown>>[];
}

/** Runs one command to its end; rejects when it does not end in time. */
export function runLifeboat(
  { configFile, secrets }: Deployment,
  args: readonly string[],
  timeoutMs = 60_000,
): Promise<CommandResult> {
  const options = { env: { ...process.env, ...secrets }, timeout: timeoutMs, maxBuffer: 256 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, '-c', configFile, ...args], options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') {
        reject(new Error(`lifeboat ${args.join(' ')} did not end within ${timeoutMs} ms:\n${stdout}\n${stderr}`));
      } else {
        resolve({ code: Number(error?.code ?? 0), stdout, stderr, documents: documentsOf(stdout) });
      }
    });
  });
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
  readonly work?: { readonly kind: string; readonly final?: boolean; readonly intent?: { readonly kind: string } };
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
  const lines = (): readonly WatchLine[] =>
    existsSync(logFile) ? (documentsOf(readFileSync(logFile, 'utf8')) as unknown as WatchLine[]) : [];
  const saw: Watch['saw'] = (what, fits, { sinceMs = 0, ...options } = {}) =>
    poll(`"${what}" in the watch`, () => lines().find((line) => line.at >= sinceMs && fits(line)), {
      ...options,
      instead: () => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-shownLines).join('\n'),
    });
  return { lines, saw };
}

/** Whole lines that are JSON objects; others (what goes to standard error) are passed over. */
function documentsOf(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

// A terminal session with a program: a real pseudo-terminal by way of script(1), typed into and read back, with the time of each piece, so
// that it can be tested and recorded. Linux.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { poll } from '../../../lab/processes/poll.ts';

export interface Session {
  /** Everything that was written so far, codes included. */
  output(): string;
  /** In the order in which it came, each with milliseconds since the start. */
  pieces(): readonly (readonly [atMs: number, text: string])[];
  type(text: string): void;
  /** Waits until the output from `since` on (a length, default 0) fits. */
  saw(what: RegExp, options?: { readonly timeoutMs?: number; readonly since?: number }): Promise<void>;
  /** The exit code of the program, once it has ended. */
  ended: Promise<number>;
  readonly pid: number;
}

export interface SessionOptions {
  /** For a shell. */
  readonly command: string;
  readonly columns: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const defaultRows = 40;

/** Whether there is a script(1) that can do it. */
export function canOpenSessions(): boolean {
  return (
    process.platform === 'linux' &&
    spawnSync('script', ['-qfec', 'true', '/dev/null'], { stdio: 'ignore' }).status === 0
  );
}

export function openSession({ command, columns, rows = defaultRows, env }: SessionOptions): Session {
  const startedAtMs = Date.now();
  const pieces: (readonly [number, string])[] = [];
  const sized = `stty cols ${columns} rows ${rows}; exec ${command}`;
  const child: ChildProcess = spawn('script', ['-qfec', sized, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, TERM: 'xterm-256color', NO_COLOR: '', ...env },
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => pieces.push([Date.now() - startedAtMs, text]));
  const output = () => pieces.map(([, text]) => text).join('');
  return {
    output,
    pieces: () => pieces,
    type: (text) => void child.stdin?.write(text),
    saw: async (what, { timeoutMs = 60_000, since = 0 } = {}) => {
      const instead = () => seen(output()).slice(-1_500);
      await poll(`${what} in the terminal`, () => (what.test(seen(output().slice(since))) ? true : undefined), {
        timeoutMs,
        instead,
      });
    },
    ended: new Promise((resolve) => child.once('close', (code) => resolve(code ?? -1))),
    pid: child.pid ?? -1,
  };
}

const codes = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, 'g');

/** The text without codes; what was painted over is still there. */
export function seen(output: string): string {
  return output.replace(codes, '').replaceAll('\r\n', '\n');
}

/** What stands on the terminal in the end, scrolled lines included: what was painted over is gone. Knows the codes that the lab's screen uses. */
export function settled(output: string): readonly string[] {
  const code = String.fromCharCode(27);
  const away = new RegExp(`\\r(?:${code}\\[(\\d+)A)?${code}\\[J`);
  const [first = '', ...rest] = output.replaceAll('\r\n', '\n').split(away);
  let lines = first.split('\n');
  for (let i = 0; i < rest.length; i += 2) {
    const kept = lines.slice(0, lines.length - 1 - Number(rest[i] ?? 0));
    lines = [...kept, ...(rest[i + 1] ?? '').split('\n')];
  }
  return lines.map((line) => seen(line).trimEnd());
}

/** The session as an asciicast, version 2: https://docs.asciinema.org/manual/asciicast/v2/ */
export function asciicast(
  session: Session,
  size: { readonly columns: number; readonly rows?: number },
  title: string,
): string {
  const header = { version: 2, width: size.columns, height: size.rows ?? defaultRows, title };
  const events = session.pieces().map(([atMs, text]) => [atMs / 1_000, 'o', text]);
  return `${[header, ...events].map((each) => JSON.stringify(each)).join('\n')}\n`;
}

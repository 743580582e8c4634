// Runs wrangler, the project's own or the one on the path, without a terminal and within a deadline.
import { execFile } from 'node:child_process';
import type { ToolRun } from '../../cli/context.ts';

const timeoutMs = 60_000;
const maxOutputBytes = 8 * 1024 * 1024;

/** `--no-install`: a check downloads nothing. */
export function runWrangler(args: readonly string[]): Promise<ToolRun> {
  const env = { ...process.env, CI: '1', NO_COLOR: '1', WRANGLER_SEND_METRICS: 'false' };
  const options = { env, timeout: timeoutMs, maxBuffer: maxOutputBytes };
  return new Promise((done) => {
    execFile('npx', ['--no-install', 'wrangler', ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      done({ code, stdout, stderr: error !== null && stderr === '' ? error.message : stderr });
    });
  });
}

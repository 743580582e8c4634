// Runs a credential command on Node: without a shell, within a deadline, and with nothing of it left over. It shows none of its output.
import { spawn } from 'node:child_process';
import { isCode } from '../../files/lock-node.ts';
import { LifeboatError } from '../../lib/errors.ts';

const maxOutputBytes = 1024 * 1024;

/**
 * The command's standard output; its standard error is never read, since it may hold a secret. LifeboatError `credential` when it fails. It
 * runs in a process group of its own, so that at the deadline, or with this process, whatever a wrapper script has started ends with it.
 */
export function executeCommand(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    const endWithUs = () => killGroup(child.pid);
    process.on('exit', endWithUs);
    const chunks: Uint8Array[] = [];
    let size = 0;
    let isOver = false;
    const end = (why?: string) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      process.off('exit', endWithUs);
      child.stdout.destroy();
      if (why === undefined) return resolve(Buffer.concat(chunks).toString('utf8'));
      killGroup(child.pid);
      reject(new LifeboatError('credential', `the credential command ${command} ${why}`));
    };
    const timer = setTimeout(() => end(`gave no answer within ${timeoutMs} ms`), timeoutMs);
    child.stdout.on('data', (chunk: Uint8Array) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > maxOutputBytes) end(`printed more than ${maxOutputBytes} bytes`);
    });
    child.on('error', (error) => end(isCode(error, 'ENOENT') ? 'is not there' : 'could not be started'));
    child.on('close', (code, signal) => end(code === 0 ? undefined : `ended with ${code ?? signal}`));
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // It has ended by itself; macOS says EPERM of a group that is about to go.
    if (!isCode(error, 'ESRCH') && !isCode(error, 'EPERM')) throw error;
  }
}

// The credential command as an operator has it: a wrapper script that hangs, fails, shouts, or is not there. No word of it comes out.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { executeCommand } from '../../../../functions/entry/node/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'lifeboat-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shell = (script: string, timeoutMs = 2000) =>
  executeCommand('/bin/sh', ['-c', script], { WORD: 'top' }, timeoutMs);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie that nobody has waited for yet is dead enough.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('a credential command', () => {
  it('gives its standard output, with the environment that was asked for', async () => {
    expect(await shell('echo "$WORD"; echo noise >&2')).toBe('top\n');
  });

  it.each([
    ['exit 3', 'ended with 3'],
    ['kill -9 $$', 'ended with SIGKILL'],
    ['head -c 2000000 /dev/zero', 'printed more than'],
    ['sleep 60', 'gave no answer within 200 ms'],
  ])('that does `%s` is refused in words, and nothing it printed is shown', async (script, words) => {
    const failure: unknown = await shell(`echo secret-out; echo secret-err >&2; ${script}`, 200).catch(
      (error) => error,
    );
    expect(failure).toMatchObject({ code: 'credential', message: expect.stringContaining(words) });
    expect(String(failure)).not.toContain('secret-');
  });

  it('that is not there is said to be so', async () => {
    await expect(executeCommand(join(folder, 'none'), [], {}, 1000)).rejects.toMatchObject({
      message: expect.stringContaining('is not there'),
    });
  });

  it('leaves nothing behind that a wrapper script started', async () => {
    const file = join(folder, 'pid');
    await shell(`sleep 60 & echo $! > ${file}; wait`, 300).catch(() => {});
    const pid = Number(readFileSync(file, 'utf8'));
    await expect.poll(() => isAlive(pid)).toBe(false);
  });
});

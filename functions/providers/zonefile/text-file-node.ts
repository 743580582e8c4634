// A text file on Node that is replaced whole and durably, by one writer at a time. It knows nothing of its content.

import { type LockDeps, lockFile } from '../../files/lock-node.ts';
import { readText, replaceFile } from '../../files/replace-node.ts';
import { toHex } from '../../lib/canonical.ts';
import { LifeboatError, messageOf } from '../../lib/errors.ts';
import type { TextFile } from './zonefile.ts';

const mode = 0o644;

/** The file at `path`. Writers on one machine take turns by a lock file beside it (`<path>.lock`); errors are `store`, with the path. */
export function createTextFile(deps: LockDeps, path: string): TextFile {
  return {
    label: path,
    read: () => guarded('read', path, () => readText(path)),
    update: (change) =>
      guarded('write', path, async () => {
        const lock = await lockFile(`${path}.lock`, deps);
        try {
          const text = change(await readText(path));
          const temporary = `${path}.${toHex(deps.random.bytes(8))}.tmp`;
          if (text !== undefined) await replaceFile(path, temporary, text, { mode, check: lock.check });
        } finally {
          await lock.release();
        }
      }),
  };
}

async function guarded<T>(what: 'read' | 'write', path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LifeboatError) throw error;
    throw new LifeboatError('store', `cannot ${what} ${path}: ${messageOf(error)}`, { cause: error });
  }
}

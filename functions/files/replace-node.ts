// Replaces a file whole and durably on Node: a temporary file beside it, fsync, rename, fsync of the folder. It knows nothing of its content.
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isCode } from './lock-node.ts';

/** The text of a file; undefined when it is not there. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/**
 * Puts `text` in the place of `path` in one step (POSIX rename): a reader and a crash see the old or the new text, whole. `temporary` is a
 * name in the same folder that nobody else uses; `check` may stop it right before the step.
 */
export async function replaceFile(
  path: string,
  temporary: string,
  text: string,
  options: { readonly mode: number; readonly check: () => Promise<void> },
): Promise<void> {
  try {
    await withFile(temporary, 'wx', options.mode, async (handle) => {
      await handle.writeFile(text, 'utf8');
      await handle.sync();
    });
    await options.check();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes a rename or a removal durable: the entry of a file belongs to its folder. */
export async function syncFolder(folder: string): Promise<void> {
  await withFile(folder, 'r', 0, (handle) => handle.sync());
}

async function withFile(
  path: string,
  flags: string,
  mode: number,
  work: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await open(path, flags, mode);
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}

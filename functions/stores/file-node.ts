// The store in files, one a key, below one folder. A crash at any instant leaves the old or the new value of a key, whole.
// For processes of one machine; it must not be put on a file system that others mount.
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, isCode, type LockDeps, lockFile } from '../files/lock-node.ts';
import { readText, replaceFile, syncFolder } from '../files/replace-node.ts';
import { toHex } from '../lib/canonical.ts';
import { LifeboatError, messageOf } from '../lib/errors.ts';
import { checkKey, checkValue } from './checks.ts';
import { openDocument, sealDocument } from './envelope.ts';
import type { Store, Stored } from './store.ts';

const suffix = '.doc';
const temporaryPattern = /^\.tmp-(\d+)-[0-9a-f]+$/;
/** A temporary file of a living process may be in use; an hour later it is not. */
const leftoverAfterMs = 3_600_000;

/**
 * Opens the store below `directory`, which is made (for this user only) at the first write.
 * Everything rejects with LifeboatError `store` and the file's name when the file system fails or a file was torn or edited.
 */
export function createFileStore(deps: LockDeps, config: { readonly directory: string }): Store {
  const { directory } = config;
  let isPrepared = false;
  const prepare = async (): Promise<void> => {
    if (isPrepared) return;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await removeLeftovers(directory, deps.clock.now());
    isPrepared = true;
  };
  const fileOf = (key: string) => join(directory, fileNameOf(key));
  const locked = async <T>(key: string, work: (check: () => Promise<void>) => Promise<T>): Promise<T> => {
    await prepare();
    const lock = await lockFile(`${fileOf(key)}.lock`, deps);
    try {
      return await work(lock.check);
    } finally {
      await lock.release();
    }
  };
  return {
    read(key) {
      checkKey(key);
      return guarded(directory, () => readDocument(key, fileOf(key)));
    },
    write(key, value, expectedVersion) {
      checkKey(key);
      checkValue(key, value);
      return guarded(directory, () =>
        locked(key, async (check) => {
          const version = (await readDocument(key, fileOf(key)))?.version ?? 0;
          if (version !== expectedVersion) return { status: 'conflict' };
          const text = await sealDocument(key, { value, version: version + 1 });
          const temporary = join(directory, `.tmp-${process.pid}-${toHex(deps.random.bytes(8))}`);
          await replaceFile(fileOf(key), temporary, text, { mode: 0o600, check });
          return { status: 'written' };
        }),
      );
    },
    list(prefix) {
      return guarded(directory, async () =>
        (await filesIn(directory))
          .map(keyOf)
          .filter((key) => key?.startsWith(prefix))
          .filter((key) => key !== undefined)
          .sort(),
      );
    },
    remove(key) {
      checkKey(key);
      return guarded(directory, async () => {
        if (!(await filesIn(directory)).includes(fileNameOf(key))) return;
        await locked(key, async (check) => {
          await check();
          await rm(fileOf(key), { force: true });
          await syncFolder(directory);
        });
      });
    },
  };
}

/** Flat: `/` becomes `+`, which no key has. So no key can be the folder of another. */
function fileNameOf(key: string): string {
  return `${key.replaceAll('/', '+')}${suffix}`;
}

function keyOf(fileName: string): string | undefined {
  return fileName.endsWith(suffix) && !fileName.startsWith('.')
    ? fileName.slice(0, -suffix.length).replaceAll('+', '/')
    : undefined;
}

async function readDocument(key: string, file: string): Promise<Stored | undefined> {
  const text = await readText(file);
  return text === undefined ? undefined : openDocument(key, file, text);
}

async function filesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Temporary files of processes that died while they wrote. */
async function removeLeftovers(directory: string, now: number): Promise<void> {
  for (const name of await filesIn(directory)) {
    const pid = temporaryPattern.exec(name)?.[1];
    if (pid === undefined) continue;
    const path = join(directory, name);
    const age =
      now -
      (await stat(path).then(
        (found) => found.mtimeMs,
        () => now,
      ));
    if (!isAlive(Number(pid)) || age > leftoverAfterMs) await rm(path, { force: true });
  }
}

async function guarded<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LifeboatError) throw error;
    throw new LifeboatError('store', `the store in ${directory} failed: ${messageOf(error)}`, { cause: error });
  }
}

// The objects on disk: a file of lines, one a change, written in place of etcd's log. A line counts once its newline is there. Like the etcd
// of the tests it never syncs: what was written outlives the process (kill -9), not the machine.
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Stored } from './objects.ts';

/** Objects of each collection by `namespace/name`; a cluster's objects have the namespace ''. */
export type Collections = Map<string, Map<string, Stored>>;

export interface Change {
  readonly verb: 'put' | 'delete';
  readonly collection: string;
  readonly stored: Stored;
}

export interface Journal {
  /** Throws when the change could not be written whole; the file is then as it was before. */
  append(change: Change): void;
  /** Writes what is there now in place of every change that led to it. */
  compact(revision: number, collections: Collections): void;
  /** Since it was opened or compacted last. */
  readonly bytes: number;
  /** Why nothing more can be written. */
  readonly fault: string | undefined;
  close(): void;
}

export interface Opened {
  readonly journal: Journal;
  readonly revision: number;
  readonly collections: Collections;
}

export const pathOf = (namespace: string, name: string): string => `${namespace}/${name}`;

const maxFileBytes = 1024 ** 3;
const newline = 10;
const space = 32;

/** Reads the file of the folder, drops a torn last line, and compacts it. Throws with file and line when a line cannot be read. */
export function openJournal(folder: string, write: typeof writeSync = writeSync): Opened {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'journal');
  const { revision, collections } = load(file);
  let fd = -1;
  let bytes = 0;
  let fault: string | undefined;

  const journal: Journal = {
    get bytes() {
      return bytes;
    },
    get fault() {
      return fault;
    },
    append(change) {
      if (fault !== undefined) throw new Error(fault);
      const line = lineOf(change);
      try {
        writeAll(fd, line, bytes, write);
      } catch (error) {
        cut();
        throw error;
      }
      bytes += line.length;
    },
    compact(now, live) {
      const fresh = `${file}.new`;
      const next = openSync(fresh, 'w', 0o600);
      let size = 0;
      try {
        const put = (line: Buffer): void => {
          writeAll(next, line, size, write);
          size += line.length;
        };
        put(Buffer.from(`${now} start\n`));
        for (const [collection, objects] of live) {
          for (const stored of objects.values()) put(lineOf({ verb: 'put', collection, stored }));
        }
        renameSync(fresh, file);
      } catch (error) {
        closeSync(next);
        throw error;
      }
      if (fd !== -1) closeSync(fd);
      // Written on from where it ends: the same file under its new name.
      fd = next;
      bytes = size;
    },
    close: () => closeSync(fd),
  };

  /** Takes back half a line, so that the next change does not stand behind it. */
  function cut(): void {
    try {
      ftruncateSync(fd, bytes);
    } catch (error) {
      fault = `the journal ends in half a line that cannot be removed: ${(error as Error).message}`;
    }
  }

  journal.compact(revision, collections);
  return { journal, revision, collections };
}

/** At a place that is given: the file may have been cut behind the one where it was written last. */
function writeAll(fd: number, bytes: Buffer, position: number, write: typeof writeSync): void {
  for (let at = 0; at < bytes.length; ) at += write(fd, bytes, at, bytes.length - at, position + at);
}

function lineOf({ verb, collection, stored }: Change): Buffer {
  const { revision, namespace, name, bytes } = stored;
  const head = `${revision} ${verb} ${collection} ${namespace || '-'} ${encodeURIComponent(name)} `;
  return Buffer.concat([Buffer.from(head), ...(verb === 'put' ? [bytes] : []), Buffer.from('\n')]);
}

function load(file: string): { readonly revision: number; readonly collections: Collections } {
  const collections: Collections = new Map();
  let revision = 0;
  const content = read(file);
  let line = 0;
  for (let start = 0; ; ) {
    const end = content.indexOf(newline, start);
    // Behind the last newline is a change that was never answered.
    if (end === -1) return { revision, collections };
    line++;
    const found = parseLine(content.subarray(start, end));
    if (found === undefined) throw new Error(`${file}:${line}: not a line of this journal`);
    // Compacted lines stand in no order.
    revision = Math.max(revision, found.revision);
    if (found.change !== undefined) apply(collections, found.change);
    start = end + 1;
  }
}

function read(file: string): Buffer {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > maxFileBytes) throw new Error(`${file} has ${size} bytes; at most ${maxFileBytes}`);
  return size === 0 ? Buffer.alloc(0) : readFileSync(file);
}

function parseLine(line: Buffer): { readonly revision: number; readonly change?: Change } | undefined {
  const words: string[] = [];
  let at = 0;
  for (let end = line.indexOf(space); end !== -1 && words.length < 5; end = line.indexOf(space, at)) {
    words.push(line.toString('utf8', at, end));
    at = end + 1;
  }
  const [number = '', verb, collection, namespace, name] = words;
  const revision = Number(number);
  if (!Number.isSafeInteger(revision) || revision < 0) return undefined;
  if (verb === undefined && line.toString('utf8', at) === 'start') return { revision };
  if ((verb !== 'put' && verb !== 'delete') || !collection || !namespace || !name) return undefined;
  // A copy: a view would keep the whole file in memory.
  const bytes = Buffer.from(line.subarray(at));
  const place = { namespace: namespace === '-' ? '' : namespace, name: decodeURIComponent(name) };
  return { revision, change: { verb, collection, stored: { ...place, revision, bytes } } };
}

/** Also what the store does with a change once it is written. */
export function apply(collections: Collections, { verb, collection, stored }: Change): void {
  const objects = collections.get(collection) ?? new Map<string, Stored>();
  collections.set(collection, objects);
  if (verb === 'put') objects.set(pathOf(stored.namespace, stored.name), stored);
  else objects.delete(pathOf(stored.namespace, stored.name));
}

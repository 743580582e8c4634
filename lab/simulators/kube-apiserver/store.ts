// All objects as bytes, under one counter of revisions, with the latest changes for watchers. A change is on disk before it is seen here. It
// knows collections and names, no kinds and no rights.
import { apply, type Change, openJournal, pathOf } from './journal.ts';
import type { Stored } from './objects.ts';
import { createWatchHistory, type StoreEvent, type WatchHistory } from './watch-history.ts';

export interface Store {
  /** Of the latest change. */
  readonly revision: number;
  /** Why nothing can be written any more. */
  readonly fault: string | undefined;
  get(collection: string, namespace: string, name: string): Stored | undefined;
  /** As it is now, sorted by namespace and name as etcd sorts keys; '' means every namespace. The list never changes afterwards. */
  list(collection: string, namespace: string): readonly Stored[];
  /** Throws when the disk is full; the store is then as it was. */
  put(collection: string, namespace: string, name: string, bytes: Buffer): Stored;
  /** The last state with the revision of its deletion; undefined when there was nothing. Throws as `put`. */
  remove(collection: string, namespace: string, name: string): Stored | undefined;
  history(collection: string): Pick<WatchHistory, 'since' | 'oldest'>;
  /** Called at once after every change of the collection, until the returned function is called. It must not throw. */
  listen(collection: string, listener: (event: StoreEvent) => void): () => void;
  close(): void;
}

export interface StoreOptions {
  readonly folder: string;
  /** Changes of each collection that are kept for watchers. The real cache starts with 100 and keeps 75 s. */
  readonly historyLimit: number;
}

/** The journal is compacted while running when it is larger than this and than twice what it was after the last time. */
const compactBytes = 64 * 1024 * 1024;

export function openStore(options: StoreOptions): Store {
  const { journal, revision: startRevision, collections } = openJournal(options.folder);
  let revision = startRevision;
  let compactedBytes = journal.bytes;
  const histories = new Map<string, WatchHistory>();
  const listeners = new Map<string, Set<(event: StoreEvent) => void>>();
  /** Kept until the collection changes: every list of thousands of objects would sort them again. */
  const sorted = new Map<string, readonly Stored[]>();

  function historyOf(collection: string): WatchHistory {
    const found = histories.get(collection) ?? createWatchHistory(options.historyLimit, startRevision);
    histories.set(collection, found);
    return found;
  }

  function commit(change: Change, event: StoreEvent): void {
    journal.append(change);
    revision = change.stored.revision;
    apply(collections, change);
    sorted.delete(change.collection);
    historyOf(change.collection).add(event);
    for (const listener of listeners.get(change.collection) ?? []) listener(event);
    if (journal.bytes > Math.max(compactBytes, 2 * compactedBytes)) compact();
  }

  function compact(): void {
    try {
      journal.compact(revision, collections);
    } catch (error) {
      console.error(`the journal could not be compacted and grows on: ${(error as Error).message}`);
    }
    compactedBytes = journal.bytes;
  }

  const get: Store['get'] = (collection, namespace, name) => collections.get(collection)?.get(pathOf(namespace, name));

  return {
    get revision() {
      return revision;
    },
    get fault() {
      return journal.fault;
    },
    get,
    list(collection, namespace) {
      const all = sorted.get(collection) ?? sortedByPath(collections.get(collection) ?? new Map());
      sorted.set(collection, all);
      return namespace === '' ? all : all.filter((stored) => stored.namespace === namespace);
    },
    put(collection, namespace, name, bytes) {
      const previous = get(collection, namespace, name);
      const stored = { namespace, name, revision: revision + 1, bytes };
      const type = previous === undefined ? 'ADDED' : 'MODIFIED';
      commit({ verb: 'put', collection, stored }, { type, stored, previous });
      return stored;
    },
    remove(collection, namespace, name) {
      const previous = get(collection, namespace, name);
      if (previous === undefined) return undefined;
      const stored = { ...previous, revision: revision + 1 };
      commit({ verb: 'delete', collection, stored }, { type: 'DELETED', stored, previous });
      return stored;
    },
    history: historyOf,
    listen(collection, listener) {
      const own = listeners.get(collection) ?? new Set();
      listeners.set(collection, own);
      own.add(listener);
      return () => own.delete(listener);
    },
    close: () => journal.close(),
  };
}

function sortedByPath(objects: ReadonlyMap<string, Stored>): readonly Stored[] {
  const paths = [...objects.keys()].sort();
  return paths.flatMap((path) => objects.get(path) ?? []);
}

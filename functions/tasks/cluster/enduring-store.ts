// A store for a process that must go on: what cannot be written (a full disk, a folder taken away) is kept in memory, and written when that
// works again. For the watch alone: a command that ends must fail instead. It has no way of its own to store anything.
import { codeOf, messageOf } from '../../lib/errors.ts';
import type { Store } from '../../stores/store.ts';
import { isInventoryKey } from '../publish/inventory.ts';
import { isSeenKey } from './seen-documents.ts';

export interface EnduringStore extends Store {
  /** Why something is kept in memory only; undefined: nothing is. */
  trouble(): string | undefined;
}

/** Documents in memory at most, besides what each vantage saw: the record, what stands beside it, and a few snapshots. */
const maxUnsaved = 8;

interface Unsaved {
  readonly value: string;
  /** What readers of this store see. */
  readonly version: number;
  /** The version in the store behind, which the next attempt expects. */
  readonly base: number;
}

/**
 * Compare-and-swap as ever for whoever shares this object. When another process could write meanwhile, its document counts: the next write
 * is a `conflict`, and what was kept here for that key is given up. Faults other than `store` are passed on.
 */
export function createEnduringStore(store: Store): EnduringStore {
  const unsaved = new Map<string, Unsaved>();
  let fault = '';
  const forget = (key: string, one: Unsaved | undefined) => {
    if (unsaved.get(key) === one) unsaved.delete(key);
  };
  // One at a time, and beside whatever was written: a store of which a part hangs must hold up nothing that the other part took.
  let saving = false;
  const saveRest = async (): Promise<void> => {
    if (saving) return;
    saving = true;
    try {
      for (const [key, one] of [...unsaved]) {
        await store.write(key, one.value, one.base);
        forget(key, one);
      }
    } catch (error) {
      endure(error);
    } finally {
      saving = false;
    }
  };
  const endure = (error: unknown): void => {
    if (codeOf(error) !== 'store') throw error;
    fault = messageOf(error);
  };
  return {
    trouble: () => (unsaved.size === 0 ? undefined : fault),
    async read(key) {
      return unsaved.get(key) ?? store.read(key);
    },
    async write(key, value, expectedVersion) {
      const before = unsaved.get(key);
      if (before !== undefined && before.version !== expectedVersion) return { status: 'conflict' };
      const base = before?.base ?? expectedVersion;
      try {
        const outcome = await store.write(key, value, base);
        forget(key, before);
        if (outcome.status === 'written' && unsaved.size > 0) void saveRest().catch(() => {});
        return outcome;
      } catch (error) {
        endure(error);
        // What can be read from the zone takes no memory from what cannot.
        if (isInventoryKey(key)) throw error;
        if (unsaved.get(key) !== before) return { status: 'conflict' };
        const others = [...unsaved.keys()].filter((one) => !isSeenKey(one));
        if (before === undefined && !isSeenKey(key) && others.length >= maxUnsaved) throw error;
        unsaved.set(key, { value, version: expectedVersion + 1, base });
        return { status: 'written' };
      }
    },
    async list(prefix) {
      const kept = [...unsaved.keys()].filter((key) => key.startsWith(prefix));
      return [...new Set([...(await store.list(prefix)), ...kept])].sort();
    },
    async remove(key) {
      unsaved.delete(key);
      await store.remove(key);
    },
  };
}

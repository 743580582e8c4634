// The store in memory: nothing survives the process. For tests, for trying out, and as the measure of what the others must do.
import { checkKey, checkValue } from './checks.ts';
import type { Store, Stored } from './store.ts';

export function createMemoryStore(): Store {
  const documents = new Map<string, Stored>();
  return {
    async read(key) {
      checkKey(key);
      return documents.get(key);
    },
    async write(key, value, expectedVersion) {
      checkKey(key);
      checkValue(key, value);
      const version = documents.get(key)?.version ?? 0;
      if (version !== expectedVersion) return { status: 'conflict' };
      documents.set(key, { value, version: version + 1 });
      return { status: 'written' };
    },
    async list(prefix) {
      return [...documents.keys()].filter((key) => key.startsWith(prefix)).sort();
    },
    async remove(key) {
      checkKey(key);
      documents.delete(key);
    },
  };
}

// Two stores as one: large documents go to the second. It keeps nothing of its own.
import type { Store } from './store.ts';

/** `isLarge` says of a key whether its document belongs into `large`. Lists are of both. */
export function createSplitStore(small: Store, large: Store, isLarge: (key: string) => boolean): Store {
  const of = (key: string) => (isLarge(key) ? large : small);
  return {
    read: (key) => of(key).read(key),
    write: (key, value, expectedVersion) => of(key).write(key, value, expectedVersion),
    remove: (key) => of(key).remove(key),
    async list(prefix) {
      // Where the prefix itself decides, only one has to be asked: a database row is cheaper than a request.
      if (isLarge(prefix)) return large.list(prefix);
      const [some, others] = await Promise.all([small.list(prefix), large.list(prefix)]);
      return [...some, ...others].sort();
    },
  };
}

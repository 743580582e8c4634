// Reads an object that serves as a table. No domain words.

/** The member of its own: the key comes from outside, and `constructor` is one that every object inherits. */
export function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

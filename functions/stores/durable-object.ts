// The store in a Durable Object's own SQLite: compare-and-swap within one transaction. A write is durable before anything that the object
// says afterwards leaves it (the platform's output gate). It starts no timer and knows no document.
// https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/
import { LifeboatError } from '../lib/errors.ts';
import { checkKey, checkValue } from './checks.ts';
import { migrate, migrations, type Sql } from './migrations.ts';
import type { Store, Stored } from './store.ts';

export interface DurableStorage {
  readonly sql: Sql;
  transactionSync<T>(work: () => T): T;
}

/** A row may have 2 MB (2,000,000 octets), and a character of UTF-8 at most three of them for each unit of UTF-16. */
const partCharacters = 500_000;

/** Opens the store, bringing its tables up to date. LifeboatError `store` when they are of a newer version. */
export function createDurableObjectStore(storage: DurableStorage): Store {
  const { sql } = storage;
  const { to } = storage.transactionSync(() => migrate(sql));
  const newest = migrations.at(-1)?.id ?? 0;
  if (to > newest) {
    throw new LifeboatError(
      'store',
      `the stored state has tables of version ${to}, this Lifeboat knows ${newest}: deploy the newer version again`,
    );
  }
  return {
    async read(key) {
      checkKey(key);
      return readDocument(sql, key);
    },
    async write(key, value, expectedVersion) {
      checkKey(key);
      checkValue(key, value);
      return storage.transactionSync(() => writeDocument(sql, key, value, expectedVersion));
    },
    async list(prefix) {
      // Not LIKE, which knows wildcards and no case.
      const rows = sql.exec(
        'SELECT key FROM documents WHERE substr(key, 1, ?) = ? ORDER BY key',
        prefix.length,
        prefix,
      );
      return rows.toArray().map(({ key }) => String(key));
    },
    async remove(key) {
      checkKey(key);
      storage.transactionSync(() => {
        sql.exec('DELETE FROM documents WHERE key = ?', key);
        sql.exec('DELETE FROM parts WHERE key = ?', key);
      });
    },
  };
}

function readDocument(sql: Sql, key: string): Stored | undefined {
  const [row] = sql.exec('SELECT version, parts, value FROM documents WHERE key = ?', key).toArray();
  if (row === undefined) return undefined;
  const rest =
    Number(row.parts) === 0 ? [] : sql.exec('SELECT value FROM parts WHERE key = ? ORDER BY number', key).toArray();
  if (rest.length !== Number(row.parts)) {
    throw new LifeboatError('store', `the stored ${key} has ${rest.length} of ${Number(row.parts)} parts`);
  }
  return { version: Number(row.version), value: [row, ...rest].map(({ value }) => String(value)).join('') };
}

function writeDocument(
  sql: Sql,
  key: string,
  value: string,
  expectedVersion: number,
): { readonly status: 'written' | 'conflict' } {
  const [before] = sql.exec('SELECT version, parts FROM documents WHERE key = ?', key).toArray();
  if (Number(before?.version ?? 0) !== expectedVersion) return { status: 'conflict' };
  const [first = '', ...rest] = partsOf(value);
  sql.exec(
    'INSERT OR REPLACE INTO documents (key, version, parts, value) VALUES (?, ?, ?, ?)',
    key,
    expectedVersion + 1,
    rest.length,
    first,
  );
  if (Number(before?.parts ?? 0) > 0) sql.exec('DELETE FROM parts WHERE key = ?', key);
  for (const [i, part] of rest.entries())
    sql.exec('INSERT INTO parts (key, number, value) VALUES (?, ?, ?)', key, i, part);
  return { status: 'written' };
}

/** Never cut in the middle of a surrogate pair: neither half could be stored. */
function partsOf(value: string): readonly string[] {
  const parts: string[] = [];
  for (let at = 0; at < value.length; ) {
    let end = Math.min(at + partCharacters, value.length);
    if (end < value.length && /[\uD800-\uDBFF]/.test(value.charAt(end - 1))) end--;
    parts.push(value.slice(at, end));
    at = end;
  }
  return parts;
}

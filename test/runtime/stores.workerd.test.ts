// The stores of the Worker in real workerd: SQLite of a Durable Object, R2, and both as one. And what only SQLite has: numbered migrations.
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { createDurableObjectStore } from '../../functions/stores/durable-object.ts';
import { migrate, migrations } from '../../functions/stores/migrations.ts';
import { createR2Store } from '../../functions/stores/r2.ts';
import { createSplitStore } from '../../functions/stores/split.ts';
import type { Store } from '../../functions/stores/store.ts';
import { describeStore } from '../conformance/store.ts';
import { realClock as clock } from '../fakes/real-deps.ts';

const { STORAGE, BUCKET, OTHER_BUCKET } = env;

/** Each call within the object, as its own code makes it. */
function storeOf(object: string): Store {
  const within = <T>(use: (store: Store) => Promise<T>): Promise<T> =>
    runInDurableObject(STORAGE.getByName(object), (_, { storage }) => use(createDurableObjectStore(storage)));
  return {
    read: (key) => within((store) => store.read(key)),
    write: (key, value, version) => within((store) => store.write(key, value, version)),
    list: (prefix) => within((store) => store.list(prefix)),
    remove: (key) => within((store) => store.remove(key)),
  };
}

const stop = async () => {};
describeStore({ name: 'SQLite of a Durable Object', open: async () => ({ store: storeOf('one'), stop }) });
describeStore({ name: 'R2', open: async () => ({ store: createR2Store({ clock }, BUCKET), stop }) });
describeStore({
  name: 'SQLite, with large documents in R2',
  open: async () => {
    const isLarge = (key: string) => key.startsWith('text/');
    return { store: createSplitStore(storeOf('two'), createR2Store({ clock }, OTHER_BUCKET), isLarge), stop };
  },
});

describe('SQLite of a Durable Object', () => {
  const inside = <T>(object: string, use: (storage: DurableObjectStorage) => T): Promise<T> =>
    runInDurableObject(STORAGE.getByName(object), (_, { storage }) => use(storage));

  it('writes one row for a small document, and removes the parts of a longer one', async () => {
    const written = (storage: DurableObjectStorage) => {
      const counts = ['documents', 'parts'].map(
        (table) => storage.sql.exec(`SELECT count(*) AS n FROM ${table}`).one().n,
      );
      return counts;
    };
    const store = storeOf('rows');
    await store.write('a', 'x'.repeat(500_000), 0);
    expect(await inside('rows', written)).toEqual([1, 0]);
    await store.write('a', `${'x'.repeat(499_999)}🚣${'x'.repeat(600_000)}`, 1);
    expect(await inside('rows', written)).toEqual([1, 2]);
    await store.write('a', 'short', 2);
    expect(await inside('rows', written)).toEqual([1, 0]);
  });

  it('bills one row for a tick that changes a small document', async () => {
    const rows = await inside('bill', (storage) => {
      const store = createDurableObjectStore(storage);
      void store.write('clusters/a/state', 'x'.repeat(20_000), 0);
      const query = 'INSERT OR REPLACE INTO documents (key, version, parts, value) VALUES (?, ?, ?, ?)';
      return storage.sql.exec(query, 'clusters/a/state', 2, 0, 'y'.repeat(20_000)).rowsWritten;
    });
    expect(rows).toBe(1);
  });

  it('runs each migration once, and goes on from any older version', async () => {
    const later = { id: 2, what: 'a table more', statements: ['CREATE TABLE more (id INTEGER PRIMARY KEY)'] };
    const steps = await inside('migrations', (storage) => [
      migrate(storage.sql),
      migrate(storage.sql),
      migrate(storage.sql, [...migrations, later]),
      migrate(storage.sql, [...migrations, later]),
    ]);
    expect(steps).toEqual([
      { from: 0, to: 1 },
      { from: 1, to: 1 },
      { from: 1, to: 2 },
      { from: 2, to: 2 },
    ]);
  });

  it('refuses tables of a newer version, and leaves them alone', async () => {
    const refused = await inside('newer', (storage) => {
      migrate(storage.sql);
      storage.sql.exec('INSERT INTO migrations (id) VALUES (99)');
      try {
        createDurableObjectStore(storage);
        return 'opened';
      } catch (error) {
        return String(error);
      }
    });
    expect(refused).toMatch(/tables of version 99, this Lifeboat knows 1: deploy the newer version again/);
  });
});

// The outage that version c894b1a stored, over the tables that it had in an object (migration 1, word for word).
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, it } from 'vitest';
import { createDurableObjectStore } from '../../functions/stores/durable-object.ts';
import { openDocument } from '../../functions/stores/envelope.ts';
import { type CarriedOn, carryOn, goesOn, isReadWhole, storedFiles } from '../fakes/stored-outage.ts';

const tables = [
  'CREATE TABLE migrations (id INTEGER PRIMARY KEY)',
  'CREATE TABLE documents (key TEXT PRIMARY KEY, version INTEGER NOT NULL, parts INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE parts (key TEXT NOT NULL, number INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (key, number)) WITHOUT ROWID',
  'INSERT INTO migrations (id) VALUES (1)',
];

async function inObject(name: string, work: (outage: CarriedOn) => Promise<void>): Promise<void> {
  await runInDurableObject(env.STORAGE.getByName(name), async (_, { storage }) => {
    for (const statement of tables) storage.sql.exec(statement);
    for (const [file, text] of Object.entries(storedFiles)) {
      const key = file.replace(/\.doc$/, '').replaceAll('+', '/');
      const { value, version } = await openDocument(key, file, text);
      const insert = 'INSERT INTO documents (key, version, parts, value) VALUES (?, ?, 0, ?)';
      storage.sql.exec(insert, key, version, value);
    }
    await work(await carryOn(createDurableObjectStore(storage)));
  });
}

describe('an outage that version c894b1a stored in an object', () => {
  it('is read whole', () => inObject('stored-outage-read', isReadWhole));

  it('goes on without a false page, a lost page or a lost hold', () => inObject('stored-outage-goes-on', goesOn));
});

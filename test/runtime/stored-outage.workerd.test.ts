// The outages that earlier versions stored, over the tables that they had in an object (migration 1, word for word).
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, it } from 'vitest';
import { createDurableObjectStore } from '../../functions/stores/durable-object.ts';
import { openDocument } from '../../functions/stores/envelope.ts';
import {
  type CarriedOn,
  carryOn,
  type StoredOutage,
  storedByVersion2,
  storedByVersion3,
} from '../fakes/stored-outage.ts';
import * as two from '../fakes/stored-outage-2.ts';
import * as three from '../fakes/stored-outage-3.ts';

const tables = [
  'CREATE TABLE migrations (id INTEGER PRIMARY KEY)',
  'CREATE TABLE documents (key TEXT PRIMARY KEY, version INTEGER NOT NULL, parts INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE parts (key TEXT NOT NULL, number INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (key, number)) WITHOUT ROWID',
  'INSERT INTO migrations (id) VALUES (1)',
];

async function inObject(name: string, stored: StoredOutage, work: (outage: CarriedOn) => Promise<void>): Promise<void> {
  await runInDurableObject(env.STORAGE.getByName(name), async (_, { storage }) => {
    for (const statement of tables) storage.sql.exec(statement);
    for (const [file, text] of Object.entries(stored.files)) {
      const key = file.replace(/\.doc$/, '').replaceAll('+', '/');
      const { value, version } = await openDocument(key, file, text);
      const insert = 'INSERT INTO documents (key, version, parts, value) VALUES (?, ?, 0, ?)';
      storage.sql.exec(insert, key, version, value);
    }
    await work(await carryOn(stored, createDurableObjectStore(storage)));
  });
}

describe.each([
  ['c894b1a', storedByVersion2, two],
  ['6439bb2', storedByVersion3, three],
])('an outage that version %s stored in an object', (version, stored, { isReadWhole, goesOn }) => {
  it('is read whole', () => inObject(`stored-${version}-read`, stored, isReadWhole));

  it(
    'goes on without a false page, a lost page or a lost hold',
    () => inObject(`stored-${version}-goes-on`, stored, goesOn),
    60_000,
  );
});

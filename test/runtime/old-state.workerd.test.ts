// State that an earlier version stored, in the middle of an outage, read and carried on by this one. stored/version-1.json was written by the
// core as it was before there were vantages and orders (0.1, commit 78f7821): an open activation, an alert that waits, two snapshots. It is
// never changed; a later version adds a file of its own. The tables are those of migration 1, word for word.
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { createDurableObjectStore } from '../../functions/stores/durable-object.ts';
import { deliverDue } from '../../functions/tasks/alert/deliver.ts';
import { readSnapshot } from '../../functions/tasks/capture/snapshots.ts';
import type { ClusterPorts } from '../../functions/tasks/cluster/ports.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { workToRest } from '../../functions/tasks/loop/dispatch.ts';
import { probeRound } from '../../functions/tasks/loop/probe-round.ts';
import { createFakeCluster, type FakeCluster } from '../fakes/cluster.ts';
import stored from './stored/version-1.json' with { type: 'json' };

const tables = [
  'CREATE TABLE migrations (id INTEGER PRIMARY KEY)',
  'CREATE TABLE documents (key TEXT PRIMARY KEY, version INTEGER NOT NULL, parts INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE parts (key TEXT NOT NULL, number INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (key, number)) WITHOUT ROWID',
  'INSERT INTO migrations (id) VALUES (1)',
];
/** The instant at which that version stopped. */
const stoppedAt = 1_700_000_180_000;

let count = 0;

/** The old state in an object, and this version over it; the outage is over meanwhile. */
async function carryOn<T>(work: (ports: ClusterPorts, fake: FakeCluster) => Promise<T>): Promise<T> {
  return runInDurableObject(env.STORAGE.getByName(`old-${count++}`), async (_, { storage }) => {
    for (const statement of tables) storage.sql.exec(statement);
    for (const [key, { value, version }] of Object.entries(stored)) {
      const insert = 'INSERT INTO documents (key, version, parts, value) VALUES (?, ?, 0, ?)';
      storage.sql.exec(insert, key, version, value);
    }
    const fake = createFakeCluster();
    fake.pass(stoppedAt + 60_000 - fake.ports.clock.now());
    return work({ ...fake.ports, store: createDurableObjectStore(storage) }, fake);
  });
}

describe('state of version 1', () => {
  beforeEach(() => expect(Object.keys(stored)).toHaveLength(3));

  it('is read whole: the activation, the alert that waits, the snapshots', async () => {
    await carryOn(async (ports) => {
      const { record, version } = await readRecord(ports);
      expect(version).toBe(60);
      expect(record.machine).toMatchObject({ phase: 'active', activation: { number: 1, cause: 'control-plane' } });
      expect(record.outbox.pending.map(({ alert }) => alert.dedupKey)).toEqual(['prod/activation/1']);
      expect(record).toMatchObject({ orders: [], machine: { vantages: {}, refusals: {} } });
      expect((await readSnapshot(ports.store, 'prod', 2))?.counts.records).toBe(3);
    });
  });

  it('goes on: the alert leaves, the outage ends, a person fails back', async () => {
    await carryOn(async (ports, fake) => {
      const round = async () => {
        await workToRest(ports, await probeRound(ports, () => {}), () => {});
        await deliverDue(ports);
        fake.pass(5_000);
      };
      for (let i = 0; i < 8; i++) await round();
      const sent = fake.sent.map(({ alert }) => `${alert.action} ${alert.dedupKey}`);
      expect(sent).toContain('trigger prod/activation/1');
      expect(sent).toContain('trigger prod/failback-due');
      const { record } = await readRecord(ports);
      expect(record.machine.phase).toBe('active');
      expect(record.machine.capture.snapshot).toBe(2);
    });
  });
});

// A version without ids for standbys goes on with what this one stored, on the day that it is put back or beside it: it reads by labels, and
// leaves out of what it writes whatever it does not know. What this version makes of what older ones stored is in stored-outage.test.ts.
import { expect, it } from 'vitest';
import { z } from 'zod';
import { deliverDue } from '../../functions/tasks/alert/deliver.ts';
import { readRecord, updateRecord } from '../../functions/tasks/cluster/record.ts';
import { workToRest } from '../../functions/tasks/loop/dispatch.ts';
import { probeRound } from '../../functions/tasks/loop/probe-round.ts';
import { viewHolds } from '../../functions/tasks/publish/holds.ts';
import { createFakeCluster, type FakeCluster } from '../fakes/cluster.ts';

const label = 'memory cluster.local.';
const quiet = () => {};

async function rounds(fake: FakeCluster, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await workToRest(fake.ports, await probeRound(fake.ports, quiet), quiet);
    await deliverDue(fake.ports);
    fake.pass(5000);
  }
}

/** What a version without ids knows of the documents, strictly: unknown members are left out, as its schemas do. */
const recordThen = z.object({
  machine: z.looseObject({
    standbys: z.record(z.string(), z.looseObject({ label: z.unknown().transform(() => undefined) })),
    verdicts: z.record(z.string(), z.unknown()),
    streaks: z.record(z.string(), z.unknown()),
  }),
  ...Object.fromEntries(['format', 'outbox', 'held', 'captures', 'orders', 'seenBy'].map((key) => [key, z.unknown()])),
});
const holdsThen = z.object({ format: z.literal(1), standbys: z.record(z.string(), z.unknown()) });

/** Reads and writes a document as that version would. */
async function throughThen<T>({ ports }: FakeCluster, key: string, shape: z.ZodType<T>): Promise<T> {
  const stored = await ports.store.read(key);
  if (stored === undefined) throw new Error(`${key} is not stored`);
  const read = shape.parse(JSON.parse(stored.value));
  expect(await ports.store.write(key, JSON.stringify(read), stored.version)).toEqual({ status: 'written' });
  return read;
}

async function heldAndFrozen(): Promise<FakeCluster> {
  const fake = createFakeCluster();
  await rounds(fake, 8);
  // A namespace that is lost whole is held back; an outage freezes the zone.
  fake.services.delete('web.shop');
  await rounds(fake, 16);
  fake.weather = 'api-down';
  await rounds(fake, 6);
  return fake;
}

it('finds standbys, their targets and what is held back from them under their labels', async () => {
  const fake = await heldAndFrozen();
  const { machine } = await throughThen(fake, 'clusters/prod/state', recordThen);
  expect(Object.keys(machine.standbys)).toEqual([label]);
  expect(machine.standbys[label]).toMatchObject({ frozen: 1 });
  expect(Object.keys(machine.verdicts)).toContain(`standby ${label}`);
  expect(Object.keys(machine.streaks)).toContain(`standby ${label}`);
  const holds = await throughThen(fake, 'clusters/prod/holds', holdsThen);
  expect(holds.standbys).toMatchObject({ [label]: { held: { 'web.shop.svc.cluster.local. A': {} } } });
  expect(Object.keys(holds.standbys)).toEqual([label]);
});

it('is gone on from by this version: nothing is let go, thawed, or told anew', async () => {
  const fake = await heldAndFrozen();
  const before = (await readRecord(fake.ports)).record.machine.standbys;
  const held = await viewHolds(fake.ports);
  const told = fake.sent.length;
  await throughThen(fake, 'clusters/prod/state', recordThen);
  await throughThen(fake, 'clusters/prod/holds', holdsThen);
  expect((await readRecord(fake.ports)).record.machine.standbys).toEqual(before);
  expect(await viewHolds(fake.ports)).toEqual(held);
  await rounds(fake, 12);
  expect(fake.sent.slice(told)).toEqual([]);
  expect((await readRecord(fake.ports)).record.machine.standbys.zonefile).toMatchObject({ frozen: 1 });
});

it('keeps two entries with one label apart, each under its id', async () => {
  const fake = await heldAndFrozen();
  const { ports } = fake;
  const elsewhere = { ...ports, standbys: [] };
  await updateRecord(elsewhere, (record) => {
    const { zonefile } = record.machine.standbys;
    if (zonefile === undefined) throw new Error('no standby');
    const standbys = { ...record.machine.standbys, older: { ...zonefile, frozen: 0 } };
    return { ...record, machine: { ...record.machine, standbys } };
  });
  const { standbys } = (await readRecord(elsewhere)).record.machine;
  expect(standbys).toMatchObject({ zonefile: { frozen: 1, label }, older: { frozen: 0, label } });
});

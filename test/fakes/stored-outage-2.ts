// What must become of the outage that version c894b1a stored (stored-outage.ts), whatever the store.
import { expect } from 'vitest';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { type CarriedOn, heldNamesIn, namesIn } from './stored-outage.ts';

export async function isReadWhole({ ports }: CarriedOn): Promise<void> {
  const { record, version } = await readRecord(ports);
  expect(version).toBe(96);
  expect(record.machine).toMatchObject({ phase: 'active', activation: { number: 1, cause: 'control-plane' } });
  expect(record.machine.standbys).toMatchObject({
    first: { frozen: 1, heldDeletes: 30 },
    second: { frozen: 0, heldDeletes: 30 },
  });
  expect(Object.keys(record.machine.vantages)).toEqual(['rack', 'closet']);
  expect(record.machine.refusals).toMatchObject({ closet: { count: 2, refusal: 'clock-skew' } });
  expect(Object.keys(record.machine.incidents)).toEqual([
    'prod/activation/1',
    'prod/deletes-held/first',
    'prod/deletes-held/second',
  ]);
  expect(record.outbox.pending.map(({ channel, alert }) => `${channel} ${alert.dedupKey}`)).toEqual([
    'oncall prod/activation/1',
    'backup prod/activation/1',
  ]);
  expect(record.orders.map(({ key }) => key)).toEqual(['key-1', 'key-2']);
}

/** No page is lost or false, and nothing that was held is let go: neither in the outage nor after it. */
export async function goesOn(outage: CarriedOn): Promise<void> {
  const { ports, fake, standbys, sent, faults, controller, rounds } = outage;
  const held = () => [heldNamesIn(standbys.first), heldNamesIn(standbys.second)];
  await controller.begin();
  await rounds(24);
  expect(sent.toSorted()).toEqual(['backup trigger prod/activation/1', 'oncall trigger prod/activation/1']);
  const { machine } = (await readRecord(ports)).record;
  expect(machine).toMatchObject({ phase: 'active', standbys: { first: { frozen: 1 }, second: { frozen: 1 } } });
  expect(held()).toEqual([30, 30]);
  expect(namesIn(standbys.second)).toContain('late.shop.svc.cluster.local.');

  fake.weather = 'calm';
  fake.services.set('late.shop', '10.96.9.9');
  await rounds(12);
  expect(sent).toContain('oncall trigger prod/failback-due@one');
  await controller.hear({ kind: 'operator', command: 'failback', who: 'ann', why: 'it is over' });
  await rounds(24);
  expect((await readRecord(ports)).record.machine.phase).toBe('watching');
  expect(sent).toContain('backup resolve prod/activation/1');
  expect(held()).toEqual([30, 30]);
  // What was open keeps its key; what is opened now has the writer behind it.
  const told = new Set(sent.map((line) => line.split(' ')[2]?.replace('-due@one', '-due')));
  // What a later version knows to say of the held deletes may be said; a page about anything else would be false.
  const expected = ['prod/activation/1', 'prod/failback-due', 'prod/deletes-held/first', 'prod/deletes-held/second'];
  expect([...told].filter((key) => key !== undefined && !expected.includes(key))).toEqual([]);
  expect(faults).toEqual([]);
}

// What must become of the outage that version 6439bb2 stored (stored-outage.ts), whatever the store: that version called standbys by their
// labels, this one by their ids. What is open at a receiver stays open under the key that it was opened with, and is closed under that.
import { expect } from 'vitest';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { reasonsAgainst } from '../../functions/tasks/loop/heartbeat-health.ts';
import { readMemory, releaseHolds, viewHolds } from '../../functions/tasks/publish/holds.ts';
import { type CarriedOn, heldNamesIn, labels3, namesIn } from './stored-outage.ts';

const open = {
  activation: 'prod/activation/1@one',
  unreadable: `prod/standby/${labels3.second}@one`,
  firstHeld: `prod/deletes-held/${labels3.first}@one`,
  secondHeld: `prod/deletes-held/${labels3.second}@one`,
} as const;

export async function isReadWhole({ ports }: CarriedOn): Promise<void> {
  const { record, version } = await readRecord(ports);
  expect(version).toBe(183);
  const { machine, outbox } = record;
  expect(machine).toMatchObject({ phase: 'active', activation: { number: 1, cause: 'control-plane' } });
  expect(Object.keys(machine.standbys)).toEqual(['first', 'second']);
  expect(machine.standbys).toMatchObject({
    first: { label: labels3.first, frozen: 1, snapshot: 3, heldDeletes: 30, marker: { generation: 3, frozen: 1 } },
    second: { label: labels3.second, frozen: 0, snapshot: 2, heldDeletes: 30, failures: 4 },
  });
  expect(machine.standbys.second?.runningSince).not.toBeNull();
  const targets = ['apiserver', 'dns 10.0.0.10:53', 'dns 10.0.0.11:53', 'standby first', 'standby second'];
  expect([Object.keys(machine.verdicts), Object.keys(machine.streaks)]).toEqual([targets, targets]);
  expect(machine.streaks['standby second']?.down).toBeGreaterThanOrEqual(3);
  const seen = machine.observations.filter(({ target }) => target.kind === 'standby').map(({ target }) => target.id);
  expect(new Set(seen)).toEqual(new Set(['first', 'second']));
  expect(Object.keys(machine.incidents).toSorted()).toEqual(Object.values(open).toSorted());
  expect(outbox.pending.map(({ channel, alert }) => `${channel} ${alert.dedupKey}`)).toEqual([
    `backup ${open.activation}`,
    `oncall ${open.unreadable}`,
    `backup ${open.unreadable}`,
  ]);
  for (const id of ['first', 'second']) expect((await readMemory(ports, id)).held.size).toBe(30);
  // That it was told is known under the id as well: a heartbeat is no lie.
  const facts = { machine, outbox, channels: ['oncall'], storeTrouble: undefined };
  expect(reasonsAgainst(facts, ports.clock.now())).toEqual([]);
}

/** No page is lost or false, and nothing that was held is let go: in the outage, after it, and when a person lets it go. */
export async function goesOn(outage: CarriedOn): Promise<void> {
  const { ports, fake, standbys, sent, faults, controller, rounds } = outage;
  const held = () => [heldNamesIn(standbys.first), heldNamesIn(standbys.second)];
  const both = (what: string) => [`backup ${what}`, `oncall ${what}`];
  await controller.begin();
  await rounds(14);
  // What waited arrives, the second standby is written and frozen, and its incident is over: all under the keys of before. That its writes
  // had failed is told as soon as it can be read, as that version told it.
  const failing = 'prod/publish/second@one';
  expect(sent.toSorted()).toEqual(
    [
      `backup trigger ${open.activation}`,
      ...both(`trigger ${open.unreadable}`),
      ...both(`resolve ${open.unreadable}`),
      ...both(`trigger ${failing}`),
      ...both(`resolve ${failing}`),
    ].toSorted(),
  );
  const { machine } = (await readRecord(ports)).record;
  expect(machine).toMatchObject({ phase: 'active', standbys: { first: { frozen: 1 }, second: { frozen: 1 } } });
  expect(held()).toEqual([30, 30]);
  expect(namesIn(standbys.second)).toContain('late.shop.svc.cluster.local.');

  // Reminders are about the incidents that are open, not about new ones.
  sent.length = 0;
  const { config } = ports;
  await rounds(4, { config: { ...config, alerts: { ...config.alerts, remindAfterMs: 130_000 } } });
  const reminded = [open.activation, open.firstHeld, open.secondHeld].flatMap((key) => both(`trigger ${key}`));
  expect(sent.toSorted()).toEqual(reminded.toSorted());

  sent.length = 0;
  fake.weather = 'calm';
  fake.services.set('late.shop', '10.96.9.9');
  await rounds(8);
  await controller.hear({ kind: 'operator', command: 'failback', who: 'ann', why: 'it is over' });
  await rounds(10);
  expect((await readRecord(ports)).record.machine.phase).toBe('watching');
  expect(held()).toEqual([30, 30]);
  expect(sent.toSorted()).toEqual(both(`resolve ${open.activation}`));

  // A person lets them go from one standby, by its id: closed under the old key, and of the other one nothing changes.
  sent.length = 0;
  const { digest = '' } = (await viewHolds(ports)).second ?? expect.fail();
  const order = { standby: 'second', digest, who: 'ann', why: 'agreed' };
  expect(await releaseHolds(ports, order)).toEqual({ status: 'released', changes: 30 });
  await rounds(14);
  expect(held()).toEqual([30, 0]);
  expect(sent.toSorted()).toEqual(both(`resolve ${open.secondHeld}`));

  // What opens from now on is told by the id.
  sent.length = 0;
  for (let i = 30; i < 60; i++) fake.services.delete(`svc-${i}.shop`);
  await rounds(14);
  expect(sent.toSorted()).toEqual(both('trigger prod/deletes-held/second@one'));
  expect(Object.keys((await readRecord(ports)).record.machine.incidents).toSorted()).toEqual([
    open.firstHeld,
    'prod/deletes-held/second@one',
  ]);
  expect(faults).toEqual([]);
}

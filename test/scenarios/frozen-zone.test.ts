// What somebody took out of a zone by hand, marker untouched, before it was frozen or while it is: it comes back, nothing is deleted, and a person
// is told. The real runtime, on a standby in memory.
import { describe, expect, it } from 'vitest';
import type { Rrset } from '../../functions/records/rrset.ts';
import { createMemoryStore } from '../../functions/stores/memory.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { minutes, type WatchedZone, watchZone } from '../fakes/watched-zone.ts';

const services = 500;

const watch = () => watchZone(createMemoryStore(), undefined, services);
const isService = ({ name }: Rrset) => name.startsWith('svc-');
const count = ({ provider }: WatchedZone) => provider.contents().filter(isService).length;
const told = ({ fake }: WatchedZone) =>
  [...new Set(fake.sent.map(({ alert }) => `${alert.action} ${alert.severity} ${alert.dedupKey}`))].sort();
const machineOf = async ({ ports }: WatchedZone) => (await readRecord(ports)).record.machine;

/** Takes so many names away that the probe never asks for. */
async function takeAway(all: WatchedZone, names: number): Promise<void> {
  const { value } = (await all.ports.store.read('clusters/prod/standby-samples')) ?? expect.fail('no sample');
  const sampled = new Set(JSON.parse(value).standbys.first.others.map(({ name }: Rrset) => name));
  let left = names;
  all.edit((sets) => sets.filter((set) => !isService(set) || sampled.has(set.name) || left-- <= 0));
  expect(count(all)).toBe(services - names);
}

describe('a zone that lost names by hand', { timeout: 120_000 }, () => {
  it('a minute before an outage is frozen at once by its marker, then mended, and that is told', async () => {
    const all = await watch();
    await all.rounds(minutes(1));
    await takeAway(all, 100);
    await all.rounds(minutes(1));
    all.fake.weather = 'api-down';
    const { zones } = all.asked;
    await all.rounds(minutes(2));
    expect((await machineOf(all)).standbys.first).toMatchObject({ frozen: 1, lastFailure: '' });
    expect(count(all)).toBe(services);
    // The freeze itself waits for no reading.
    expect(all.zonesAtWrites.slice(-2)).toEqual([zones, zones + 1]);
    expect(await all.marker()).toMatchObject({ phase: 'frozen', activation: 1, digest: await all.digest() });
    expect(told(all)).toEqual(['trigger critical prod/activation/1', 'trigger critical prod/put-back/first']);
    const [alert] = all.fake.sent.filter((one) => one.alert.dedupKey === 'prod/put-back/first');
    expect(alert?.alert.summary).toContain('lacked 100 record sets');
    await all.rounds(minutes(20));
    expect(told(all).filter((words) => words.includes('put-back'))).toHaveLength(2);
  });

  it('in the middle of an outage has them again within ten minutes, and what somebody added stays', async () => {
    const all = await watch();
    all.fake.weather = 'api-down';
    await all.rounds(minutes(30));
    expect(told(all)).toEqual(['trigger critical prod/activation/1']);
    await takeAway(all, 100);
    all.edit((sets) =>
      sets.map((set) => (set.name.startsWith('db.') ? { ...set, values: [...set.values, '10.96.2.99'] } : set)),
    );
    await all.rounds(minutes(11));
    expect(count(all)).toBe(services);
    expect(all.provider.contents().find(({ name }) => name.startsWith('db.'))?.values).toHaveLength(10);
    const [alert] = all.fake.sent.filter((one) => one.alert.dedupKey === 'prod/put-back/first');
    expect(alert?.alert.summary).toContain('lacked 100 record sets');
    expect(await all.marker()).toMatchObject({ phase: 'frozen', activation: 1, digest: await all.digest() });
  });

  it('is frozen though it cannot be read, which is tried again and told; it is mended when it can', async () => {
    const all = await watch();
    await takeAway(all, 100);
    all.broken.transfer = true;
    all.fake.weather = 'api-down';
    const asked = await all.since(() => all.rounds(minutes(30)));
    expect((await machineOf(all)).standbys.first).toMatchObject({ frozen: 1 });
    expect(await all.marker()).toMatchObject({ phase: 'frozen' });
    expect(asked.zones).toBeGreaterThan(3);
    expect(asked.zones).toBeLessThan(10);
    expect(told(all)).toContain('trigger warning prod/publish/first');
    all.broken.transfer = false;
    await all.rounds(minutes(11));
    expect(count(all)).toBe(services);
    expect(told(all)).toContain('trigger critical prod/put-back/first');
    expect(told(all)).toContain('resolve warning prod/publish/first');
  });

  it('is mended by the next life, where the one that froze it ended before it had read it', async () => {
    const all = await watch();
    await takeAway(all, 100);
    all.broken.transfer = true;
    all.fake.weather = 'api-down';
    await all.rounds(minutes(1));
    expect((await machineOf(all)).standbys.first).toMatchObject({ frozen: 1 });
    all.broken.transfer = false;
    await all.begin();
    expect(count(all)).toBe(services);
    all.fake.weather = 'calm';
    await all.rounds(minutes(2));
    await all.hear({ kind: 'operator', command: 'failback', who: 'ann', why: 'it is over' });
    await all.rounds(minutes(3));
    expect(await all.marker()).toMatchObject({ phase: 'warm' });
    expect(count(all)).toBe(services);
  });
});

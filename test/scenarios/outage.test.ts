// The whole life of a cluster through the tasks, with made-up weather: warm in peace, paged and frozen in an outage, given back by hand.
import { describe, expect, it } from 'vitest';
import { deliverDue } from '../../functions/tasks/alert/deliver.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { operate } from '../../functions/tasks/control/operate.ts';
import { type Activity, workToRest } from '../../functions/tasks/loop/dispatch.ts';
import { probeRound } from '../../functions/tasks/loop/probe-round.ts';
import { viewHolds } from '../../functions/tasks/publish/holds.ts';
import { createFakeCluster, type FakeCluster } from '../fakes/cluster.ts';

const quiet = () => {};

/** `count` rounds, each with its work and its deliveries. */
async function rounds(fake: FakeCluster, count: number, onActivity: (one: Activity) => void = quiet): Promise<void> {
  for (let i = 0; i < count; i++) {
    const effects = await probeRound(fake.ports, onActivity);
    await deliverDue(fake.ports);
    await workToRest(fake.ports, effects, onActivity);
    await deliverDue(fake.ports);
    fake.pass(5000);
  }
}

const stateOf = async (fake: FakeCluster) => (await readRecord(fake.ports)).record.machine;
const markerOf = async (fake: FakeCluster) => (await fake.provider.readMarker(new AbortController().signal)).marker;
const namesOf = (fake: FakeCluster) => fake.provider.contents().map((set) => set.name);

describe('in peace', () => {
  it('keeps the standby warm and follows the cluster, deletes included', async () => {
    const fake = createFakeCluster();
    await rounds(fake, 8);
    expect(await markerOf(fake)).toMatchObject({ phase: 'warm', cluster: 'prod', writer: 'lifeboat', activation: 0 });
    expect(namesOf(fake)).toContain('web.shop.svc.cluster.local.');
    fake.services.delete('web.shop');
    fake.services.set('api.shop', '10.96.0.11');
    await rounds(fake, 14);
    expect(namesOf(fake)).toContain('api.shop.svc.cluster.local.');
    expect(namesOf(fake)).not.toContain('web.shop.svc.cluster.local.');
    expect(fake.sent).toEqual([]);
  });

  it('writes nothing to the standby while nothing changes', async () => {
    const fake = createFakeCluster();
    await rounds(fake, 8);
    const before = await markerOf(fake);
    await rounds(fake, 40);
    expect(await markerOf(fake)).toEqual(before);
  });
});

describe('when the API server goes down', () => {
  it('pages before anything else, takes what is new along, freezes, and deletes nothing', async () => {
    const fake = createFakeCluster();
    await rounds(fake, 8);
    fake.services.delete('web.shop');
    fake.services.set('late.shop', '10.96.0.12');
    fake.weather = 'api-down';
    const order: string[] = [];
    await rounds(fake, 4, (one) => {
      if (one.kind === 'started') order.push(`${one.work.kind} after ${fake.sent.length} pages`);
    });
    expect(order).toEqual(['capture after 1 pages', 'publish after 1 pages']);
    expect((await stateOf(fake)).phase).toBe('active');
    expect(await markerOf(fake)).toMatchObject({ phase: 'frozen', activation: 1 });
    expect(namesOf(fake)).toEqual(
      expect.arrayContaining(['late.shop.svc.cluster.local.', 'web.shop.svc.cluster.local.']),
    );
    expect(fake.sent.map(({ alert }) => [alert.action, alert.severity])).toEqual([['trigger', 'critical']]);
  });

  it('freezes what it has when no replica can be captured from', async () => {
    const fake = createFakeCluster();
    await rounds(fake, 8);
    fake.weather = 'api-down';
    fake.captureRefusal = 'SERVFAIL: unsynced';
    await rounds(fake, 6);
    expect(await markerOf(fake)).toMatchObject({ phase: 'frozen', activation: 1 });
  });

  it('is given back by hand, with one resolve for the one page', async () => {
    const fake = createFakeCluster();
    await rounds(fake, 8);
    fake.weather = 'api-down';
    await rounds(fake, 4);
    const request = { command: 'failback', who: 'ann', why: 'it is over' } as const;
    const early = await operate(fake.ports, { ...request, observations: await fake.ports.probe([]) }, quiet);
    expect(early.status).toBe('refused');
    fake.weather = 'calm';
    fake.services.delete('web.shop');
    fake.services.set('new.shop', '10.96.0.13');
    await rounds(fake, 8);
    const outcome = await operate(fake.ports, { ...request, observations: await fake.ports.probe([]) }, quiet);
    expect(outcome).toMatchObject({ status: 'accepted', state: { phase: 'watching' } });
    expect(await markerOf(fake)).toMatchObject({ phase: 'warm', activation: 1 });
    expect(namesOf(fake)).not.toContain('web.shop.svc.cluster.local.');
    const pages = fake.sent.filter(({ alert }) => alert.dedupKey === 'prod/activation/1');
    expect(pages.map(({ alert }) => alert.action)).toEqual(['trigger', 'resolve']);
  });
});

it('holds back a namespace that is lost whole, in peace, and remembers since when', async () => {
  const fake = createFakeCluster();
  await rounds(fake, 8);
  const lostAt = fake.ports.clock.now();
  fake.services.delete('web.shop');
  await rounds(fake, 30);
  expect(namesOf(fake)).toContain('web.shop.svc.cluster.local.');
  const held = (await viewHolds(fake.ports)).zonefile?.changes ?? [];
  expect(held).toMatchObject([{ set: 'web.shop.svc.cluster.local. A', guard: 'namespace-lost', wants: [] }]);
  const since = held[0]?.since ?? 0;
  expect(since).toBeGreaterThanOrEqual(lostAt);
  expect(since).toBeLessThan(lostAt + 70_000);
});

it('never fails over for a refused credential, and pages it', async () => {
  const fake = createFakeCluster();
  await rounds(fake, 8);
  fake.weather = 'credential';
  await rounds(fake, 10);
  expect((await stateOf(fake)).phase).toBe('watching');
  expect(fake.sent.map(({ alert }) => alert.dedupKey)).toEqual([expect.stringContaining('credential')]);
});

it('keeps the last good set, without deletes or a freeze, when all of DNS is down and the API is healthy', async () => {
  const fake = createFakeCluster();
  await rounds(fake, 8);
  fake.weather = 'dns-down';
  await rounds(fake, 10);
  expect(await markerOf(fake)).toMatchObject({ phase: 'warm' });
  expect(namesOf(fake)).toContain('web.shop.svc.cluster.local.');
  expect(fake.sent.length).toBeGreaterThan(0);
});

it('delivers later what the pager did not take, and nothing twice', async () => {
  const fake = createFakeCluster();
  await rounds(fake, 8);
  fake.weather = 'api-down';
  fake.answer = { status: 'retry', reason: '503' };
  await rounds(fake, 4);
  const tries = fake.sent.length;
  expect(tries).toBeGreaterThan(0);
  fake.answer = { status: 'delivered' };
  await rounds(fake, 4);
  expect(new Set(fake.sent.map(({ id }) => id)).size).toBe(1);
  const after = fake.sent.length;
  await rounds(fake, 4);
  expect(fake.sent.length).toBe(after);
});

it('sends and settles as many alerts as there are at once, each of them once', async () => {
  const fake = createFakeCluster();
  const send = fake.ports.channels[0]?.send ?? expect.fail();
  const channels = Array.from({ length: 60 }, (_, i) => ({
    id: `channel-${i}`,
    timeoutMs: 5_000,
    repeats: 'outbox' as const,
    send,
  }));
  const ports = { ...fake.ports, channels };
  fake.weather = 'credential';
  for (let i = 0; i < 3; i++) {
    await probeRound(ports, quiet);
    fake.pass(5000);
  }
  await deliverDue(ports);
  fake.pass(120_000);
  await deliverDue(ports);
  expect(fake.sent).toHaveLength(60);
  expect((await readRecord(ports)).record.outbox.pending).toEqual([]);
});

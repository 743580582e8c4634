import { describe, expect, it } from 'vitest';
import { createBroadcast } from '../../../functions/lib/broadcast.ts';
import type { Clock } from '../../../functions/lib/deps.ts';
import { readRecord } from '../../../functions/tasks/cluster-record.ts';
import type { ClusterDesk, Order } from '../../../functions/tasks/desk.ts';
import { serveDesk } from '../../../functions/tasks/serve-desk.ts';
import { createWatchman, type Watchman } from '../../../functions/tasks/watchman.ts';
import { createFakeCluster, type FakeCluster } from '../../fakes/cluster.ts';

interface Served {
  readonly fake: FakeCluster;
  readonly desk: ClusterDesk;
  readonly watchman: Watchman;
  /** Rounds, each with the work that follows. */
  rounds(count: number): Promise<void>;
}

/** Stands still but for `pass`; deadlines never come. */
function createStandingClock(): Clock & { pass(ms: number): void } {
  let now = 1_700_000_000_000;
  return {
    now: () => now,
    sleep: (_, signal) => new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true })),
    pass: (ms) => {
      now += ms;
    },
  };
}

function createStandingCluster(): FakeCluster {
  const clock = createStandingClock();
  return Object.assign(createFakeCluster({ clock }), { pass: clock.pass });
}

async function serve(fake = createStandingCluster()): Promise<Served> {
  const hooks = { onlooker: () => {}, onFault: (what: string, error: unknown) => expect.fail(`${what}: ${error}`) };
  const watchman = createWatchman(fake.ports, hooks, new AbortController().signal);
  const watch = () => ({ intervalMs: 5000, healthyRounds: 6, lastRoundAt: null, rearmedAt: null, troubles: [] });
  const desk = serveDesk({
    ports: fake.ports,
    watchman,
    broadcast: createBroadcast(3),
    watch,
    vantages: async () => [],
    report: async () => ({ status: 'refused', refusal: 'unwanted', reason: '' }),
  });
  await watchman.begin();
  const rounds = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await watchman.round();
      await watchman.rest();
      fake.pass(5_000);
    }
  };
  return { fake, desk, watchman, rounds };
}

const hold: Order = { command: 'hold', who: 'oncall', why: 'a test', dryRun: false };
const failover: Order = { command: 'failover', who: 'oncall', why: 'a test', dryRun: false };

describe('the view', () => {
  it('shows the record, judged for now, and the newest snapshot', async () => {
    const { fake, desk, rounds } = await serve();
    await rounds(2);
    const view = await desk.view();
    expect(view.record.machine.verdicts.apiserver?.condition).toBe('healthy');
    expect(view.snapshots).toMatchObject({ numbers: [1], latest: { number: 1, counts: { records: 2 } } });
    fake.pass(3_600_000);
    expect((await desk.view()).record.machine.verdicts.apiserver).toMatchObject({ reason: 'no-observation' });
    expect(await desk.snapshot(1)).toContain('lifeboat-snapshot/1');
    expect(await desk.snapshot(7)).toBeUndefined();
  });
});

describe('the view and the store of snapshots', () => {
  it('shows what the machine knows although the snapshots cannot be listed, and says so', async () => {
    const { fake } = await serve();
    const { store } = fake.ports;
    const list = async () => Promise.reject(new Error('R2 is away'));
    const broken = await serve({ ...fake, ports: { ...fake.ports, store: { ...store, list } } });
    const view = await broken.desk.view();
    expect(view.record.machine.phase).toBe('watching');
    expect(view.watch.troubles.join()).toMatch(/cannot be listed: R2 is away/);
  });
});

describe('an order', () => {
  it('waits for no preview that hangs', async () => {
    const { fake } = await serve();
    const hung = { ...fake.provider, read: () => new Promise<never>(() => {}) };
    const { desk, rounds } = await serve({ ...fake, ports: { ...fake.ports, providers: [hung] } });
    await rounds(0);
    void desk.order({ ...failover, dryRun: true });
    expect(await desk.order(hold)).toMatchObject({ status: 'accepted', phase: 'held' });
  });

  it('is said in words first, and changes nothing then', async () => {
    const { fake, desk, rounds } = await serve();
    await rounds(2);
    const before = (await readRecord(fake.ports)).version;
    const planned = await desk.order({ ...failover, dryRun: true });
    expect(planned.status === 'planned' && planned.words.join('\n')).toMatch(
      /failover would be accepted: activation 1 is open/,
    );
    expect(planned.status === 'planned' && planned.words.join('\n')).toMatch(/with snapshot 1/);
    const refused = await desk.order({ ...failover, command: 'release', dryRun: true });
    expect(refused.status === 'planned' && refused.words[0]).toMatch(/release would be refused: .*no hold to release/);
    expect((await readRecord(fake.ports)).version).toBe(before);
  });

  it('is answered by the machine, and its work goes on', async () => {
    const { fake, desk, watchman, rounds } = await serve();
    await rounds(2);
    expect(await desk.order(failover)).toMatchObject({ status: 'accepted', phase: 'active' });
    await watchman.rest();
    expect((await fake.provider.read(new AbortController().signal)).marker).toMatchObject({ phase: 'frozen' });
    expect(await desk.order({ ...failover, command: 'release' })).toMatchObject({ status: 'refused', phase: 'active' });
  });

  it('is done once under its key, also when it comes twice at once, or after a restart', async () => {
    const { fake, desk, rounds } = await serve();
    await rounds(2);
    const keyed = { ...failover, idempotencyKey: 'one' };
    const [first, second] = await Promise.all([desk.order(keyed), desk.order(keyed)]);
    expect(first).toMatchObject({ status: 'accepted', phase: 'active' });
    expect(second).toEqual(first);
    const again = await serve(fake);
    expect(await again.desk.order(keyed)).toEqual(first);
    expect((await readRecord(fake.ports)).record.machine.lastActivation).toBe(1);
    expect(await again.desk.order({ ...keyed, why: 'another' })).toMatchObject({ status: 'key-reused' });
    expect(await again.desk.order({ ...keyed, command: 'hold' })).toMatchObject({ status: 'key-reused' });
    expect(await again.desk.order({ ...keyed, idempotencyKey: 'two' })).toMatchObject({ status: 'accepted' });
    expect((await readRecord(fake.ports)).record.machine.lastActivation).toBe(2);
  });

  it('may be given again under its key when it was refused', async () => {
    const { desk } = await serve();
    const release: Order = { ...hold, command: 'release', idempotencyKey: 'one' };
    expect(await desk.order(release)).toMatchObject({ status: 'refused' });
    expect(await desk.order(hold)).toMatchObject({ status: 'accepted' });
    expect(await desk.order(release)).toMatchObject({ status: 'accepted', phase: 'watching' });
  });

  it('is remembered for a day, a hundred at most', async () => {
    const { fake, desk } = await serve();
    for (let i = 0; i < 120; i++) {
      await desk.order({ ...hold, command: i % 2 === 0 ? 'hold' : 'release', idempotencyKey: `key-${i}` });
    }
    expect((await readRecord(fake.ports)).record.orders).toHaveLength(100);
    fake.pass(90_000_000);
    await desk.order({ ...hold, idempotencyKey: 'late' });
    expect((await readRecord(fake.ports)).record.orders.map(({ key }) => key)).toEqual(['late']);
  });
});

it('streams the view to whoever looks on', async () => {
  const { desk } = await serve();
  const reader = (await desk.events()).getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toMatch(
    /^retry: 2000\nevent: view\ndata: {"at":\d+,"phase":"watching"}\n\n$/,
  );
});

describe('a failback that is too early', () => {
  it('is planned with what is known, and can be forced', async () => {
    const { desk, rounds } = await serve();
    await rounds(1);
    await desk.order(failover);
    await rounds(1);
    const failback: Order = { command: 'failback', who: 'oncall', why: 'a test', dryRun: false };
    const planned = await desk.order({ ...failback, dryRun: true });
    expect(planned).toMatchObject({ status: 'planned', canForce: true });
    expect(planned).toMatchObject({
      words: expect.arrayContaining(['known now: the API server is healthy for 2 of 6 rounds']),
    });
    expect(await desk.order({ ...failback, idempotencyKey: 'k' })).toMatchObject({ status: 'refused' });
    expect(await desk.order({ ...failback, dryRun: true, force: true })).toMatchObject({ canForce: false });
    const forced = { ...failback, force: true, idempotencyKey: 'k' };
    expect(await desk.order(forced)).toMatchObject({ status: 'accepted', phase: 'recovering' });
    expect(await desk.order(forced)).toMatchObject({ status: 'accepted' });
    expect(await desk.order({ ...failback, idempotencyKey: 'k' })).toMatchObject({ status: 'key-reused' });
  });
});

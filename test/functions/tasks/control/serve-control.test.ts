import { describe, expect, it } from 'vitest';
import { createBroadcast } from '../../../../functions/lib/broadcast.ts';
import type { Clock } from '../../../../functions/lib/deps.ts';
import { readRecord } from '../../../../functions/tasks/cluster/record.ts';
import type { ClusterControl, Order } from '../../../../functions/tasks/control/control-port.ts';
import { serveControl } from '../../../../functions/tasks/control/serve-control.ts';
import { type Controller, createController } from '../../../../functions/tasks/loop/controller.ts';
import { asStandby, createFakeCluster, type FakeCluster } from '../../../fakes/cluster.ts';

interface Served {
  readonly fake: FakeCluster;
  readonly control: ClusterControl;
  readonly controller: Controller;
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
  const hooks = { onActivity: () => {}, onFault: (what: string, error: unknown) => expect.fail(`${what}: ${error}`) };
  const controller = createController(fake.ports, hooks, new AbortController().signal);
  const watch = () => ({ intervalMs: 5000, healthyRounds: 6, lastRoundAt: null, rearmedAt: null, troubles: [] });
  const control = serveControl({
    ports: fake.ports,
    controller,
    broadcast: createBroadcast(3),
    watch,
    vantages: async () => [],
    report: async () => ({ status: 'refused', refusal: 'unwanted', reason: '' }),
  });
  await controller.begin();
  const rounds = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await controller.round();
      await controller.rest();
      fake.pass(5_000);
    }
  };
  return { fake, control, controller, rounds };
}

const hold: Order = { command: 'hold', who: 'oncall', why: 'a test', dryRun: false };
const failover: Order = { command: 'failover', who: 'oncall', why: 'a test', dryRun: false };

describe('the view', () => {
  it('shows the record, judged for now, and the newest snapshot', async () => {
    const { fake, control, rounds } = await serve();
    await rounds(2);
    const view = await control.view();
    expect(view.record.machine.verdicts.apiserver?.condition).toBe('healthy');
    expect(view.snapshots).toMatchObject({ numbers: [1], latest: { number: 1, counts: { records: 2 } } });
    fake.pass(3_600_000);
    expect((await control.view()).record.machine.verdicts.apiserver).toMatchObject({ reason: 'no-observation' });
    expect(await control.snapshot(1)).toContain('lifeboat-snapshot/1');
    expect(await control.snapshot(7)).toBeUndefined();
  });
});

describe('the view and the store of snapshots', () => {
  it('shows what the machine knows although the snapshots cannot be listed, and says so', async () => {
    const { fake } = await serve();
    const { store } = fake.ports;
    const list = async () => Promise.reject(new Error('R2 is away'));
    const broken = await serve({ ...fake, ports: { ...fake.ports, store: { ...store, list } } });
    const view = await broken.control.view();
    expect(view.record.machine.phase).toBe('watching');
    expect(view.watch.troubles.join()).toMatch(/cannot be listed: R2 is away/);
  });
});

describe('an order', () => {
  it('waits for no preview that hangs', async () => {
    const { fake } = await serve();
    const hangs = () => new Promise<never>(() => {});
    const hung = { ...fake.provider, readMarker: hangs, readZone: hangs };
    const { control, rounds } = await serve({ ...fake, ports: { ...fake.ports, standbys: [asStandby(hung)] } });
    await rounds(0);
    void control.order({ ...failover, dryRun: true });
    expect(await control.order(hold)).toMatchObject({ status: 'accepted', phase: 'held' });
  });

  it('is said in words first, and changes nothing then', async () => {
    const { fake, control, rounds } = await serve();
    await rounds(2);
    const before = (await readRecord(fake.ports)).version;
    const planned = await control.order({ ...failover, dryRun: true });
    expect(planned.status === 'planned' && planned.words.join('\n')).toMatch(
      /failover would be accepted: activation 1 is open/,
    );
    expect(planned.status === 'planned' && planned.words.join('\n')).toMatch(/with snapshot 1/);
    const refused = await control.order({ ...failover, command: 'release', dryRun: true });
    expect(refused.status === 'planned' && refused.words[0]).toMatch(/release would be refused: .*no hold to release/);
    expect((await readRecord(fake.ports)).version).toBe(before);
  });

  it('is answered by the machine, and its work goes on', async () => {
    const { fake, control, controller, rounds } = await serve();
    await rounds(2);
    expect(await control.order(failover)).toMatchObject({ status: 'accepted', phase: 'active' });
    await controller.rest();
    expect((await fake.provider.readMarker(new AbortController().signal)).marker).toMatchObject({ phase: 'frozen' });
    expect(await control.order({ ...failover, command: 'release' })).toMatchObject({
      status: 'refused',
      phase: 'active',
    });
  });

  it('is done once under its key, also when it comes twice at once, or after a restart', async () => {
    const { fake, control, rounds } = await serve();
    await rounds(2);
    const keyed = { ...failover, idempotencyKey: 'one' };
    const [first, second] = await Promise.all([control.order(keyed), control.order(keyed)]);
    expect(first).toMatchObject({ status: 'accepted', phase: 'active' });
    expect(second).toEqual(first);
    const again = await serve(fake);
    expect(await again.control.order(keyed)).toEqual(first);
    expect((await readRecord(fake.ports)).record.machine.lastActivation).toBe(1);
    expect(await again.control.order({ ...keyed, why: 'another' })).toMatchObject({ status: 'key-reused' });
    expect(await again.control.order({ ...keyed, command: 'hold' })).toMatchObject({ status: 'key-reused' });
    expect(await again.control.order({ ...keyed, idempotencyKey: 'two' })).toMatchObject({ status: 'accepted' });
    expect((await readRecord(fake.ports)).record.machine.lastActivation).toBe(2);
  });

  it('may be given again under its key when it was refused', async () => {
    const { control } = await serve();
    const release: Order = { ...hold, command: 'release', idempotencyKey: 'one' };
    expect(await control.order(release)).toMatchObject({ status: 'refused' });
    expect(await control.order(hold)).toMatchObject({ status: 'accepted' });
    expect(await control.order(release)).toMatchObject({ status: 'accepted', phase: 'watching' });
  });

  it('is remembered for a day, a hundred at most', async () => {
    const { fake, control } = await serve();
    for (let i = 0; i < 120; i++) {
      await control.order({ ...hold, command: i % 2 === 0 ? 'hold' : 'release', idempotencyKey: `key-${i}` });
    }
    expect((await readRecord(fake.ports)).record.orders).toHaveLength(100);
    fake.pass(90_000_000);
    await control.order({ ...hold, idempotencyKey: 'late' });
    expect((await readRecord(fake.ports)).record.orders.map(({ key }) => key)).toEqual(['late']);
  });
});

it('streams the view to whoever looks on', async () => {
  const { control } = await serve();
  const reader = (await control.events()).getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toMatch(
    /^retry: 2000\nevent: view\ndata: {"at":\d+,"phase":"watching"}\n\n$/,
  );
});

describe('a failback that is too early', () => {
  it('is planned with what is known, and can be forced', async () => {
    const { control, rounds } = await serve();
    await rounds(1);
    await control.order(failover);
    await rounds(1);
    const failback: Order = { command: 'failback', who: 'oncall', why: 'a test', dryRun: false };
    const planned = await control.order({ ...failback, dryRun: true });
    expect(planned).toMatchObject({ status: 'planned', canForce: true });
    expect(planned).toMatchObject({
      words: expect.arrayContaining(['known now: the API server is healthy for 2 of 6 rounds']),
    });
    expect(await control.order({ ...failback, idempotencyKey: 'k' })).toMatchObject({ status: 'refused' });
    expect(await control.order({ ...failback, dryRun: true, force: true })).toMatchObject({ canForce: false });
    const forced = { ...failback, force: true, idempotencyKey: 'k' };
    expect(await control.order(forced)).toMatchObject({ status: 'accepted', phase: 'recovering' });
    expect(await control.order(forced)).toMatchObject({ status: 'accepted' });
    expect(await control.order({ ...failback, idempotencyKey: 'k' })).toMatchObject({ status: 'key-reused' });
  });
});

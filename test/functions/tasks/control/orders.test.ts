// Orders with an idempotency key given to two processes at once, over one store: whichever line of the one comes between two lines of the other,
// the order is carried out once, and both answer alike.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBroadcast } from '../../../../functions/lib/broadcast.ts';
import { noMemory } from '../../../../functions/plan/memory.ts';
import { createMemoryStore } from '../../../../functions/stores/memory.ts';
import type { Store } from '../../../../functions/stores/store.ts';
import type { ClusterPorts } from '../../../../functions/tasks/cluster/ports.ts';
import { readRecord } from '../../../../functions/tasks/cluster/record.ts';
import type {
  ClusterControl,
  Order,
  OrderAnswer,
  ReleaseOrder,
} from '../../../../functions/tasks/control/control-port.ts';
import { serveControl } from '../../../../functions/tasks/control/serve-control.ts';
import { createController } from '../../../../functions/tasks/loop/controller.ts';
import { keepHolds, readMemory, viewHolds } from '../../../../functions/tasks/publish/holds.ts';
import { createFakeCluster } from '../../../fakes/cluster.ts';

const standby = createFakeCluster().ports.standbys[0]?.id ?? expect.fail();
const order = { who: 'ann', why: 'a test', dryRun: false, idempotencyKey: 'key-1' } as const;
const failover: Order = { ...order, command: 'failover' };
const hold: Order = { ...order, command: 'hold' };

/** Waits before each access until the schedule lets it go on. */
function scheduled(store: Store, schedule: fc.Scheduler, process: string): Store {
  const turn = <T>(what: string, work: () => Promise<T>): Promise<T> =>
    schedule.schedule(Promise.resolve(), `${process} ${what}`).then(work);
  return {
    read: (key) => turn(`reads ${key}`, () => store.read(key)),
    write: (key, value, version) => turn(`writes ${key}`, () => store.write(key, value, version)),
    list: (prefix) => turn(`lists ${prefix}`, () => store.list(prefix)),
    remove: (key) => turn(`removes ${key}`, () => store.remove(key)),
  };
}

/** A process of its own: nothing but the store is shared, no limiter, no memory. */
function createProcess(store: Store): { readonly control: ClusterControl; readonly ports: ClusterPorts } {
  const ports = { ...createFakeCluster().ports, store };
  const hooks = { onActivity: () => {}, onFault: (what: string, error: unknown) => expect.fail(`${what}: ${error}`) };
  // Of the work that follows nothing is carried out: it is the orders that are looked at.
  const over = AbortSignal.abort();
  const control = serveControl({
    ports,
    controller: createController(ports, hooks, over),
    broadcast: createBroadcast(1),
    watch: () => ({ intervalMs: 5000, healthyRounds: 6, lastRoundAt: null, rearmedAt: null, troubles: [] }),
    vantages: async () => [],
    report: async () => expect.fail('nobody reports'),
  });
  return { control, ports };
}

/** Gives each of the orders to a process of its own, in whatever order the schedule makes of what they do. */
async function giveAtOnce(
  store: Store,
  schedule: fc.Scheduler,
  orders: readonly (Order | ReleaseOrder)[],
): Promise<readonly OrderAnswer[]> {
  const given = orders.map((one, i) => createProcess(scheduled(store, schedule, `process ${i}`)).control.order(one));
  let isDone = false;
  const answers = Promise.all(given).finally(() => {
    isDone = true;
  });
  while (!isDone) {
    // Each comes to its next access first, digests included: else one of them would be through before the other has begun.
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    if (schedule.count() > 0) await schedule.waitOne();
  }
  return answers;
}

async function recordOf(store: Store) {
  return (await readRecord({ ...createFakeCluster().ports, store })).record;
}

/** A store in which a guard holds one delete back. */
async function storeWithHold(): Promise<{ readonly store: Store; readonly release: ReleaseOrder }> {
  const store = createMemoryStore();
  const ports = { ...createFakeCluster().ports, store };
  const held = new Map([['web.shop.svc.cluster.local. A', { since: 5, guard: 'delete-share' as const, wants: [] }]]);
  await keepHolds(ports, standby, noMemory, { ...noMemory, held });
  const digest = (await viewHolds(ports))[standby]?.digest ?? expect.fail();
  return { store, release: { ...order, command: 'release-deletes', standby, digest } };
}

const runs = { numRuns: 20 };
// Generous: the deadline is for a machine that does much else.
const patient = { timeout: 60_000 };

describe('one order with one key, given to two processes at once', patient, () => {
  it.each([failover, hold])('$command is carried out once, and both answer alike', async (one) => {
    const run = fc.asyncProperty(fc.scheduler(), async (schedule) => {
      const store = createMemoryStore();
      const [first, second] = await giveAtOnce(store, schedule, [one, one]);
      expect(first).toMatchObject({ status: 'accepted' });
      expect(second).toEqual(first);
      const { machine, orders } = await recordOf(store);
      expect(machine.transitions).toHaveLength(1);
      expect(machine.lastActivation).toBe(one.command === 'failover' ? 1 : 0);
      expect(orders.map(({ key }) => key)).toEqual(['key-1']);
    });
    await fc.assert(run, runs);
  });

  it('lets held deletes out once, and both answer alike', async () => {
    const run = fc.asyncProperty(fc.scheduler(), async (schedule) => {
      const { store, release } = await storeWithHold();
      const [first, second] = await giveAtOnce(store, schedule, [release, release]);
      expect(first).toMatchObject({ status: 'accepted', reason: expect.stringContaining('1 changes go out') });
      expect(second).toEqual(first);
      const memory = await readMemory({ ...createFakeCluster().ports, store }, standby);
      expect([...memory.released.keys()]).toEqual(['web.shop.svc.cluster.local. A']);
      expect((await recordOf(store)).orders.map(({ key }) => key)).toEqual(['key-1']);
    });
    await fc.assert(run, runs);
  });

  it('is answered alike by a third that comes when it is long done', async () => {
    const { store, release } = await storeWithHold();
    const { control } = createProcess(store);
    const answer = await control.order(release);
    expect(await createProcess(store).control.order(release)).toEqual(answer);
  });

  it('lets held deletes out once although the process died before it was in the record', async () => {
    const { store, release } = await storeWithHold();
    let isReleased = false;
    const dying: Store = {
      ...store,
      write: async (key, ...rest) => {
        if (isReleased) throw new Error('killed');
        isReleased = key === 'clusters/prod/holds';
        return store.write(key, ...rest);
      },
    };
    await expect(createProcess(dying).control.order(release)).rejects.toThrow('killed');
    expect(isReleased).toBe(true);
    expect(await createProcess(store).control.order(release)).toMatchObject({
      status: 'accepted',
      reason: expect.stringContaining('1 changes go out'),
    });
    expect(await createProcess(store).control.order(failover)).toMatchObject({ status: 'key-reused' });
  });
});

describe('two orders with one key, given to two processes at once', patient, () => {
  it.each([failover, hold])(
    'a release and $command: one is accepted, the other told that its key is used',
    async (one) => {
      const run = fc.asyncProperty(fc.scheduler(), fc.boolean(), async (schedule, isFirst) => {
        const { store, release } = await storeWithHold();
        const answers = await giveAtOnce(store, schedule, isFirst ? [release, one] : [one, release]);
        expect(answers.map(({ status }) => status).toSorted()).toEqual(['accepted', 'key-reused']);
        const memory = await readMemory({ ...createFakeCluster().ports, store }, standby);
        const { machine, orders } = await recordOf(store);
        // What was done is what was accepted.
        expect(memory.released.size + machine.transitions.length).toBe(1);
        expect(orders).toMatchObject([{ key: 'key-1', isDone: true }]);
      });
      await fc.assert(run, { numRuns: 50 });
    },
  );

  it('a release that is refused gives its key back', async () => {
    const { store, release } = await storeWithHold();
    const { control } = createProcess(store);
    expect(await control.order({ ...release, digest: 'another' })).toMatchObject({ status: 'refused' });
    expect((await recordOf(store)).orders).toEqual([]);
    expect(await control.order(hold)).toMatchObject({ status: 'accepted' });
  });

  it('a release whose process died before it was done keeps its key, and goes on when it is given again', async () => {
    const { store, release } = await storeWithHold();
    const dying: Store = {
      ...store,
      write: async (key, ...rest) =>
        key === 'clusters/prod/holds' ? Promise.reject(new Error('killed')) : store.write(key, ...rest),
    };
    await expect(createProcess(dying).control.order(release)).rejects.toThrow('killed');
    expect(await createProcess(store).control.order(hold)).toMatchObject({ status: 'key-reused' });
    const answer = await createProcess(store).control.order(release);
    expect(answer).toMatchObject({ status: 'accepted', reason: expect.stringContaining('1 changes go out') });
    expect(await createProcess(store).control.order(release)).toEqual(answer);
  });

  it('are one accepted, and one told that its key is used', async () => {
    const run = fc.asyncProperty(fc.scheduler(), async (schedule) => {
      const store = createMemoryStore();
      const answers = await giveAtOnce(store, schedule, [hold, { ...hold, why: 'another' }]);
      expect(answers.map(({ status }) => status).toSorted()).toEqual(['accepted', 'key-reused']);
      expect((await recordOf(store)).orders).toHaveLength(1);
    });
    await fc.assert(run, runs);
  });
});

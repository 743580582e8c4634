// An outage that an earlier version stored, carried on by this one: what every store must hand over. test/runtime/stored/version-2.json was
// written by running version c894b1a on a file store, and is never changed. It was stopped in the fifth round of an outage that three vantages
// see, with: an activation; two standbys with 30 deletes held in each, the first frozen, the second in the middle of its publication; two alerts
// of the activation, one in the hands of a sender that will not come back, one that waits to be tried again; two orders under keys; refusals.
import { expect } from 'vitest';
import type { Observation } from '../../functions/decision/health/observation.ts';
import { createMemoryProvider, type MemoryProvider } from '../../functions/providers/memory.ts';
import type { Rrset } from '../../functions/records/rrset.ts';
import type { Store } from '../../functions/stores/store.ts';
import type { ClusterPorts } from '../../functions/tasks/cluster/ports.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { type Controller, createController } from '../../functions/tasks/loop/controller.ts';
import { probeStandby } from '../../probes/standby.ts';
import stored from '../runtime/stored/version-2.json' with { type: 'json' };
import { asStandby, createFakeCluster, type FakeCluster, viewOf, zone } from './cluster.ts';

/** The files of its store, by name. */
export const storedFiles: Readonly<Record<string, string>> = stored.files;

export interface CarriedOn {
  readonly ports: ClusterPorts;
  readonly fake: FakeCluster;
  readonly standbys: Readonly<Record<'first' | 'second', MemoryProvider>>;
  /** `oncall trigger prod/activation/1`, as they were delivered. */
  readonly sent: string[];
  readonly faults: string[];
  readonly controller: Controller;
  /** So many rounds of three vantages, each a probe interval long. */
  rounds(count: number): Promise<void>;
}

/** This version over that store, 20 s after the other one stopped. The API server is still down. */
export async function carryOn(store: Store): Promise<CarriedOn> {
  const fake = createFakeCluster({ writer: 'one' });
  fake.pass(stored.stoppedAt + 20_000 - fake.ports.clock.now());
  fake.weather = 'api-down';
  // What the source would give: half of the 60 names were gone before the outage.
  for (let i = 30; i < 60; i++) fake.services.set(`svc-${i}.shop`, `10.96.1.${i + 1}`);
  const standby = (label: 'first' | 'second') => {
    const rrsets = stored.zones[label] as unknown as readonly Rrset[];
    return { ...createMemoryProvider({ zone, rrsets }), label };
  };
  const standbys = { first: standby('first'), second: standby('second') };
  const sent: string[] = [];
  const faults: string[] = [];
  const channel = (id: string): ClusterPorts['channels'][number] => ({
    id,
    timeoutMs: 5_000,
    repeats: 'outbox',
    send: async ({ alert }) => {
      sent.push(`${id} ${alert.action} ${alert.dedupKey}`);
      return { status: 'delivered' };
    },
  });
  const ports: ClusterPorts = {
    ...fake.ports,
    store,
    standbys: [asStandby(standbys.first), asStandby(standbys.second)],
    expectedVantages: ['rack', 'closet'],
    channels: [channel('oncall'), channel('backup')],
    probe: async (expected) => {
      const context = { cluster: 'prod', vantage: 'local', group: 'local' };
      const zones = Object.values(standbys).map((provider) => {
        const own = expected.find(({ label }) => label === provider.label) ?? { label: provider.label, holds: null };
        return probeStandby(fake.ports.clock, viewOf(provider), own, context);
      });
      const seen = [...(await fake.ports.probe([])), ...(await Promise.all(zones)).flat()];
      return ['local', 'rack', 'closet'].flatMap((vantage) =>
        seen.map((one): Observation => ({ ...one, vantage, group: vantage === 'closet' ? 'home' : 'dc' })),
      );
    },
  };
  const onFault = (what: string, error: unknown) => faults.push(`${what}: ${String(error)}`);
  const controller = createController(ports, { onActivity: () => {}, onFault }, new AbortController().signal);
  const rounds = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await controller.round();
      await controller.rest();
      await controller.deliver();
      fake.pass(5000);
    }
  };
  return { ports, fake, standbys, sent, faults, controller, rounds };
}

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
  const heldNames = (label: 'first' | 'second') => namesOf(standbys[label]).filter((name) => isHeld(name)).length;
  await controller.begin();
  await rounds(24);
  expect(sent.toSorted()).toEqual(['backup trigger prod/activation/1', 'oncall trigger prod/activation/1']);
  const { machine } = (await readRecord(ports)).record;
  expect(machine).toMatchObject({ phase: 'active', standbys: { first: { frozen: 1 }, second: { frozen: 1 } } });
  expect([heldNames('first'), heldNames('second')]).toEqual([30, 30]);
  expect(namesOf(standbys.second)).toContain('late.shop.svc.cluster.local.');

  fake.weather = 'calm';
  fake.services.set('late.shop', '10.96.9.9');
  await rounds(12);
  expect(sent).toContain('oncall trigger prod/failback-due@one');
  await controller.hear({ kind: 'operator', command: 'failback', who: 'ann', why: 'it is over' });
  await rounds(24);
  expect((await readRecord(ports)).record.machine.phase).toBe('watching');
  expect(sent).toContain('backup resolve prod/activation/1');
  expect([heldNames('first'), heldNames('second')]).toEqual([30, 30]);
  // What was open keeps its key; what is opened now has the writer behind it.
  const told = new Set(sent.map((line) => line.split(' ')[2]?.replace('-due@one', '-due')));
  // What a later version knows to say of the held deletes may be said; a page about anything else would be false.
  const expected = ['prod/activation/1', 'prod/failback-due', 'prod/deletes-held/first', 'prod/deletes-held/second'];
  expect([...told].filter((key) => key !== undefined && !expected.includes(key))).toEqual([]);
  expect(faults).toEqual([]);
}

function namesOf(provider: MemoryProvider): readonly string[] {
  return provider.contents().map(({ name }) => name);
}

function isHeld(name: string): boolean {
  const number = /^svc-(\d+)\.shop\.svc/.exec(name)?.[1];
  return number !== undefined && Number(number) < 30;
}

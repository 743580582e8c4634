// Outages that earlier versions stored, carried on by this one: what every store must hand over. The files under test/runtime/stored/ were
// written by running the version that each names, and are never changed; a later version adds one of its own.
//
// version-2.json: version c894b1a on a file store, stopped in the fifth round of an outage that three vantages see, with: an activation; two
// standbys with 30 deletes held in each, the first frozen, the second in the middle of its publication; two alerts of the activation, one in
// the hands of a sender that will not come back, one that waits to be tried again; two orders under keys; refusals.
//
// version-3.json: version 6439bb2, the last one in which a standby was called by its provider's label, with the fake cluster of
// test/fakes/cluster.ts, two standbys in memory under labels as real providers have them, and two channels. 20 rounds in peace; 30 of 60
// names disappear, and are held; a hold and a release under keys; the API server goes down together with the second standby. Stopped in the
// tenth round of that outage with: an activation; the first standby frozen; the second unreadable, told as critical, its next write hung;
// deletes held in both, and told; of the three alerts that have not arrived one with a sender that does not come back, two that wait. It was
// run twice, over a file store and in a Durable Object in workerd: the documents were the same, octet for octet.
import type { Observation } from '../../functions/decision/health/observation.ts';
import { createMemoryProvider, type MemoryProvider } from '../../functions/providers/memory.ts';
import type { Rrset } from '../../functions/records/rrset.ts';
import type { Store } from '../../functions/stores/store.ts';
import type { ClusterPorts } from '../../functions/tasks/cluster/ports.ts';
import { type Controller, createController } from '../../functions/tasks/loop/controller.ts';
import { probeStandby } from '../../probes/standby.ts';
import version2 from '../runtime/stored/version-2.json' with { type: 'json' };
import version3 from '../runtime/stored/version-3.json' with { type: 'json' };
import { asStandby, createFakeCluster, type FakeCluster, viewOf, zone } from './cluster.ts';

/** The two standbys of both, by the ids that they have now. */
export type StandbyId = 'first' | 'second';

export interface StoredOutage {
  readonly stoppedAt: number;
  /** The files of its store, by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly standbys: Readonly<Record<StandbyId, { readonly label: string; readonly holds: readonly Rrset[] }>>;
}

const holding = (rrsets: unknown) => rrsets as readonly Rrset[];

export const storedByVersion2: StoredOutage = {
  ...version2,
  standbys: {
    first: { label: 'first', holds: holding(version2.zones.first) },
    second: { label: 'second', holds: holding(version2.zones.second) },
  },
};

export const labels3 = {
  first: 'rfc2136 192.0.2.53:53 cluster.local.',
  second: 'zonefile /var/lib/lifeboat/standby.zone cluster.local.',
} as const;

export const storedByVersion3: StoredOutage = {
  ...version3,
  standbys: {
    first: { label: labels3.first, holds: holding(version3.zones.rfc2136) },
    second: { label: labels3.second, holds: holding(version3.zones.zonefile) },
  },
};

export interface CarriedOn {
  readonly ports: ClusterPorts;
  readonly fake: FakeCluster;
  readonly standbys: Readonly<Record<StandbyId, MemoryProvider>>;
  /** `oncall trigger prod/activation/1`, as they were delivered. */
  readonly sent: string[];
  readonly faults: string[];
  readonly controller: Controller;
  /** So many rounds of three vantages, each a probe interval long; `changes`: by another process with these ports instead. */
  rounds(count: number, changes?: Partial<ClusterPorts>): Promise<void>;
}

/** This version over that store, 20 s after the other one stopped. The API server is still down; both standbys can be written. */
export async function carryOn(stored: StoredOutage, store: Store): Promise<CarriedOn> {
  const fake = createFakeCluster({ writer: 'one' });
  fake.pass(stored.stoppedAt + 20_000 - fake.ports.clock.now());
  fake.weather = 'api-down';
  // What the source would give: half of the 60 names were gone before the outage.
  for (let i = 30; i < 60; i++) fake.services.set(`svc-${i}.shop`, `10.96.1.${i + 1}`);
  const standby = (id: StandbyId) => {
    const { label, holds: rrsets } = stored.standbys[id];
    return { ...createMemoryProvider({ zone, rrsets }), label };
  };
  const standbys = { first: standby('first'), second: standby('second') };
  const wired = [asStandby(standbys.first, 'first'), asStandby(standbys.second, 'second')];
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
    standbys: wired,
    expectedVantages: ['rack', 'closet'],
    channels: [channel('oncall'), channel('backup')],
    probe: async (expected) => {
      const context = { cluster: 'prod', vantage: 'local', group: 'local' };
      const zones = wired.map((one) => {
        const own = expected.find(({ id }) => id === one.id) ?? { id: one.id, holds: null };
        return probeStandby(fake.ports.clock, viewOf(one), own, context);
      });
      const seen = [...(await fake.ports.probe([])), ...(await Promise.all(zones)).flat()];
      return ['local', 'rack', 'closet'].flatMap((vantage) =>
        seen.map((one): Observation => ({ ...one, vantage, group: vantage === 'closet' ? 'home' : 'dc' })),
      );
    },
  };
  const onFault = (what: string, error: unknown) => faults.push(`${what}: ${String(error)}`);
  const watchedBy = (by: ClusterPorts) =>
    createController(by, { onActivity: () => {}, onFault }, new AbortController().signal);
  const controller = watchedBy(ports);
  const rounds = async (count: number, changes?: Partial<ClusterPorts>) => {
    const watch = changes === undefined ? controller : watchedBy({ ...ports, ...changes });
    for (let i = 0; i < count; i++) {
      await watch.round();
      await watch.rest();
      await watch.deliver();
      fake.pass(5000);
    }
  };
  return { ports, fake, standbys, sent, faults, controller, rounds };
}

export function namesIn(provider: MemoryProvider): readonly string[] {
  return provider.contents().map(({ name }) => name);
}

/** How many of the names that were held back when it was stored are still there. */
export function heldNamesIn(provider: MemoryProvider): number {
  return namesIn(provider).filter((name) => {
    const number = /^svc-(\d+)\.shop\.svc/.exec(name)?.[1];
    return number !== undefined && Number(number) < 30;
  }).length;
}

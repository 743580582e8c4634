// The whole loop over a standby that is damaged behind Lifeboat's back: what it is expected to hold, what is seen, and what is done.
import { beforeEach, describe, expect, it } from 'vitest';
import { LifeboatError } from '../../functions/lib/errors.ts';
import { markerName } from '../../functions/plan/marker.ts';
import { createMemoryProvider, type MemoryProvider } from '../../functions/providers/memory.ts';
import type { Provider } from '../../functions/providers/provider.ts';
import type { Rrset } from '../../functions/records/rrset.ts';
import type { Store } from '../../functions/stores/store.ts';
import type { ClusterPorts } from '../../functions/tasks/cluster/ports.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { type Controller, createController } from '../../functions/tasks/loop/controller.ts';
import { expectedStandbys } from '../../functions/tasks/publish/standby-expectations.ts';
import { probeStandby } from '../../probes/standby.ts';
import { asStandby, createFakeCluster, type FakeCluster, viewOf, zone } from '../fakes/cluster.ts';

describe('a standby behind our back', () => {
  let fake: FakeCluster;
  let inner: MemoryProvider;
  let ports: ClusterPorts;
  let controller: Controller;
  let onProbe: () => Promise<void>;

  beforeEach(async () => {
    fake = createFakeCluster();
    inner = createMemoryProvider({ zone });
    onProbe = async () => {};
    const provider: Provider = {
      ...inner,
      readMarker: (signal) => inner.readMarker(signal),
      readZone: (signal) => inner.readZone(signal),
      apply: (batch, signal) => inner.apply(batch, signal),
    };
    ports = {
      ...fake.ports,
      standbys: [asStandby(provider)],
      probe: async (expected) => {
        const seen = await fake.ports.probe([]);
        const context = { cluster: 'prod', vantage: 'local', group: 'local' };
        const [own] = expected;
        if (own === undefined) throw new Error('nothing is expected');
        const before = { ...provider, readZone: inner.readZone };
        await onProbe();
        return [...seen, ...(await probeStandby(fake.ports.clock, viewOf(asStandby(before)), own, context))];
      },
    };
    const onFault = (what: string, error: unknown) => expect.unreachable(`${what}: ${String(error)}`);
    controller = createController(ports, { onActivity: () => {}, onFault }, new AbortController().signal);
    for (let i = 0; i < 60; i++) fake.services.set(`svc-${i}.shop`, `10.96.1.${i + 1}`);
    await controller.begin();
    await rounds(20);
  });

  const rounds = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await controller.round();
      await controller.rest();
      await controller.deliver();
      fake.pass(5000);
    }
  };
  const put = (rrsets: readonly Rrset[]) => {
    inner = createMemoryProvider({ zone, rrsets });
  };
  const sent = () => fake.sent.map(({ alert }) => `${alert.action} ${alert.dedupKey.replace('prod/', '')}`);
  const machine = async () => (await readRecord(ports)).record.machine;

  it('is not judged falsely in an hour of changes, an outage and a failback', async () => {
    for (let i = 0; i < 100; i++) {
      fake.services.delete(`svc-${i % 60}.shop`);
      fake.services.set(`new-${i}.shop`, `10.96.2.${i + 1}`);
      await rounds(4);
    }
    fake.weather = 'api-down';
    await rounds(30);
    fake.weather = 'calm';
    await rounds(10);
    await controller.hear({ kind: 'operator', command: 'failback', who: 'ann', why: 'it is over' });
    await rounds(20);
    expect(sent().filter((one) => one.includes('standby'))).toEqual([]);
    expect((await machine()).verdicts['standby zonefile']?.condition).toBe('healthy');
  });

  it('is told of and written again within 30 s, in an outage under the same activation', async () => {
    fake.weather = 'api-down';
    await rounds(12);
    const frozen = inner.contents();
    put([]);
    await rounds(3);
    expect(sent()).toContain('trigger standby/zonefile');
    const names = (sets: readonly Rrset[]) => sets.filter(({ name }) => name !== markerName(zone));
    expect(names(inner.contents())).toEqual(names(frozen));
    expect((await inner.readMarker(AbortSignal.timeout(1000))).marker).toMatchObject({
      phase: 'frozen',
      activation: 1,
    });
    await rounds(8);
    expect(sent()).toContain('resolve standby/zonefile');
  });

  it('that has lost its names but not its marker gets them back in an outage', async () => {
    fake.weather = 'api-down';
    await rounds(12);
    const frozen = inner.contents();
    put(frozen.filter(({ name }) => name === markerName(zone)));
    await rounds(3);
    const names = (sets: readonly Rrset[]) => sets.filter(({ name }) => name !== markerName(zone));
    expect(names(inner.contents())).toEqual(names(frozen));
    expect(sent()).toContain('trigger standby/zonefile');
  });

  it('that is restored from before the outage is frozen again', async () => {
    const before = inner.contents();
    fake.weather = 'api-down';
    await rounds(12);
    put(before);
    await rounds(3);
    expect((await inner.readMarker(AbortSignal.timeout(1000))).marker).toMatchObject({
      phase: 'frozen',
      activation: 1,
    });
    expect(sent()).toContain('trigger standby/zonefile');
  });

  it('is told of in peace when its names are others, though its marker is ours', async () => {
    const changed = inner
      .contents()
      .map((set) => (set.name.startsWith('svc-') ? { ...set, values: ['10.9.9.9'] } : set));
    fake.captureRefusal = 'SERVFAIL';
    put(changed);
    await rounds(3);
    expect(sent()).toContain('trigger standby-degraded/zonefile');
  });

  it('says nothing of a zone that was published while it was looked at', async () => {
    let looks = 0;
    onProbe = async () => {
      if (++looks < 3) return;
      onProbe = async () => {};
      put([]);
      const { record, version } = await readRecord(ports);
      const standbys = Object.fromEntries(
        Object.entries(record.machine.standbys).map(([id, one]) => [
          id,
          { ...one, publishedAt: fake.ports.clock.now() },
        ]),
      );
      const next = { ...record, machine: { ...record.machine, standbys } };
      await ports.store.write('clusters/prod/state', JSON.stringify(next), version);
    };
    await rounds(3);
    expect(looks).toBe(3);
    expect((await machine()).streaks['standby zonefile']?.down).toBe(0);
  });

  it('asks for other names in each round, the must-have ones always', async () => {
    const asked = new Set<string>();
    for (let i = 0; i < 10; i++) {
      const [expected] = await expectedStandbys(ports, (await readRecord(ports)).record);
      const names = expected?.holds?.sets.map(({ name }) => name) ?? [];
      expect(names).toHaveLength(5);
      expect(names).toContain('kubernetes.default.svc.cluster.local.');
      for (const name of names) asked.add(name);
      fake.pass(5000);
    }
    expect(asked.size).toBeGreaterThan(25);
  });

  it('draws a sample anew where an older version published', async () => {
    await ports.store.remove('clusters/prod/standby-samples');
    const [expected] = await expectedStandbys(ports, (await readRecord(ports)).record);
    expect(expected?.holds?.sets).toHaveLength(5);
  });

  it('costs neither a round nor a freeze when what it should hold cannot be read', async () => {
    const store: Store = {
      ...ports.store,
      read: async (key) => {
        if (key.endsWith('/standby-samples'))
          throw new LifeboatError('store', 'its SHA-256 does not match its content');
        return ports.store.read(key);
      },
    };
    const faults: string[] = [];
    const hooks = { onActivity: () => {}, onFault: (what: string) => void faults.push(what) };
    controller = createController({ ...ports, store }, hooks, new AbortController().signal);
    await controller.begin();
    fake.weather = 'api-down';
    await rounds(6);
    const { phase, standbys } = await machine();
    expect([phase, standbys.zonefile]).toEqual(['active', expect.objectContaining({ frozen: 1, failures: 0 })]);
    expect(sent()).toEqual(['trigger activation/1']);
    expect(new Set(faults)).toEqual(new Set(['what the standbys should hold']));
  });
});

// A host that takes what is written and serves it later (a provider's outcome `accepted`): its name servers are not judged for what they cannot
// show yet, and one that never shows it is told. The real runtime, on a standby in memory behind servers that follow late.
import { describe, expect, it } from 'vitest';
import { LifeboatError } from '../../functions/lib/errors.ts';
import { createMemoryProvider } from '../../functions/providers/memory.ts';
import type { Provider } from '../../functions/providers/provider.ts';
import type { Rrset } from '../../functions/records/rrset.ts';
import type { ClusterPorts } from '../../functions/tasks/cluster/ports.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { createController } from '../../functions/tasks/loop/controller.ts';
import { createFakeCluster, zone } from '../fakes/cluster.ts';

const roundMs = 5000;

/** A watch of a zone whose name servers follow after `lagMs`; nobody waits so long for them. */
async function watch(lagMs: number, begun: 'in peace' | 'in an outage' = 'in peace') {
  const fake = createFakeCluster();
  // Nothing is captured either: the freeze is bare.
  if (begun === 'in an outage') Object.assign(fake, { weather: 'api-down', captureRefusal: 'no route' });
  const { clock } = fake.ports;
  const served: { readonly at: number; readonly sets: readonly Rrset[] }[] = [];
  const inner = createMemoryProvider({ zone });
  const late = { ms: 0 };
  const provider: Provider = {
    ...inner,
    async apply(batch, signal) {
      const outcome = await inner.apply(batch, signal);
      if (outcome.status !== 'applied') return outcome;
      const { ms } = late;
      served.push({ at: clock.now() + ms, sets: inner.contents() });
      const settled = async () => {
        if (ms > 0) throw new LifeboatError('timeout', 'still PENDING');
      };
      return { status: 'accepted', settled };
    },
  };
  const probed = createFakeCluster({ clock });
  const ports: ClusterPorts = {
    ...fake.ports,
    standbys: [{ id: 'first', provider, timeoutMs: 30_000, zone }],
    probe: async (expected) => {
      const shown = served.filter(({ at }) => at <= clock.now()).at(-1)?.sets ?? [];
      Object.assign(probed, { provider: createMemoryProvider({ zone, rrsets: shown }), weather: fake.weather });
      return probed.ports.probe(expected);
    },
  };
  const onFault = (what: string, error: unknown) => expect.unreachable(`${what}: ${String(error)}`);
  const controller = createController(ports, { onActivity: () => {}, onFault }, new AbortController().signal);
  await controller.begin();
  const minutes = async (count: number) => {
    for (let i = 0; i < (count * 60_000) / roundMs; i++) {
      await controller.round();
      await controller.rest();
      await controller.deliver();
      fake.pass(roundMs);
    }
  };
  if (begun === 'in peace') await minutes(3);
  late.ms = lagMs;
  return {
    ...{ fake, minutes },
    writes: () => served.length,
    told: () => fake.sent.map(({ alert }) => `${alert.action} ${alert.severity} ${alert.dedupKey}`),
    standby: async () => (await readRecord(ports)).record.machine.standbys.first ?? expect.fail('no standby'),
  };
}

describe('a host that serves what it takes a minute later', { timeout: 60_000 }, () => {
  it('is frozen by the last publication, and nobody is told that it is damaged', async () => {
    const all = await watch(60_000);
    const before = all.writes();
    all.fake.weather = 'api-down';
    await all.minutes(8);
    expect(await all.standby()).toMatchObject({ frozen: 1, lastFailure: '', rewrites: 0 });
    expect(all.writes() - before).toBe(1);
    expect(all.told()).toEqual(['trigger critical prod/activation/1']);
  });

  it('is frozen bare, and nobody is told that it is damaged', async () => {
    const all = await watch(60_000, 'in an outage');
    await all.minutes(8);
    expect(await all.standby()).toMatchObject({ frozen: 1, snapshot: null, rewrites: 0 });
    expect(all.writes()).toBe(1);
    expect(all.told().filter((words) => words.includes('standby'))).toEqual([]);
  });

  it('is brought up to date in peace, and nobody is told', async () => {
    const all = await watch(60_000);
    for (let i = 0; i < 10; i++) {
      all.fake.services.set('web.shop', `10.96.7.${i + 1}`);
      await all.minutes(10);
    }
    expect(all.writes()).toBeGreaterThan(10);
    expect(all.told()).toEqual([]);
  });
});

describe('a host that never serves what it takes', { timeout: 60_000 }, () => {
  it('is told after five minutes, and its freeze is not written again and again', async () => {
    const all = await watch(Number.MAX_SAFE_INTEGER);
    const before = all.writes();
    all.fake.weather = 'api-down';
    await all.minutes(4);
    expect(all.told()).toEqual(['trigger critical prod/activation/1']);
    await all.minutes(3);
    expect(all.told()).toContain('trigger critical prod/standby/first');
    await all.minutes(60);
    expect(all.told()).not.toContain('resolve critical prod/standby/first');
    expect(all.writes() - before).toBe(1);
  });

  it('is told in peace as well, though something is written each minute', async () => {
    const all = await watch(Number.MAX_SAFE_INTEGER);
    for (let i = 0; i < 20; i++) {
      for (let j = 0; j < 5; j++) all.fake.services.set(`svc-${i}-${j}.shop`, `10.96.${8 + i}.${j + 1}`);
      await all.minutes(1);
    }
    expect(all.told()).toContain('trigger warning prod/standby-degraded/first');
  });
});

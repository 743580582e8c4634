// A standby whose id is changed, or whose zone is moved under its id: the next process goes on with what the last one knew of it.
import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryProvider, type MemoryProvider } from '../../functions/providers/memory.ts';
import type { ClusterPorts } from '../../functions/tasks/cluster/ports.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { readMemory, releaseHolds, viewHolds } from '../../functions/tasks/publish/holds.ts';
import { asStandby, createFakeCluster, type FakeCluster, zone } from '../fakes/cluster.ts';
import { watchFor } from '../fakes/watch-for.ts';

/** Some hundred rounds in memory: seconds on a machine that has other work. */
const patienceMs = 60_000;

describe('a standby', { timeout: patienceMs }, () => {
  let fake: FakeCluster;

  beforeEach(async () => {
    fake = createFakeCluster();
    for (let i = 0; i < 60; i++) fake.services.set(`svc-${i}.shop`, `10.96.1.${i + 1}`);
    await watch(asStandby(fake.provider, 'old'), 20);
    for (let i = 0; i < 30; i++) fake.services.delete(`svc-${i}.shop`);
    await watch(asStandby(fake.provider, 'old'), 14);
    expect(heldNames(fake.provider)).toBe(30);
    expect(sent()).toEqual(['trigger prod/deletes-held/old']);
  }, patienceMs);

  /** A process of its own, for so many rounds. */
  const watch = (standby: ClusterPorts['standbys'][number], rounds: number) => watchFor(fake, [standby], rounds);
  const sent = () => fake.sent.map(({ alert }) => `${alert.action} ${alert.dedupKey}`);
  const heldNames = (provider: MemoryProvider) =>
    provider.contents().filter(({ name }) => Number(/^svc-(\d+)\.shop/.exec(name)?.[1] ?? 99) < 30).length;

  it('with another id keeps what is held back from it, and is told of under the new one', async () => {
    const ports = await watch(asStandby(fake.provider, 'new'), 20);
    expect(heldNames(fake.provider)).toBe(30);
    expect((await readMemory(ports, 'new')).held.size).toBe(30);
    const { standbys } = (await readRecord(ports)).record.machine;
    expect(standbys).toEqual({ new: expect.objectContaining({ label: fake.provider.label, heldDeletes: 30 }) });
    expect(sent().slice(1).toSorted()).toEqual(['resolve prod/deletes-held/old', 'trigger prod/deletes-held/new']);
  });

  it('with another id in an outage stays frozen, and is given back', async () => {
    fake.weather = 'api-down';
    await watch(asStandby(fake.provider, 'old'), 12);
    const ports = await watch(asStandby(fake.provider, 'new'), 12);
    expect((await readRecord(ports)).record.machine.standbys).toMatchObject({ new: { frozen: 1 } });
    const frozen = (await fake.provider.readMarker(AbortSignal.timeout(1000))).marker;
    expect(frozen).toMatchObject({ phase: 'frozen', activation: 1 });
    expect(heldNames(fake.provider)).toBe(30);
  });

  it.each(['calm', 'api-down'] as const)(
    'at another server, empty, is filled within a minute (%s)',
    async (weather) => {
      fake.weather = weather;
      await watch(asStandby(fake.provider, 'old'), 12);
      const other = { ...createMemoryProvider({ zone }), label: 'memory elsewhere' };
      await watch(asStandby(other, 'old'), 12);
      const names = other.contents().map(({ name }) => name);
      expect(names).toContain('svc-59.shop.svc.cluster.local.');
      const marker = (await other.readMarker(AbortSignal.timeout(1000))).marker;
      expect(marker).toMatchObject(weather === 'calm' ? { phase: 'warm' } : { phase: 'frozen', activation: 1 });
    },
  );

  it('at another server takes no release along that was given for the one that people saw', async () => {
    const ports = await watch(asStandby(fake.provider, 'old'), 1);
    const { digest } = (await viewHolds(ports)).old ?? expect.fail('something is held');
    const request = { standby: 'old', digest, who: 'ann', why: 'they are gone' };
    expect(await releaseHolds(ports, request)).toMatchObject({ status: 'released', changes: 30 });
    const other = { ...createMemoryProvider({ zone }), label: 'memory elsewhere' };
    const moved = { ...ports, standbys: [asStandby(other, 'old')] };
    const { held, released, everything } = await readMemory(moved, 'old');
    expect({ held: held.size, released: released.size, everything }).toEqual({
      held: 30,
      released: 0,
      everything: 'forgotten',
    });
  });
});

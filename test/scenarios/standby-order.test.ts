// Standbys that are named by their order: what is known of a zone, and what is held back from it, stays with the zone whatever is written before
// it, taken out or exchanged, in peace and in an outage.
import { beforeEach, describe, expect, it } from 'vitest';
import { withStandbyNames } from '../../functions/config/standby/index.ts';
import { createMemoryProvider } from '../../functions/providers/memory.ts';
import type { Provider } from '../../functions/providers/provider.ts';
import type { ClusterPorts } from '../../functions/tasks/cluster/ports.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { readMemory } from '../../functions/tasks/publish/holds.ts';
import { asStandby, createFakeCluster, type FakeCluster, zone } from '../fakes/cluster.ts';
import { watchFor } from '../fakes/watch-for.ts';

/** Some hundred rounds in memory: seconds on a machine that has other work. */
const patienceMs = 60_000;

/** As the configuration names so many of a kind: the first by the kind, the others by kind and place in the list. */
const defaultIds = (count: number): readonly string[] =>
  withStandbyNames(Array.from({ length: count }, () => ({ kind: 'zonefile' }))).map((one) =>
    typeof one === 'object' && one !== null && 'id' in one ? String(one.id) : 'zonefile',
  );

describe('standbys that are named by their order', { timeout: patienceMs }, () => {
  let fake: FakeCluster;
  let isFirstDead: boolean;
  let first: Provider;
  const second = () => ({ ...createMemoryProvider({ zone }), label: 'zonefile /srv/b.zone cluster.local.' });
  let other: ReturnType<typeof second>;

  beforeEach(() => {
    fake = createFakeCluster();
    for (let i = 0; i < 60; i++) fake.services.set(`svc-${i}.shop`, `10.96.1.${i + 1}`);
    isFirstDead = false;
    const alive = createMemoryProvider({ zone });
    const unlessDead = <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) => {
      return async (...args: Args): Promise<Result> => {
        if (isFirstDead) throw new Error('connection refused');
        return call(...args);
      };
    };
    first = {
      ...alive,
      label: 'zonefile /srv/a.zone cluster.local.',
      readMarker: unlessDead(alive.readMarker),
      readZone: unlessDead(alive.readZone),
      apply: unlessDead(alive.apply),
    };
    other = second();
  });

  /** A process of its own with these standbys in this order, for so many rounds. */
  const watch = (providers: readonly Provider[], rounds: number) => {
    const ids = defaultIds(providers.length);
    return watchFor(
      fake,
      providers.map((provider, i) => asStandby(provider, ids[i])),
      rounds,
    );
  };
  const remove = (from: number, to: number) => {
    for (let i = from; i < to; i++) fake.services.delete(`svc-${i}.shop`);
  };
  const services = () => other.contents().filter(({ name }) => name.startsWith('svc-')).length;
  const markerOf = async (provider: Provider) => (await provider.readMarker(AbortSignal.timeout(1000))).marker;
  const frozenByLabel = async (ports: ClusterPorts) => {
    const { standbys } = (await readRecord(ports)).record.machine;
    return Object.fromEntries(Object.values(standbys).map(({ label, frozen }) => [label, frozen]));
  };

  it('keep what is held back, where another is written before it', async () => {
    await watch([other], 20);
    remove(0, 12);
    await watch([other], 14);
    remove(12, 24);
    await watch([other], 14);
    // A fifth may go in a day: of the second dozen none has.
    expect(services()).toBe(48);
    const ports = await watch([first, other], 40);
    expect(services()).toBe(48);
    expect((await readMemory(ports, 'zonefile-2')).held.size).toBe(12);
    expect((await readMemory(ports, 'zonefile')).held.size).toBe(0);
  });

  it('keep what is held back, where one is out of the configuration for a while', async () => {
    await watch([first, other], 20);
    remove(0, 12);
    await watch([first, other], 14);
    remove(12, 24);
    await watch([first, other], 14);
    // For more than an hour, so that what is remembered of the other one is written meanwhile.
    await watch([first], 800);
    const ports = await watch([first, other], 40);
    expect(services()).toBe(48);
    expect((await readMemory(ports, 'zonefile-2')).held.size).toBe(12);
  });

  it('are forgotten a week after they left the configuration', async () => {
    await watch([first, other], 20);
    remove(0, 12);
    await watch([first, other], 14);
    const kept = async () => (await fake.ports.store.read('clusters/prod/holds'))?.value.includes(other.label);
    await watch([first], 1);
    expect(await kept()).toBe(true);
    fake.pass(8 * 24 * 3_600_000);
    remove(12, 13);
    await watch([first], 20);
    expect(await kept()).toBe(false);
  });

  it('count none as frozen that never was, where the first one is taken out', async () => {
    await watch([first, other], 20);
    isFirstDead = true;
    fake.weather = 'api-down';
    const before = await frozenByLabel(await watch([first, other], 30));
    expect(before).toEqual({ [first.label]: 0, [other.label]: 1 });
    expect(await frozenByLabel(await watch([other], 3))).toEqual({ [other.label]: 1 });
    expect(await markerOf(other)).toMatchObject({ phase: 'frozen', activation: 1 });
  });

  it('count none as frozen that never was, where the order is exchanged, and freeze it when it is back', async () => {
    await watch([first, other], 20);
    isFirstDead = true;
    fake.weather = 'api-down';
    await watch([first, other], 30);
    expect(await frozenByLabel(await watch([other, first], 3))).toEqual({ [first.label]: 0, [other.label]: 1 });
    isFirstDead = false;
    expect(await frozenByLabel(await watch([other, first], 80))).toEqual({ [first.label]: 1, [other.label]: 1 });
    expect(await markerOf(first)).toMatchObject({ phase: 'frozen', activation: 1 });
  });

  it('freeze one that is new in an outage, also under the name of one that is frozen', async () => {
    await watch([other], 20);
    fake.weather = 'api-down';
    expect(await frozenByLabel(await watch([other], 12))).toEqual({ [other.label]: 1 });
    const ports = await watch([first, other], 12);
    expect(await frozenByLabel(ports)).toEqual({ [first.label]: 1, [other.label]: 1 });
    expect(await markerOf(first)).toMatchObject({ phase: 'frozen', activation: 1 });
  });
});

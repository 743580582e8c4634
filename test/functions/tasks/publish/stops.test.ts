// How a publication of several updates ends in the middle, and what it compares when it reads back.
import { describe, expect, it } from 'vitest';
import { newcomer } from '../../../../functions/model/standing.ts';
import { type HoldMemory, noMemory } from '../../../../functions/plan/memory.ts';
import { createMemoryProvider } from '../../../../functions/providers/memory.ts';
import type { Provider } from '../../../../functions/providers/provider.ts';
import type { Rrset } from '../../../../functions/records/rrset.ts';
import { publishSnapshot } from '../../../../functions/tasks/publish/publish.ts';
import type { PublishRequest } from '../../../../functions/tasks/publish/request.ts';
import { takingAtMost } from '../../../fakes/capabilities.ts';
import { kubernetes, namespaceOf, policy, service, zone } from '../../plan/zone.ts';

const clock = { now: () => 1_700_000_000_000, sleep: async () => {} };
const capabilities = takingAtMost({ values: 4 });
const current = [kubernetes, ...namespaceOf('x', 20)];
/** Two updates that add, then one that deletes two. */
const desired = [...current.slice(0, 19), ...namespaceOf('y', 8)];

function zoneWith(rrsets: readonly Rrset[] = current) {
  const provider = createMemoryProvider({ zone, rrsets, capabilities });
  const names = () => provider.contents().map(({ name }) => name.replace('.svc.cluster.local.', ''));
  return { provider, names };
}

function publish(provider: Provider, changes: Partial<PublishRequest> = {}) {
  const request: PublishRequest = {
    snapshot: { number: 1, rrsets: desired },
    deployment: { cluster: 'prod', writer: 'one' },
    standing: newcomer,
    renew: false,
    intent: { kind: 'publish', knownActivation: 0 },
    policy,
    clusterHealthy: true,
    memory: noMemory,
    keep: async () => 'kept',
    readInventory: async () => undefined,
    keepInventory: async () => {},
    whyStop: async () => undefined,
    timeoutMs: 60_000,
    ...changes,
  };
  return publishSnapshot({ provider, clock }, request);
}

describe('a publication under way', () => {
  it('is asked before each update whether it may go on, and for deletes apart', async () => {
    const asked: boolean[] = [];
    const whyStop = async (takesAway: boolean) => void asked.push(takesAway);
    expect(await publish(zoneWith().provider, { whyStop })).toMatchObject({ status: 'published', batches: 3 });
    expect(asked).toEqual([false, false, true]);
  });

  it('ends between two updates when an operator holds the cluster, and is carried on later', async () => {
    const { provider, names } = zoneWith();
    let asked = 0;
    const whyStop = async () => (asked++ === 0 ? undefined : 'the cluster is held: ada holds');
    expect(await publish(provider, { whyStop })).toMatchObject({
      status: 'stopped',
      batches: 1,
      reason: 'the cluster is held: ada holds: 2 of 3 batches are not applied',
    });
    expect(names().filter((name) => name.endsWith('.y'))).toHaveLength(4);
    expect((await provider.readMarker(AbortSignal.timeout(1000))).marker?.phase).toBe('partial');
    expect(await publish(provider)).toMatchObject({ status: 'published', marker: { phase: 'warm' } });
  });

  it('adds all and deletes nothing when the cluster goes bad', async () => {
    const { provider, names } = zoneWith();
    const whyStop = async (takesAway: boolean) => (takesAway ? 'the cluster is not healthy any more' : undefined);
    expect(await publish(provider, { whyStop })).toMatchObject({ status: 'stopped', batches: 2 });
    expect(names()).toEqual(expect.arrayContaining(['s18.x', 's19.x', 's7.y']));
  });

  it('asks before a set shrinks as before a delete', async () => {
    const { provider } = zoneWith([...current, service('h.x', '10.0.0.1', '10.0.0.2')]);
    const asked: boolean[] = [];
    const whyStop = async (takesAway: boolean) => void asked.push(takesAway);
    const rrsets = [...current, service('h.x', '10.0.0.1')];
    await publish(provider, { whyStop, snapshot: { number: 1, rrsets } });
    expect(asked).toEqual([true]);
  });
});

describe('what is to be remembered', () => {
  it('is kept before anything is written, and of nothing that was refused', async () => {
    const { provider } = zoneWith();
    const order: string[] = [];
    const watched: Provider = {
      ...provider,
      apply: async (...update) => {
        order.push('written');
        return provider.apply(...update);
      },
    };
    const keep = async (before: HoldMemory, after: HoldMemory) => {
      order.push(`kept ${before.hours.length} to ${after.hours.length} hours`);
      return 'kept' as const;
    };
    await publish(watched, { keep });
    expect(order).toEqual(['kept 0 to 1 hours', 'written', 'written', 'written']);
    const empty = { number: 2, rrsets: [] };
    expect(await publish(watched, { keep, snapshot: empty })).toMatchObject({ status: 'refused' });
    expect(order).toHaveLength(4);
  });

  it('ends the publication when somebody changed it meanwhile: nothing is written', async () => {
    const { provider, names } = zoneWith();
    expect(await publish(provider, { keep: async () => 'changed' })).toMatchObject({ status: 'conflict', batches: 0 });
    expect(names()).toHaveLength(21);
  });
});

describe('reading back', () => {
  it.each([
    ['a set is missing', (sets: readonly Rrset[]) => sets.slice(0, -1)],
    ['a value is missing', (sets: readonly Rrset[]) => sets.map((one) => ({ ...one, values: one.values.slice(1) }))],
    ['a set is there that should be gone', (sets: readonly Rrset[]) => [...sets, service('s19.x', '10.1.0.19')]],
    ['an address is another', (sets: readonly Rrset[]) => sets.map((one) => ({ ...one, values: ['10.9.9.9'] }))],
    ['a TTL is another', (sets: readonly Rrset[]) => sets.map((one) => ({ ...one, ttlSeconds: 5 }))],
  ])('finds that %s', async (_, lie) => {
    const { provider } = zoneWith();
    let reads = 0;
    const liar: Provider = {
      ...provider,
      readZone: async (signal) => {
        const state = await provider.readZone(signal);
        return reads++ === 0 ? state : { ...state, rrsets: lie(state.rrsets) };
      },
    };
    expect(await publish(liar)).toMatchObject({ status: 'mismatch', reason: expect.stringContaining('read back') });
  });

  it('looks at the plan that was applied, though its own adds have changed what a guard would say', async () => {
    const { provider, names } = zoneWith();
    const rrsets = [...current.slice(0, 13), ...namespaceOf('y', 40)];
    const outcome = await publish(provider, { snapshot: { number: 1, rrsets } });
    expect(outcome).toMatchObject({ status: 'published', plan: { status: 'held' } });
    expect(names()).toHaveLength(21 + 40 + 1);
  });
});

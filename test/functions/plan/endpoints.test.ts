// Days on which pods come and go: what a rollout, a restart, a night and an outage leave of a headless Service in the standby.
import { describe, expect, it } from 'vitest';
import { applyChanges } from '../../../functions/plan/apply.ts';
import { type HoldMemory, noMemory } from '../../../functions/plan/memory.ts';
import type { Plan } from '../../../functions/plan/plan.ts';
import { type Rrset, rrsetKey } from '../../../functions/records/rrset.ts';
import { kubernetes, namespaceOf, plannedFor, service, set, policy as strict } from './zone.ts';

const policy = { ...strict, minDeletesToHold: 10 };
const address = (pod: number) => `10.2.${pod >> 8}.${pod & 255}`;
const dashed = (pod: number) => address(pod).replaceAll('.', '-');
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const heldBy = (plan: Plan) => [...new Set(plan.held.map(({ guard }) => guard))];

/** A headless Service as CoreDNS transfers it; `hostnames` by pod, default the pod's address. */
function headless(name: string, pods: readonly number[], hostnames = pods.map(dashed)): readonly Rrset[] {
  const names = hostnames.map((hostname) => `${hostname}.${name}`);
  return [
    service(name, ...pods.map(address)),
    ...names.map((of, i) => service(of, address(pods[i] ?? 0))),
    set(`_http._tcp.${name}.svc`, 'SRV', ...names.map((of) => `0 1 80 ${of}.svc.cluster.local.`)),
  ];
}

/** A standby zone to which one plan after another is applied; `minutes` go by before each. */
function standby(rest: readonly Rrset[] = [kubernetes, ...namespaceOf('x', 20)]) {
  let sets: ReadonlyMap<string, Rrset> = new Map();
  let memory: HoldMemory = noMemory;
  let now = 1_700_000_000_000;
  return {
    valuesOf: (name: string) => sets.get(rrsetKey(service(name)))?.values ?? [],
    names: () => [...sets.keys()],
    async plan(
      desired: readonly Rrset[],
      { minutes = 1, clusterHealthy = true, isApplied = true } = {},
    ): Promise<Plan> {
      now += minutes * 60_000;
      const request = { desired: [...rest, ...desired], current: [...sets.values()], policy, clusterHealthy };
      const planned = await plannedFor({ ...request, memory, now });
      memory = planned.memory;
      const applied = applyChanges(sets, planned.plan.changes);
      if (applied.status === 'applied' && isApplied) sets = applied.rrsets;
      return planned.plan;
    },
  };
}

describe('an ordinary day', () => {
  it('lets the names of pods go with a rollout, however often', async () => {
    const zone = standby();
    let pods = range(0, 60);
    await zone.plan(headless('web.shop', pods));
    for (let next = 60; next < 300; next += 15) {
      const more = [...pods, ...range(next, next + 15)];
      expect((await zone.plan(headless('web.shop', more))).held).toEqual([]);
      pods = more.slice(15);
      expect((await zone.plan(headless('web.shop', pods))).held).toEqual([]);
    }
    expect(zone.valuesOf('web.shop')).toEqual(pods.map(address).sort());
  });

  it('lets the pods of a StatefulSet start again one by one', async () => {
    const zone = standby();
    const pods = range(0, 40);
    const names = pods.map((_, i) => `web-${i}`);
    await zone.plan(headless('web.shop', pods, names));
    for (const [i] of pods.entries()) {
      const [others, hostnames] = [pods.toSpliced(i, 1), names.toSpliced(i, 1)];
      expect((await zone.plan(headless('web.shop', others, hostnames))).held).toEqual([]);
      pods[i] = 100 + i;
      expect((await zone.plan(headless('web.shop', pods, names))).held).toEqual([]);
    }
  });

  it('holds what a night takes, and lets it go in the morning, when others have come', async () => {
    const zone = standby();
    await zone.plan(headless('web.shop', range(0, 60)));
    const night = await zone.plan(headless('web.shop', range(0, 15)));
    expect(heldBy(night)).toEqual(['addresses-lost']);
    expect((await zone.plan(headless('web.shop', range(0, 15)), { minutes: 480 })).held).toHaveLength(46);
    const day = [...range(0, 15), ...range(100, 145)];
    expect((await zone.plan(headless('web.shop', day))).held).toEqual([]);
    expect(zone.valuesOf('web.shop')).toEqual(day.map(address).sort());
    expect(zone.names()).not.toContain(rrsetKey(service(`${dashed(20)}.web.shop`)));
  });

  it('lets a node start again that has all pods of a small cluster', async () => {
    const zone = standby([]);
    const every = (cluster: number) =>
      ['kubernetes.default', 'kube-dns.kube-system'].map((name, i) => service(name, `10.${cluster}.0.${i}`));
    const hostnames = ['db-0', 'db-1', 'db-2'];
    await zone.plan([...every(96), ...headless('db.shop', range(0, 3), hostnames)]);
    const again = await zone.plan([...every(96), ...headless('db.shop', range(10, 13), hostnames)]);
    expect(again.held).toEqual([]);
    expect(zone.valuesOf('db.shop')).toEqual(range(10, 13).map(address));
    const rebuilt = await zone.plan([...every(97), ...headless('db.shop', range(20, 23), hostnames)]);
    expect(heldBy(rebuilt)).toEqual(['renumbered']);
    expect(zone.valuesOf('db.shop')).toEqual(range(10, 13).map(address));
  });

  it('does not let the names of endpoints go that nothing replaces', async () => {
    const zone = standby();
    await zone.plan(headless('web.shop', range(0, 60)));
    const [web = expect.fail()] = headless('web.shop', range(0, 60));
    expect(heldBy(await zone.plan([web]))).toEqual(['addresses-lost']);
  });
});

describe('after an outage', () => {
  const shop = (pods: (i: number) => readonly number[]) => range(0, 20).flatMap((i) => headless(`h${i}.shop`, pods(i)));
  const before = shop((i) => range(i * 10, i * 10 + 10));
  const outage = { clusterHealthy: false };
  /** All but two pods of each Service have moved. */
  const after = shop((i) => [...range(i * 10, i * 10 + 2), ...range(500 + i * 8, 508 + i * 8)]);

  it('the addresses and names that were kept leave again in peace, also when the first try does not arrive', async () => {
    const zone = standby();
    await zone.plan(before);
    expect((await zone.plan(after, outage)).held).not.toEqual([]);
    expect(zone.valuesOf('h0.shop')).toHaveLength(18);
    expect((await zone.plan(after, { isApplied: false })).held).toEqual([]);
    expect((await zone.plan(after)).held).toEqual([]);
    expect(zone.valuesOf('h0.shop')).toHaveLength(10);
    expect((await zone.plan(after, { minutes: 60 })).status).toBe('unchanged');
  });

  it('what has not come back stays', async () => {
    const zone = standby();
    await zone.plan(before);
    const few = shop((i) => [i * 10]);
    await zone.plan(few, outage);
    const plan = await zone.plan(few);
    expect(heldBy(plan)).toEqual(['addresses-lost']);
    expect(zone.valuesOf('h0.shop')).toHaveLength(10);
    expect(zone.names()).toContain(rrsetKey(service(`${dashed(5)}.h0.shop`)));
  });
});

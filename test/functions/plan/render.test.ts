import { describe, expect, it } from 'vitest';
import { noMemory } from '../../../functions/plan/memory.ts';
import { renderPlan } from '../../../functions/plan/render.ts';
import { kubernetes, namespaceOf, planFor, service } from './zone.ts';

describe('renderPlan', () => {
  it('shows the counts, the findings, what is held with its age, and the changes', async () => {
    const current = [kubernetes, service('gone.x'), service('moved.x')];
    const desired = [kubernetes, service('moved.x', '10.0.0.2', '10.0.0.3'), service('new.x')];
    const since = 1_000_000 - 185_000;
    const held = new Map([[`${service('gone.x').name} A`, { since, guard: 'cluster-health' as const, wants: [] }]]);
    const plan = await planFor({ desired, current, clusterHealthy: false, memory: { ...noMemory, held } });
    expect(renderPlan(plan, { now: 1_000_000 })).toEqual([
      `cluster.local. held: 1 to create, 1 to replace, 0 to delete, 1 held (${plan.checksum.slice(0, 19)})`,
      'hold by cluster-health: the cluster is not healthy, or was not when the snapshot was taken: 1 delete held back, no name and no address is removed in an outage',
      '! gone.x.svc A 30 s 10.0.0.1 (kept, held by cluster-health for 3 min)',
      '~ moved.x.svc A 30 s 10.0.0.1 -> 30 s 10.0.0.2, 10.0.0.3',
      '+ new.x.svc A 30 s 10.0.0.1',
    ]);
  });

  it('stops at its limits and counts the rest', async () => {
    const many = Array.from({ length: 9 }, (_, i) => `10.0.0.${i}`);
    const plan = await planFor({
      desired: [kubernetes, service('a.a', ...many), ...namespaceOf('x', 4900)],
      current: [],
    });
    const lines = renderPlan(plan, { now: 0, maxLines: 90, maxValues: 2 });
    expect(lines).toHaveLength(92);
    expect(lines[1]).toBe('+ a.a.svc A 30 s 10.0.0.0, 10.0.0.1 and 7 more');
    expect(lines.at(-1)).toBe('and 4,812 more');
  });

  it('renders a delete', async () => {
    const plan = await planFor({
      desired: [kubernetes, service('b.x')],
      current: [kubernetes, service('a.x'), service('b.x')],
    });
    expect(renderPlan(plan, { now: 0 }).at(-1)).toBe('- a.x.svc A 30 s 10.0.0.1');
  });
});

import { describe, expect, it } from 'vitest';
import { kubernetes, planFor, service, set } from './zone.ts';

describe('buildPlan', () => {
  it('is unchanged when nothing is to be done', async () => {
    const plan = await planFor({ desired: [kubernetes], current: [kubernetes] });
    expect(plan).toMatchObject({ status: 'unchanged', changes: [], held: [], findings: [] });
  });

  it('never touches what it does not own', async () => {
    const current = [kubernetes, set('www', 'A', '192.0.2.1'), set('a.x.svc', 'PTR', 'b.example.')];
    expect((await planFor({ desired: [kubernetes], current })).changes).toEqual([]);
  });

  it('has a checksum over what would be done, and not over the time or the order of the input', async () => {
    const desired = [kubernetes, service('a.x'), service('b.x')];
    const plan = await planFor({ desired, current: [] });
    expect(plan.checksum).toMatch(/^sha256:[0-9a-f]{64}$/);
    const again = await planFor({ desired: [...desired].reverse(), current: [], now: 5 });
    expect(again.checksum).toBe(plan.checksum);
    const other = await planFor({ desired: [kubernetes, service('a.x'), service('b.x', '10.0.0.9')], current: [] });
    expect(other.checksum).not.toBe(plan.checksum);
    const overOther = await planFor({ desired, current: [service('a.x', '10.0.0.8')] });
    expect(overOther.checksum).not.toBe(plan.checksum);
  });

  it('survives JSON: it is plain data', async () => {
    const plan = await planFor({
      desired: [kubernetes, service('a.x')],
      current: [service('b.x')],
      clusterHealthy: false,
    });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });
});

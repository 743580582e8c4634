// What guards hold of a set that loses some of its values, or changes all of them.
import { describe, expect, it } from 'vitest';
import { unlimited } from '../../../functions/plan/capabilities.ts';
import type { Plan } from '../../../functions/plan/plan.ts';
import type { Rrset } from '../../../functions/records/rrset.ts';
import { takingAtMost } from '../../fakes/capabilities.ts';
import { kubernetes, namespaceOf, planFor, releasedPlanFor, service, set } from './zone.ts';

const guardsOf = (plan: Plan) => plan.findings.map((finding) => `${finding.effect} ${finding.guard}`);
const written = (plan: Plan) =>
  plan.changes.map((change) => (change.action === 'delete' ? 'gone' : change.after.values.join(' ')));
const many = (count: number, of = '10.7.0') => Array.from({ length: count }, (_, i) => `${of}.${i}`);

describe('in an outage', () => {
  const outage = (current: Rrset, desired: Rrset, capabilities = unlimited) =>
    planFor({ desired: [kubernetes, desired], current: [kubernetes, current], clusterHealthy: false, capabilities });

  it.each([
    ['a set that shrinks keeps all', service('a.x', '10.0.0.1', '10.0.0.2'), service('a.x', '10.0.0.2'), []],
    [
      'one that changes gains the new beside the old',
      service('a.x', '10.0.0.1', '10.0.0.2'),
      service('a.x', '10.0.0.2', '10.0.0.3'),
      ['10.0.0.1 10.0.0.2 10.0.0.3'],
    ],
    [
      'ports too',
      set('_p._tcp.a.x.svc', 'SRV', '0 50 1 a.b.', '0 50 2 a.b.'),
      set('_p._tcp.a.x.svc', 'SRV', '0 50 2 a.b.', '0 50 3 a.b.'),
      ['0 50 1 a.b. 0 50 2 a.b. 0 50 3 a.b.'],
    ],
    ['a set of one value may change it', service('a.x', '10.0.0.1'), service('a.x', '10.0.0.2'), ['10.0.0.2']],
    ['and gain', service('a.x', '10.0.0.1'), service('a.x', '10.0.0.2', '10.0.0.3'), ['10.0.0.2 10.0.0.3']],
    ['an alias may change too', set('a.x.svc', 'CNAME', 'b.'), set('a.x.svc', 'CNAME', 'c.'), ['c.']],
    ['a switch takes addresses away', service('a.x', '10.0.0.1', '10.0.0.2'), set('a.x.svc', 'CNAME', 'b.'), []],
  ])('%s', async (_, current, desired, changes) => {
    const plan = await outage(current, desired);
    expect(written(plan)).toEqual(changes);
  });

  it('keeps the old ones first where there is no room for all, and says so', async () => {
    const desired = service('a.x', ...many(4, '10.8.0'));
    const plan = await outage(service('a.x', ...many(6)), desired, { ...unlimited, maxValuesPerRrset: 8 });
    expect(written(plan)).toEqual([[...many(6), '10.8.0.0', '10.8.0.1'].join(' ')]);
    expect(guardsOf(plan)).toEqual(['hold cluster-health', 'note rrset-size']);
    expect(plan.findings[1]?.reason).toContain('no room for 2 new values');
  });

  it.each([
    [80, 40, 100],
    [100, 3, 100],
    [101, 40, 141],
    [40, 120, 160],
  ])(
    'of %i old and %i new values keeps %i: BIND takes a hundred, where it was not told otherwise',
    async (old, fresh, kept) => {
      const plan = await outage(service('a.x', ...many(old)), service('a.x', ...many(fresh, '10.8.0')));
      const [change] = plan.changes;
      expect(change?.action === 'replace' ? change.after.values.length : old).toBe(kept);
    },
  );

  it('writes as much as one update takes', async () => {
    const desired = service('a.x', ...many(9, '10.8.0'));
    const plan = await outage(service('a.x', ...many(6)), desired, takingAtMost({ values: 10 }));
    expect(written(plan)).toEqual([[...many(6), ...many(4, '10.8.0')].join(' ')]);
  });

  it('keeps a zone of single addresses that is renumbered, and takes what is new of the others', async () => {
    const current = [kubernetes, ...namespaceOf('x', 8), service('h.y', '10.0.0.1', '10.0.0.2')];
    const moved = namespaceOf('x', 8).map((one, i) => ({ ...one, values: [`10.9.0.${i}`] }));
    const desired = [kubernetes, ...moved, service('h.y', '10.9.1.1')];
    const plan = await planFor({ desired, current, clusterHealthy: false });
    expect(written(plan)).toEqual(['10.0.0.1 10.0.0.2 10.9.1.1']);
  });
});

describe('in peace', () => {
  const headless = (count: number, addresses: number) =>
    Array.from({ length: count }, (_, i) => service(`h${i}.x`, ...many(addresses, `10.${i}.0`)));

  it('holds addresses back when too many are lost, set by set', async () => {
    const current = [kubernetes, ...headless(50, 10)];
    const plan = await planFor({ desired: [kubernetes, ...headless(50, 6)], current });
    expect(plan).toMatchObject({ status: 'held', changes: [] });
    expect(guardsOf(plan)).toEqual(['hold addresses-lost']);
    expect(plan.findings[0]?.numbers).toMatchObject({ addresses: 200, largest: 501, sets: 50, percent: 39.9 });
  });

  it('lets a few go, and those that others replace', async () => {
    const some = await planFor({
      desired: [kubernetes, ...headless(50, 8)],
      current: [kubernetes, ...headless(50, 10)],
    });
    expect(some).toMatchObject({ status: 'ready', held: [] });
    const half = headless(50, 10).map((one) => ({
      ...one,
      values: one.values.map((value, i) => (i < 5 ? value : `${value}9`)).sort(),
    }));
    const rolled = await planFor({ desired: [kubernetes, ...half], current: [kubernetes, ...headless(50, 10)] });
    expect(rolled).toMatchObject({ status: 'ready', held: [] });
  });

  it('counts deletes of sets and losses of the others together', async () => {
    const current = [kubernetes, ...headless(20, 10)];
    const desired = [kubernetes, ...headless(17, 8)];
    const plan = await planFor({ desired, current });
    expect(guardsOf(plan)).toEqual(['hold addresses-lost']);
    expect(plan.held).toHaveLength(20);
  });

  it.each([
    [1000, 301, true],
    [1000, 300, false],
    [9, 3, false],
    [9, 4, true],
  ])('of %i sets %i change all their addresses: held %s', async (size, moved, held) => {
    const current = [kubernetes, ...namespaceOf('x', size - 1)];
    const desired = current.map((one, i) => (i > 0 && i <= moved ? { ...one, values: [`10.66.0.${i}`] } : one));
    const plan = await planFor({ desired, current });
    expect(guardsOf(plan)).toEqual(held ? ['hold renumbered'] : []);
    expect(plan.held).toHaveLength(held ? moved : 0);
  });

  it('takes a must-have name that moves with another for the sign of another cluster', async () => {
    const current = [kubernetes, ...namespaceOf('x', 99)];
    const desired = [service('kubernetes.default', '10.32.0.1'), service('s0.x', '10.32.0.2'), ...current.slice(2)];
    expect(guardsOf(await planFor({ desired, current }))).toEqual(['hold renumbered']);
    expect(guardsOf(await planFor({ desired: [kubernetes, ...desired.slice(1)], current }))).toEqual([]);
    const alone = [service('kubernetes.default', '10.32.0.1'), ...current.slice(1)];
    expect(guardsOf(await planFor({ desired: alone, current }))).toEqual([]);
  });

  it('puts the addresses of another cluster beside none of ours', async () => {
    const current = [kubernetes, ...headless(9, 3)];
    const desired = [kubernetes, ...headless(9, 3).map((one) => ({ ...one, values: ['10.66.0.1'] }))];
    expect(await planFor({ desired, current })).toMatchObject({ status: 'held', changes: [] });
    expect((await releasedPlanFor({ desired, current })).changes).toHaveLength(9);
  });
});

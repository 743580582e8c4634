import { describe, expect, it } from 'vitest';
import { unlimited } from '../../../functions/plan/capabilities.ts';
import { noMemory } from '../../../functions/plan/memory.ts';
import type { Plan } from '../../../functions/plan/plan.ts';
import { release } from '../../../functions/plan/release.ts';
import type { Rrset } from '../../../functions/records/rrset.ts';
import { takingAtMost } from '../../fakes/capabilities.ts';
import { kubernetes, namespaceOf, planFor, plannedFor, releasedPlanFor, service, set, zone } from './zone.ts';

const guardsOf = (plan: Plan) => plan.findings.map((finding) => `${finding.effect} ${finding.guard}`);
const heldNames = (plan: Plan) =>
  plan.held.map(({ change }) => (change.action === 'delete' ? change.before.name : '?'));
const without = (rrsets: readonly Rrset[], count: number) => rrsets.slice(count);

describe('what refuses a plan', () => {
  it('an empty desired set, however small the zone', async () => {
    for (const size of [1000, 8, 0]) {
      const plan = await planFor({ desired: [], current: namespaceOf('x', size) });
      expect(plan).toMatchObject({ status: 'refused', changes: [], held: [] });
      expect(guardsOf(plan)).toContain('refuse empty-desired');
      expect(plan.findings[0]?.numbers).toEqual({ desired: 0, current: size });
    }
  });

  it('a missing must-have name, a TXT of that name being no help', async () => {
    const desired = [service('a.x'), set('kubernetes.default.svc', 'TXT', '"no address"')];
    const plan = await planFor({ desired, current: [kubernetes] });
    expect(plan.status).toBe('refused');
    const finding = plan.findings.find(({ guard }) => guard === 'must-have');
    expect(finding).toMatchObject({ effect: 'refuse', names: [kubernetes.name], numbers: { missing: 1, mustHave: 1 } });
    expect(finding?.reason).toContain('kubernetes.default.svc.cluster.local.');
  });

  it('a desired record outside what Lifeboat owns', async () => {
    const plan = await planFor({ desired: [kubernetes, set('www', 'A', '192.0.2.1')], current: [kubernetes] });
    expect(guardsOf(plan)).toEqual(['refuse ownership']);
    expect(plan.findings[0]?.reason).toContain('www.cluster.local. A');
  });

  it("not the zone's own SOA and NS in the desired set: they are left out", async () => {
    const desired = [kubernetes, { ...kubernetes, name: zone, type: 'NS', values: ['ns.example.'] } as const];
    expect(await planFor({ desired, current: [kubernetes] })).toMatchObject({ status: 'unchanged', findings: [] });
  });

  it('a CNAME beside other records', async () => {
    const desired = [kubernetes, service('a.x'), set('a.x.svc', 'CNAME', 'b.example.')];
    expect(guardsOf(await planFor({ desired, current: [] }))).toEqual(['refuse alias-alone']);
  });

  it('a set with too many values, with its name and the numbers', async () => {
    const values = Array.from({ length: 401 }, (_, i) => `10.2.${i >> 8}.${i & 255}`);
    const capabilities = { ...unlimited, maxValuesPerRrset: 400 };
    const desired = [kubernetes, service('fits.x'), service('big.x', ...values)];
    const plan = await planFor({ desired, current: [], capabilities });
    expect(plan).toMatchObject({ status: 'refused', changes: [] });
    expect(plan.findings).toHaveLength(1);
    expect(plan.findings[0]).toMatchObject({ guard: 'rrset-size', numbers: { values: 401, limit: 400 } });
    expect(plan.findings[0]?.reason).toContain('big.x.svc.cluster.local. A has 401 values');
  });

  it('a set that fits no batch', async () => {
    const values = Array.from({ length: 30 }, (_, i) => `10.2.0.${i}`);
    const capabilities = takingAtMost({ values: 20 });
    const plan = await planFor({ desired: [kubernetes, service('big.x', ...values)], current: [], capabilities });
    expect(guardsOf(plan)).toEqual(['refuse batch-size']);
    expect(plan.findings[0]?.reason).toContain('30 values');
  });

  it.each([
    ['rrset', 12, false],
    ['rrset', 11, true],
    // Two sets come with one value each, one grows by two; what goes makes no room, since it goes last.
    ['record', 14, false],
    ['record', 13, true],
  ] as const)(
    'what the zone has no room for, counted by %s, of at most %i: %s',
    async (granularity, most, isRefused) => {
      const capabilities = { ...unlimited, granularity, quota: { most, used: 10 } };
      const current = [kubernetes, service('grows.x', '10.0.0.1'), ...namespaceOf('y', 4)];
      const grown = service('grows.x', '10.0.0.1', '10.0.0.2', '10.0.0.3');
      const desired = [kubernetes, grown, ...namespaceOf('y', 3), service('a.z'), service('b.z')];
      const plan = await planFor({ desired, current, capabilities });
      expect(plan.status).toBe(isRefused ? 'refused' : 'ready');
      expect(guardsOf(plan)).toEqual(isRefused ? ['refuse zone-size'] : []);
      expect(plan.changes).toHaveLength(isRefused ? 0 : 4);
      if (isRefused)
        expect(plan.findings[0]?.reason).toMatch(
          /holds 10 record.* and may hold 1[13]: there is no room for [24] more/,
        );
    },
  );

  it('nothing of a zone that is full, where nothing is added', async () => {
    const capabilities = { ...unlimited, quota: { most: 5, used: 9 } };
    const current = [kubernetes, ...namespaceOf('y', 4)];
    const plan = await planFor({ desired: [kubernetes, ...namespaceOf('y', 3)], current, capabilities });
    expect(plan).toMatchObject({ status: 'ready', findings: [] });
  });
});

describe('what holds deletes back', () => {
  const thousand = [kubernetes, ...namespaceOf('x', 999)];

  it('a cluster that is not healthy: every delete and every switch, never an add or a new address', async () => {
    const current = [kubernetes, service('gone.x'), service('moved.x'), service('switched.x')];
    const switched = set('switched.x.svc', 'CNAME', 'db.example.');
    const desired = [kubernetes, service('moved.x', '10.0.0.2'), service('new.x'), switched];
    const plan = await planFor({ desired, current, clusterHealthy: false });
    expect(plan.status).toBe('held');
    expect(heldNames(plan)).toEqual(['gone.x.svc.cluster.local.', 'switched.x.svc.cluster.local.', '?']);
    expect(plan.changes.map(({ action }) => action)).toEqual(['replace', 'create']);
    expect(guardsOf(plan)).toEqual(['hold cluster-health']);
  });

  it('40 % of a large zone: the deletes, while the add goes out', async () => {
    const plan = await planFor({
      desired: [...without(thousand, 400), kubernetes, service('new.x')],
      current: thousand,
    });
    expect(plan.status).toBe('held');
    expect(plan.held).toHaveLength(399);
    expect(plan.changes).toEqual([{ action: 'create', after: service('new.x') }]);
    expect(plan.findings[0]).toMatchObject({
      guard: 'delete-share',
      numbers: { deletes: 399, current: 1000, maxPercent: 30 },
    });
    expect(plan.findings[0]?.names).toHaveLength(20);
  });

  it.each([
    // size of the zone without kubernetes, how many of them go, held?
    [999, 300, false],
    [999, 301, true],
    [29, 9, false],
    [29, 10, true],
    [10, 3, false],
    [10, 4, true],
    [7, 4, true],
    [5, 3, false],
    [4, 3, true],
    [2, 1, false],
    [1, 1, false],
  ])('of %i services %i go: held %s', async (size, gone, held) => {
    const current = [kubernetes, ...namespaceOf('x', size)];
    const desired = [kubernetes, ...without(namespaceOf('x', size), gone), service('kept.x')];
    const plan = await planFor({ desired, current });
    expect(guardsOf(plan)).toEqual(held ? ['hold delete-share'] : []);
    expect(plan.held).toHaveLength(held ? gone : 0);
  });

  it.each([
    [4, true],
    [3, false],
  ])('%i of 5 Services of a small zone, beside what every cluster has: held %s', async (gone, held) => {
    const every = [
      kubernetes,
      set('_https._tcp.kubernetes.default.svc', 'SRV', '0 100 443 kubernetes.default.'),
      service('kube-dns.kube-system'),
    ];
    const five = [...namespaceOf('x', 5), set('_p._tcp.s4.x.svc', 'SRV', '0 100 1 s4.x.')];
    const ten = { mustHave: [kubernetes.name], maxDeleteShare: 0.3, minDeletesToHold: 10, holdExpiresAfterMs: 0 };
    const plan = await planFor({ desired: [...every, ...five.slice(gone)], current: [...every, ...five], policy: ten });
    expect(guardsOf(plan)).toEqual(held ? ['hold delete-share'] : []);
    expect(plan.findings[0]?.reason ?? '').toContain(held ? '4 of 7 Services would be gone, 57.1 %' : '');
  });

  it('a namespace lost whole: its deletes only', async () => {
    const current = [kubernetes, ...namespaceOf('x', 50), ...namespaceOf('lost', 2), service('old.x')];
    const plan = await planFor({ desired: [kubernetes, ...namespaceOf('x', 50)], current });
    expect(heldNames(plan)).toEqual(['s0.lost.svc.cluster.local.', 's1.lost.svc.cluster.local.']);
    expect(plan.changes).toEqual([{ action: 'delete', before: service('old.x') }]);
    expect(plan.findings).toMatchObject([{ guard: 'namespace-lost', effect: 'hold', numbers: { deletes: 2 } }]);
    expect(plan.findings[0]?.reason).toContain('namespace lost ');
  });

  it('all of many lost namespaces, in findings that a person can still read', async () => {
    const lost = Array.from({ length: 30 }, (_, i) => namespaceOf(`lost${i}`, 1)).flat();
    const current = [kubernetes, ...namespaceOf('x', 200), ...lost];
    const plan = await planFor({ desired: [kubernetes, ...namespaceOf('x', 200)], current });
    expect(plan.held).toHaveLength(30);
    expect(plan.findings).toHaveLength(20);
    expect(plan.findings.at(-1)?.reason).toContain('and 10 more');
  });

  it('not a namespace whose services are all new', async () => {
    const plan = await planFor({ desired: [kubernetes, service('new.x')], current: [kubernetes, service('old.x')] });
    expect(plan.status).toBe('ready');
  });

  it('keeps the age of what was held before, and says it for what is new', async () => {
    const current = [kubernetes, service('a.x'), service('b.x')];
    const held = new Map([[`${service('a.x').name} A`, { since: 400, guard: 'cluster-health' as const, wants: [] }]]);
    const plan = await planFor({
      desired: [kubernetes, service('c.x')],
      current,
      clusterHealthy: false,
      memory: { ...noMemory, held },
    });
    expect(plan.held.map(({ heldSince }) => heldSince)).toEqual([400, 1_000_000]);
  });
});

describe('an operator releases', () => {
  const current = [kubernetes, ...namespaceOf('x', 20), ...namespaceOf('lost', 2)];
  const request = { desired: [kubernetes], current };

  it('what was held for its share or its namespace; the plan says by whom', async () => {
    const plan = await releasedPlanFor(request);
    expect(plan).toMatchObject({ status: 'ready', held: [] });
    expect(plan.changes).toHaveLength(22);
    expect(guardsOf(plan)).toEqual(['note released']);
    expect(plan.findings[0]?.reason).toContain('released by ada: agreed');
  });

  it('but deletes nothing while the cluster is not healthy', async () => {
    const { memory } = await plannedFor(request);
    const released = release(memory, { at: 1_000_000, who: 'ada', why: 'agreed' });
    const plan = await planFor({ ...request, memory: released, clusterHealthy: false });
    expect(plan.status).toBe('held');
    expect(plan.held).toHaveLength(22);
  });

  it('and lifts no refusal', async () => {
    expect((await releasedPlanFor({ ...request, desired: [] })).status).toBe('refused');
  });
});

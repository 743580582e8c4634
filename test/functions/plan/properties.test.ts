// What must hold for every plan, on random zones. The names are few, so that both sides share many; fast-check prints its seed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyChanges } from '../../../functions/plan/apply.ts';
import { cutBatches } from '../../../functions/plan/batches.ts';
import { unlimited } from '../../../functions/plan/capabilities.ts';
import type { Plan } from '../../../functions/plan/plan.ts';
import { type Rrset, rrsetKey } from '../../../functions/records/rrset.ts';
import { kubernetes, planFor, set, sorted } from './zone.ts';

const runs = { numRuns: 300 };

const name = fc
  .tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('x', 'y', 'z'))
  .map((labels) => `${labels.join('.')}.svc`);
const addresses = fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 });
const ttl = fc.constantFrom(30, 60);

/** The sets of one name: a CNAME alone, or some of A, AAAA, SRV and TXT. */
const setsOfName: fc.Arbitrary<readonly Rrset[]> = fc
  .tuple(name, addresses, ttl, fc.integer({ min: 0, max: 15 }))
  .map(([owner, numbers, ttlSeconds, kinds]) => {
    if (kinds === 0) return [{ ...set(owner, 'CNAME', `t${numbers[0]}.example.`), ttlSeconds }];
    const all = [
      set(owner, 'A', ...numbers.map((n) => `10.0.0.${n}`)),
      set(owner, 'AAAA', ...numbers.map((n) => `fd00::${n}`)),
      set(owner, 'SRV', ...numbers.map((n) => `0 100 8${n} ${owner}.cluster.local.`)),
      set(owner, 'TXT', ...numbers.map((n) => `"${n}"`)),
    ];
    return all.filter((_, i) => kinds & (1 << i)).map((one) => ({ ...one, ttlSeconds }));
  });
const zoneSets = fc
  .uniqueArray(setsOfName, { maxLength: 12, selector: (sets) => sets[0]?.name ?? '' })
  .map((names) => [kubernetes, ...names.flat()]);

const situation = fc.record({
  desired: zoneSets,
  current: zoneSets,
  clusterHealthy: fc.boolean(),
  maxDeleteShare: fc.constantFrom(0, 0.3, 1),
  minDeletesToHold: fc.constantFrom(1, 3, 10),
  release: fc.constantFrom({ kind: 'none' } as const, { kind: 'all' } as const),
  // A switch of four types with three values each is 13 values, and must fit.
  maxValuesPerBatch: fc.integer({ min: 13, max: 60 }),
});
type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never;

function planOf({
  desired,
  current,
  clusterHealthy,
  maxDeleteShare,
  minDeletesToHold,
  release,
}: Situation): Promise<Plan> {
  const policy = { mustHave: [kubernetes.name], maxDeleteShare, minDeletesToHold };
  return planFor({ desired, current, clusterHealthy, release, policy });
}

const toMap = (rrsets: readonly Rrset[]): ReadonlyMap<string, Rrset> =>
  new Map(rrsets.map((one) => [rrsetKey(one), one]));
const namesOf = (rrsets: Iterable<Rrset>) => new Set([...rrsets].map((one) => one.name));

/** The zone after each batch. */
function statesOf(
  plan: Plan,
  current: readonly Rrset[],
  maxValuesPerBatch: number,
): readonly ReadonlyMap<string, Rrset>[] {
  const states = [toMap(current)];
  for (const batch of cutBatches(plan.changes, { ...unlimited, maxValuesPerBatch })) {
    const result = applyChanges(states.at(-1) ?? new Map(), batch);
    if (result.status === 'conflict') throw new Error(result.reason);
    states.push(result.rrsets);
  }
  return states;
}

describe('every plan', () => {
  it('never loses a name that is in both sets, at any step', () =>
    fc.assert(
      fc.asyncProperty(situation, async (random) => {
        const wanted = namesOf(random.desired);
        const both = [...namesOf(random.current)].filter((one) => wanted.has(one));
        for (const state of statesOf(await planOf(random), random.current, random.maxValuesPerBatch)) {
          const there = namesOf(state.values());
          expect(both.filter((one) => !there.has(one))).toEqual([]);
        }
      }),
      runs,
    ));

  it('never has a CNAME beside another type, at any step', () =>
    fc.assert(
      fc.asyncProperty(situation, async (random) => {
        for (const state of statesOf(await planOf(random), random.current, random.maxValuesPerBatch)) {
          const aliases = [...state.values()].filter((one) => one.type === 'CNAME').map((one) => one.name);
          const others = namesOf([...state.values()].filter((one) => one.type !== 'CNAME'));
          expect(aliases.filter((one) => others.has(one))).toEqual([]);
        }
      }),
      runs,
    ));

  it('ends at the desired set and what is held, and is then content', () =>
    fc.assert(
      fc.asyncProperty(situation, async (random) => {
        const plan = await planOf(random);
        const held = plan.held.flatMap(({ change }) => (change.action === 'delete' ? [change.before] : []));
        const end = statesOf(plan, random.current, random.maxValuesPerBatch).at(-1) ?? new Map();
        expect(sorted(end.values())).toEqual(sorted([...random.desired, ...held]));
        const again = await planOf({ ...random, current: [...end.values()] });
        expect(again.changes.filter(({ action }) => action !== 'delete')).toEqual([]);
      }),
      runs,
    ));

  it('deletes nothing but in a switch while the cluster is not healthy, released or not', () =>
    fc.assert(
      fc.asyncProperty(situation, async (random) => {
        const plan = await planOf({ ...random, clusterHealthy: false });
        const gone = plan.changes.flatMap((change) => (change.action === 'delete' ? [change.before.name] : []));
        const wanted = namesOf(random.desired);
        expect(gone.filter((one) => !wanted.has(one))).toEqual([]);
      }),
      runs,
    ));

  it('never deletes the last of a namespace unless released', () =>
    fc.assert(
      fc.asyncProperty(situation, async (random) => {
        const plan = await planOf({ ...random, release: { kind: 'none' } });
        const end = statesOf(plan, random.current, random.maxValuesPerBatch).at(-1) ?? new Map();
        const namespaces = (rrsets: Iterable<Rrset>) => new Set([...rrsets].map((one) => one.name.split('.').at(-5)));
        const left = namespaces(end.values());
        expect([...namespaces(random.current)].filter((one) => !left.has(one))).toEqual([]);
      }),
      runs,
    ));
});

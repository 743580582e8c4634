// What must hold for every plan, on random zones. The names are few, so that both sides share many; fast-check prints its seed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyChanges } from '../../../functions/plan/apply.ts';
import { cutBatches } from '../../../functions/plan/batches.ts';
import type { Planned } from '../../../functions/plan/build.ts';
import { changeKey } from '../../../functions/plan/diff.ts';
import { type HoldMemory, noMemory } from '../../../functions/plan/memory.ts';
import type { Plan } from '../../../functions/plan/plan.ts';
import { release } from '../../../functions/plan/release.ts';
import { type Rrset, rrsetKey } from '../../../functions/records/rrset.ts';
import { takingAtMost } from '../../fakes/capabilities.ts';
import { kubernetes, plannedFor, set, sorted } from './zone.ts';

const runs = { numRuns: 200 };

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
  isReleased: fc.boolean(),
  // A switch of four types with three values each is 13 values, and must fit.
  maxValuesPerBatch: fc.integer({ min: 13, max: 60 }),
});
type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never;

async function plannedOf(
  { desired, current, clusterHealthy, maxDeleteShare, minDeletesToHold, isReleased }: Situation,
  memory: HoldMemory = noMemory,
): Promise<Planned> {
  const policy = { mustHave: [kubernetes.name], maxDeleteShare, minDeletesToHold, holdExpiresAfterMs: 0 };
  const request = { desired, current, clusterHealthy, policy, memory };
  const first = await plannedFor(request);
  if (!isReleased) return first;
  return plannedFor({ ...request, memory: release(first.memory, { at: 0, who: 'ada', why: 'agreed' }) });
}

async function planOf(random: Situation): Promise<Plan> {
  return (await plannedOf(random)).plan;
}

/** What the zone should hold in the end: the desired sets, but for what is held. */
function keptBy(plan: Plan, desired: readonly Rrset[]): readonly Rrset[] {
  const end = new Map(toMap(desired));
  for (const { change, guard } of plan.held) {
    if (change.action === 'create') end.delete(rrsetKey(change.after));
    else if (change.action === 'delete') end.set(rrsetKey(change.before), change.before);
    else {
      const { before, after } = change;
      const values = [...new Set([...before.values, ...after.values])].sort();
      const isUnion = before.values.length > 1 && guard !== 'renumbered';
      end.set(rrsetKey(after), isUnion ? { ...after, values } : before);
    }
  }
  return [...end.values()];
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
  for (const batch of cutBatches(plan.changes, takingAtMost({ values: maxValuesPerBatch }))) {
    const result = applyChanges(states.at(-1) ?? new Map(), batch);
    if (result.status === 'conflict') throw new Error(result.reason);
    states.push(result.rrsets);
  }
  return states;
}

describe('every plan', { timeout: 60_000 }, () => {
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
        const { plan, memory } = await plannedOf(random);
        const end = statesOf(plan, random.current, random.maxValuesPerBatch).at(-1) ?? new Map();
        expect(sorted(end.values())).toEqual(sorted(keptBy(plan, random.desired)));
        // Again, with what the first one left to be remembered: nothing is left to do, and the same is held.
        const again = await plannedOf({ ...random, current: [...end.values()] }, memory);
        expect(again.plan.changes).toEqual([]);
        expect(again.plan.held.map(({ change }) => changeKey(change))).toEqual(
          plan.held.map(({ change }) => changeKey(change)),
        );
      }),
      runs,
    ));

  it('takes no name away, and no value of several, while the cluster is not healthy, released or not', () =>
    fc.assert(
      fc.asyncProperty(situation, async (random) => {
        const plan = await planOf({ ...random, clusterHealthy: false });
        const end = statesOf(plan, random.current, random.maxValuesPerBatch).at(-1) ?? new Map();
        for (const set of random.current) {
          const values = new Set<string>(end.get(rrsetKey(set))?.values ?? []);
          expect(values.size).toBeGreaterThan(0);
          if (set.values.length > 1) expect(set.values.filter((value) => !values.has(value))).toEqual([]);
        }
      }),
      runs,
    ));

  it('never deletes the last of a namespace unless released', () =>
    fc.assert(
      fc.asyncProperty(situation, async (random) => {
        const plan = await planOf({ ...random, isReleased: false });
        const end = statesOf(plan, random.current, random.maxValuesPerBatch).at(-1) ?? new Map();
        const namespaces = (rrsets: Iterable<Rrset>) => new Set([...rrsets].map((one) => one.name.split('.').at(-5)));
        const left = namespaces(end.values());
        expect([...namespaces(random.current)].filter((one) => !left.has(one))).toEqual([]);
      }),
      runs,
    ));
});

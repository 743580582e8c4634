// What is remembered from plan to plan: holds, releases, the size of the last day.
import { describe, expect, it } from 'vitest';
import { type HoldMemory, maxHeld, noMemory, remember } from '../../../functions/plan/memory.ts';
import type { Plan } from '../../../functions/plan/plan.ts';
import { release, releaseDigest } from '../../../functions/plan/release.ts';
import type { Rrset } from '../../../functions/records/rrset.ts';
import { kubernetes, namespaceOf, plannedFor, policy, service, zone } from './zone.ts';

const hourMs = 3_600_000;
const start = 1_700_000_000_000;
const twenty = [kubernetes, ...namespaceOf('x', 20), service('kept.x')];
const by = { at: start, who: 'ada', why: 'agreed' };
const without = (count: number) => [kubernetes, ...namespaceOf('x', 20).slice(count), service('kept.x')];
const heldBy = (plan: Plan) => [...new Set(plan.held.map(({ guard }) => guard))];

/** What a zone holds after the plan. */
function zoneAfter(current: readonly Rrset[], { changes }: Plan): readonly Rrset[] {
  const gone = new Set(changes.map((change) => (change.action === 'create' ? '' : change.before.name)));
  const come = changes.flatMap((change) => (change.action === 'delete' ? [] : [change.after]));
  return [...current.filter(({ name }) => !gone.has(name)), ...come];
}

async function held(count = 8): Promise<HoldMemory> {
  const { plan, memory } = await plannedFor({ desired: without(count), current: twenty, now: start });
  expect(plan.held).toHaveLength(count);
  return memory;
}

describe('a hold', () => {
  it('stays when the share is small again, with its age and its guard', async () => {
    const memory = await held();
    const current = [...twenty, ...namespaceOf('new', 60)];
    const desired = [...without(8), ...namespaceOf('new', 60)];
    const { plan } = await plannedFor({ desired, current, memory, now: start + hourMs });
    expect(plan.changes).toEqual([]);
    expect(plan.held[0]).toMatchObject({ guard: 'delete-share', heldSince: start });
    expect(plan.findings.map(({ guard, effect }) => `${effect} ${guard}`)).toEqual(['hold delete-share']);
    expect(plan.findings[0]?.reason).toContain('8 losses held back by delete-share since 2023-11-14T22:13:20.000Z');
  });

  it('ends for what the source has again, also with another address', async () => {
    const memory = await held();
    const desired = [...without(1), service('s0.x', '10.0.9.9')];
    const { plan, memory: next } = await plannedFor({ desired, current: twenty, memory, now: start });
    expect(plan).toMatchObject({ status: 'ready', changes: [{ action: 'replace' }] });
    expect(next.held.size).toBe(0);
  });

  it('is not forgotten by a plan that is refused', async () => {
    const memory = await held();
    const { plan, memory: next } = await plannedFor({ desired: [], current: twenty, memory, now: start });
    expect(plan.status).toBe('refused');
    expect(next.held).toEqual(memory.held);
  });

  it('of an outage is none in peace', async () => {
    const current = [...twenty, service('old.x')];
    const first = await plannedFor({ desired: twenty, current, clusterHealthy: false, now: start });
    expect(heldBy(first.plan)).toEqual(['cluster-health']);
    const { plan } = await plannedFor({ desired: twenty, current, memory: first.memory, now: start });
    expect(plan).toMatchObject({ status: 'ready', held: [], changes: [{ action: 'delete' }] });
  });

  it('of a guard stays one in an outage and after it', async () => {
    const memory = await held();
    const outage = await plannedFor({
      desired: without(8),
      current: twenty,
      memory,
      clusterHealthy: false,
      now: start,
    });
    expect(heldBy(outage.plan)).toEqual(['delete-share']);
    const larger = [...twenty, ...namespaceOf('new', 60)];
    const desired = [...without(8), ...namespaceOf('new', 60)];
    const { plan } = await plannedFor({ desired, current: larger, memory: outage.memory, now: start });
    expect(plan.held).toHaveLength(8);
  });

  it('expires only where the policy says so, and never in an outage', async () => {
    const memory = await held();
    const request = { desired: without(8), current: twenty, memory, now: start + hourMs };
    expect((await plannedFor(request)).plan.held).toHaveLength(8);
    const expiring = { ...policy, holdExpiresAfterMs: hourMs };
    expect((await plannedFor({ ...request, policy: expiring, now: start + hourMs - 1 })).plan.held).toHaveLength(8);
    const { plan } = await plannedFor({ ...request, policy: expiring });
    expect(plan).toMatchObject({ status: 'ready', held: [], findings: [{ guard: 'expired', effect: 'note' }] });
    const outage = await plannedFor({ ...request, policy: expiring, clusterHealthy: false });
    expect(outage.plan.held).toHaveLength(8);
  });
});

describe('a release', () => {
  it('lets out what was held, once, and not what is deleted later', async () => {
    const memory = release(await held(), by);
    const { plan, memory: next } = await plannedFor({ desired: without(8), current: twenty, memory, now: start });
    expect(plan.changes).toHaveLength(8);
    const smaller = zoneAfter(twenty, plan);
    const later = await plannedFor({ desired: without(16), current: smaller, memory: next, now: start });
    expect(later.plan.held).toHaveLength(8);
    expect(later.memory.released.size).toBe(0);
  });

  it('is over when the source has the name again', async () => {
    const memory = release(await held(), by);
    const back = await plannedFor({ desired: twenty, current: twenty, memory, now: start });
    expect(back.memory.released.size).toBe(0);
    const { plan } = await plannedFor({ desired: without(8), current: twenty, memory: back.memory, now: start });
    expect(plan.held).toHaveLength(8);
  });

  it('waits for the end of an outage', async () => {
    const memory = release(await held(), by);
    const request = { desired: without(8), current: twenty, memory, now: start };
    const outage = await plannedFor({ ...request, clusterHealthy: false });
    expect(outage.plan.held).toHaveLength(8);
    const { plan } = await plannedFor({ ...request, memory: outage.memory });
    expect(plan.changes).toHaveLength(8);
  });

  it('is of what a set would become, not of any other loss of it', async () => {
    const ten = Array.from({ length: 10 }, (_, i) => `10.0.0.${i}`);
    const current = [kubernetes, service('h.x', ...ten)];
    const first = await plannedFor({ desired: [kubernetes, service('h.x', ...ten.slice(6))], current, now: start });
    expect(heldBy(first.plan)).toEqual(['addresses-lost']);
    const memory = release(first.memory, by);
    const { plan } = await plannedFor({
      desired: [kubernetes, service('h.x', ...ten.slice(9))],
      current,
      memory,
      now: start,
    });
    expect(plan).toMatchObject({ status: 'held', changes: [] });
  });

  it('has a digest over names and what becomes of them', async () => {
    const [eight, nine] = [await held(), await held(9)];
    expect(await releaseDigest(eight)).toBe(await releaseDigest({ ...eight, hours: [] }));
    expect(await releaseDigest(eight)).not.toBe(await releaseDigest(nine));
  });
});

describe('the last day', () => {
  it('is the measure: what went in small steps counts, and an hour of yesterday does not', async () => {
    const hundred = [kubernetes, ...namespaceOf('x', 99)];
    const step = (size: number) => [kubernetes, ...namespaceOf('x', 99).slice(99 - size)];
    let [memory, current, now] = [noMemory, hundred as readonly Rrset[], start];
    const publish = async (desired: readonly Rrset[]) => {
      const planned = await plannedFor({ desired, current, memory, now });
      current = zoneAfter(current, planned.plan);
      ({ memory } = planned);
      return planned.plan.held.length;
    };
    for (const size of [89, 79, 69]) expect(await publish(step(size))).toBe(0);
    expect(await publish(step(68))).toBe(1);
    expect(await publish([...step(69), service('back.x')])).toBe(0);
    now += 26 * hourMs;
    expect(await publish([...step(59), service('back.x')])).toBe(0);
    expect(memory.hours.length).toBeLessThanOrEqual(25);
  });

  it('holds nothing of a cluster whose Services are replaced all day, several times over', async () => {
    const age = (round: number) => [kubernetes, ...namespaceOf('x', 99 + 20 * round).slice(20 * round)];
    let [memory, current] = [noMemory, age(0) as readonly Rrset[]];
    for (let round = 1; round <= 24; round++) {
      const planned = await plannedFor({ desired: age(round), current, memory, now: start + round * hourMs });
      expect(planned.plan.held).toEqual([]);
      current = zoneAfter(current, planned.plan);
      ({ memory } = planned);
    }
    expect(current.filter((one) => age(0).some(({ name }) => name === one.name))).toEqual([kubernetes]);
  });

  it('stays a day when the clock was ahead', async () => {
    const hours = [{ hour: Math.floor(start / hourMs) + 5000, sets: 31, addresses: 22 }];
    const memory = { ...noMemory, hours };
    const { plan, memory: next } = await plannedFor({ desired: without(1), current: twenty, memory, now: start });
    expect(plan.held).toHaveLength(1);
    const later = await plannedFor({
      desired: without(1),
      current: twenty,
      memory: { ...next, held: new Map() },
      now: start + 26 * hourMs,
    });
    expect(later.plan.held).toHaveLength(0);
  });
});

describe('when it is not known what was held', () => {
  it('holds every loss of one plan, by name, and judges the next', async () => {
    const current = [...twenty, service('old.x')];
    const lost = { ...noMemory, everything: 'forgotten' } as const;
    const first = await plannedFor({ desired: twenty, current, memory: lost, now: start });
    expect(heldBy(first.plan)).toEqual(['forgotten']);
    expect(first.memory).toMatchObject({ everything: null, held: { size: 1 } });
    const next = await plannedFor({ desired: without(1), current, memory: first.memory, now: start });
    expect(next.plan.held).toHaveLength(1);
    expect(next.plan.changes).toHaveLength(1);
  });

  it('holds everything beyond what can be kept by name', async () => {
    const before = service('a.x');
    const held = Array.from({ length: maxHeld + 1 }, (_, i) => {
      const change = {
        action: 'delete',
        before: { ...before, name: `s${i}.${before.name}` as Rrset['name'] },
      } as const;
      return { change, guard: 'delete-share', heldSince: start } as const;
    });
    const plan = { zone, status: 'held', changes: [], held, findings: [], checksum: '' } as const;
    const memory = remember({ memory: noMemory, now: start, holdExpiresAfterMs: 0 }, plan, [], true);
    expect(memory).toMatchObject({ everything: 'too-many', held: { size: maxHeld } });
    const next = await plannedFor({ desired: without(1), current: twenty, memory, now: start });
    expect(next.plan).toMatchObject({ held: [{ guard: 'too-many' }], changes: [] });
    expect(next.memory.everything).toBeNull();
  });
});

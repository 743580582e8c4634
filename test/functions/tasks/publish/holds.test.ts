// What is held back, kept beside the record: carried over from an older version, lost, damaged, shared by two writers, and let out.
import { describe, expect, it } from 'vitest';
import { initialStandby } from '../../../../functions/decision/machine/state.ts';
import { type HeldSet, type HoldMemory, noMemory } from '../../../../functions/plan/memory.ts';
import { holdGuards } from '../../../../functions/plan/plan.ts';
import { createMemoryProvider } from '../../../../functions/providers/memory.ts';
import type { ClusterPorts } from '../../../../functions/tasks/cluster/ports.ts';
import { readRecord, updateRecord } from '../../../../functions/tasks/cluster/record.ts';
import { keepHolds, readMemory, releaseHolds, viewHolds } from '../../../../functions/tasks/publish/holds.ts';
import { decodeHolds, encodeHolds } from '../../../../functions/tasks/publish/holds-document.ts';
import { asStandby, createFakeCluster, zone } from '../../../fakes/cluster.ts';

const key = 'clusters/prod/holds';
const a = 'a.shop.svc.cluster.local. A';
const b = 'b.shop.svc.cluster.local. A';
const id = 'zonefile';
/** How a version before there were ids called it. */
const label = `memory ${zone}`;

const holding = (...keys: readonly string[]): HoldMemory => ({
  ...noMemory,
  held: new Map(keys.map((one) => [one, { since: 5, guard: 'delete-share' as const, wants: [] }])),
});

/** A cluster whose machine says that so much was held in the last publication that might delete. */
async function clusterWith(heldDeletes: number, held: Readonly<Record<string, number>> = {}): Promise<ClusterPorts> {
  const { ports } = createFakeCluster();
  await updateRecord(ports, (record) => ({
    ...record,
    held: Object.keys(held).length === 0 ? {} : { [label]: held },
    machine: { ...record.machine, standbys: { [label]: { ...initialStandby(0), heldDeletes } } },
  }));
  return ports;
}

describe('the document', () => {
  it('reads what it wrote, each guard and each member', () => {
    const everyGuard = holdGuards.map((guard, i) => [`${guard}. A`, { since: i, guard, wants: ['10.0.0.1'] }] as const);
    const held = new Map<string, HeldSet>(everyGuard);
    held.set('__proto__ A', { since: 1, guard: 'renumbered', wants: [] });
    const memory: HoldMemory = {
      held,
      released: new Map([[a, { wants: [], at: 7, who: 'ada', why: 'agreed' }]]),
      hours: [{ hour: 1, sets: 2, addresses: 3 }],
      had: new Map([['b.svc.cluster.local. A', 3]]),
      everything: 'too-many',
    };
    const document = { standbys: { knot: memory, other: noMemory }, labels: { knot: 'rfc2136 192.0.2.53:53 a.' } };
    expect(decodeHolds(encodeHolds(document))).toEqual(document);
  });

  it.each([['{'], ['{}'], ['{"format":2,"standbys":{}}']])('is not read from %s', (text) => {
    expect(decodeHolds(text)).toBeUndefined();
  });
});

describe('what is taken for held', () => {
  it('is nothing in a new cluster', async () => {
    expect(await readMemory(createFakeCluster().ports, id)).toEqual(noMemory);
  });

  it.each([
    [2, 'delete-share'],
    [0, 'cluster-health'],
  ])('is what an older version kept in the record, %i of it by a guard in peace', async (heldDeletes, guard) => {
    const ports = await clusterWith(heldDeletes, { [a]: 5, [b]: 6 });
    const memory = await readMemory(ports, id);
    expect([...memory.held]).toEqual([
      [a, { since: 5, guard, wants: [] }],
      [b, { since: 6, guard, wants: [] }],
    ]);
    expect(await keepHolds(ports, id, memory, holding(a))).toBe('kept');
    expect((await readRecord(ports)).record.held).toEqual({});
    expect([...(await readMemory(ports, id)).held.keys()]).toEqual([a]);
  });

  it('is everything when the document is gone though something was held, or when it cannot be read', async () => {
    const ports = await clusterWith(3);
    expect(await readMemory(ports, id)).toEqual({ ...noMemory, everything: 'forgotten' });
    const { ports: other } = createFakeCluster();
    await other.store.write(key, 'cut', 0);
    const memory = await readMemory(other, id);
    expect(memory.everything).toBe('forgotten');
    expect(await keepHolds(other, id, memory, holding(a))).toBe('kept');
    expect((await readMemory(other, id)).held.size).toBe(1);
  });
});

describe('what a document holds under another name', () => {
  const document = (name: string, labels: Readonly<Record<string, string>>) =>
    encodeHolds({ standbys: { [name]: holding(a, b) }, labels });
  it.each([
    ['the label, of a version without ids', document(label, {})],
    ['an id that the configuration has changed', document('old', { old: label })],
  ])('is what is held: under %s', async (_name, text) => {
    const { ports } = createFakeCluster();
    // A version without ids knew no member for labels.
    await ports.store.write(key, text.replace(',"labels":{}', ''), 0);
    const memory = await readMemory(ports, id);
    expect([...memory.held.keys()]).toEqual([a, b]);
    expect(await keepHolds(ports, id, memory, holding(a))).toBe('kept');
    const kept = decodeHolds((await ports.store.read(key))?.value ?? '');
    expect(kept?.labels).toEqual({ [id]: label });
    expect(Object.keys(kept?.standbys ?? {})).toEqual([id]);
  });

  it('is nothing of the standby at another place', async () => {
    const { ports } = createFakeCluster();
    await ports.store.write(key, document('old', { old: `${label}x` }), 0);
    expect(await readMemory(ports, id)).toEqual(noMemory);
  });
});

describe('keeping', () => {
  it('says no to a memory that is not the one it was made of, and keeps standbys apart', async () => {
    const { ports: one } = createFakeCluster();
    const second = asStandby(createMemoryProvider({ zone }), 'second');
    const ports = { ...one, standbys: [...one.standbys, second] };
    expect(await keepHolds(ports, id, noMemory, holding(a))).toBe('kept');
    expect(await keepHolds(ports, id, noMemory, holding(b))).toBe('changed');
    const both = ['second', id].map((standby, i) =>
      keepHolds(ports, standby, i === 0 ? noMemory : holding(a), holding(b)),
    );
    expect(await Promise.all(both)).toEqual(['kept', 'kept']);
    expect([...(await readMemory(ports, 'second')).held.keys()]).toEqual([b]);
    expect([...(await readMemory(ports, id)).held.keys()]).toEqual([b]);
  });

  it('writes nothing when nothing has changed', async () => {
    const { ports } = createFakeCluster();
    await keepHolds(ports, id, noMemory, holding(a));
    await keepHolds(ports, id, holding(a), holding(a));
    expect((await ports.store.read(key))?.version).toBe(1);
  });
});

describe('an operator', () => {
  const by = { standby: id, who: 'ada', why: 'agreed' };

  it('sees what is held, and lets out exactly that', async () => {
    const { ports } = createFakeCluster();
    await keepHolds(ports, id, noMemory, holding(a, b));
    const { digest = '', changes } = (await viewHolds(ports))[id] ?? expect.fail();
    expect(changes).toMatchObject([
      { set: a, guard: 'delete-share', since: 5, wants: [], release: 'possible' },
      { set: b, release: 'possible' },
    ]);
    expect(await releaseHolds(ports, { ...by, digest })).toEqual({ status: 'released', changes: 2 });
    expect((await viewHolds(ports))[id]?.changes.map(({ release }) => release)).toEqual(['released', 'released']);
    expect((await readMemory(ports, id)).released.get(a)).toMatchObject({ who: 'ada', why: 'agreed' });
    expect(await releaseHolds(ports, { ...by, digest })).toMatchObject({ status: 'refused' });
  });

  it('is refused when something else is held by now, or nothing is', async () => {
    const { ports } = createFakeCluster();
    expect(await releaseHolds(ports, { ...by, digest: 'x' })).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('no guard holds anything back'),
    });
    await keepHolds(ports, id, noMemory, holding(a));
    const { digest = '' } = (await viewHolds(ports))[id] ?? expect.fail();
    await keepHolds(ports, id, holding(a), holding(a, b));
    const { status, ...rest } = await releaseHolds(ports, { ...by, digest });
    expect([status, rest]).toEqual(['refused', { reason: expect.stringContaining('is not what was shown') }]);
    expect((await readMemory(ports, id)).released.size).toBe(0);
  });

  it('lets nothing out that an outage holds', async () => {
    const { ports } = createFakeCluster();
    const held = new Map([[a, { since: 5, guard: 'cluster-health' as const, wants: [] }]]);
    await keepHolds(ports, id, noMemory, { ...noMemory, held });
    const { digest = '', changes } = (await viewHolds(ports))[id] ?? expect.fail();
    expect(changes).toMatchObject([{ release: 'outage' }]);
    expect(await releaseHolds(ports, { ...by, digest })).toMatchObject({ status: 'refused' });
  });
});

// What is held back from each standby, kept from plan to plan in a document of its own, and let out by an operator: exactly what was shown.
// It judges nothing: the guards are in functions/plan.
import { renamed, renamesOf } from '../../decision/machine/standby-names.ts';
import { LifeboatError } from '../../lib/errors.ts';
import { own } from '../../lib/own.ts';
import { type HoldMemory, noMemory } from '../../plan/memory.ts';
import type { HoldGuard } from '../../plan/plan.ts';
import { releasable, release, releaseDigest } from '../../plan/release.ts';
import { type GivenOrder, withOrder } from '../cluster/given-order.ts';
import { type ClusterPorts, standbyNames } from '../cluster/ports.ts';
import { readRecord, updateRecord } from '../cluster/record.ts';
import { carriedOver, decodeHolds, decodeOrders, encodeHolds, type HoldsByStandby, textOf } from './holds-document.ts';

const maxAttempts = 20;
const hourMs = 3_600_000;
/** What is remembered of a standby that left the configuration is kept for a week, of so many: it may come back with the next deploy. */
const leftForHours = 168;
const mostLeft = 16;

function keyOf(ports: ClusterPorts): string {
  return `clusters/${ports.cluster.id}/holds`;
}

/**
 * | the document                | what the machine knows             | taken for                                             |
 * |-----------------------------|------------------------------------|-------------------------------------------------------|
 * | has the standby             |                                    | what it says                                          |
 * | has it not, or is not there | an older version's holds in the record | those                                             |
 * | has it not, or is not there | nothing is held                    | a zone of which nothing is remembered                 |
 * | has it not, or is not there | something is held                  | lost: every loss of the next plan is held             |
 * | cannot be read              |                                    | lost                                                  |
 */
async function readHolds(ports: ClusterPorts): Promise<ReadHolds> {
  const [stored, { record }] = await Promise.all([ports.store.read(keyOf(ports)), readRecord(ports)]);
  const { document, left } = stored === undefined ? { document: {}, left: {} } : holdsById(ports, stored.value);
  const memoryOf = (id: string): HoldMemory => {
    if (document === undefined) return { ...noMemory, everything: 'forgotten' };
    const isHeld = (own(record.machine.standbys, id)?.heldDeletes ?? 0) > 0;
    const old = own(record.held, id) ?? {};
    const known = own(document, id);
    if (known !== undefined) return known;
    if (Object.keys(old).length > 0) return carriedOver(old, isHeld);
    return isHeld ? { ...noMemory, everything: 'forgotten' } : noMemory;
  };
  const parts = ports.standbys.map(({ id }) => [id, memoryOf(id)] as const);
  const isInRecord = Object.keys(record.held).length > 0;
  const orders = stored === undefined ? [] : decodeOrders(stored.value);
  return { standbys: Object.fromEntries(parts), left, orders, version: stored?.version ?? 0, isInRecord };
}

interface KnownHolds {
  /** By the ids of today; undefined: the text could not be read. */
  readonly document: HoldsByStandby | undefined;
  /** By label, of standbys that are not in the configuration now. */
  readonly left: HoldsByStandby;
}

/** What must not be deleted stays so where a standby has moved, and where one is out of the configuration for a while. */
function holdsById(ports: ClusterPorts, text: string): KnownHolds {
  const document = decodeHolds(text);
  if (document === undefined) return { document, left: {} };
  const names = standbyNames(ports);
  const ids = new Set(names.map(({ id }) => id));
  const places = new Set(['', ...names.map(({ label }) => label)]);
  const known = Object.entries(document.standbys).map(([id, memory]) => {
    const label = own(document.labels, id) ?? '';
    return { id, label, memory: places.has(label) ? memory : asMoved(memory) };
  });
  const renames = renamesOf(Object.fromEntries(known.map(({ id, label }) => [id, label])), names, 'same');
  const isOfToday = ({ id }: { readonly id: string }) => ids.has((renames.has(id) ? renames.get(id) : id) ?? '');
  const since = ports.clock.now() / hourMs - leftForHours;
  const left = known.flatMap(({ id, label }): [string, HoldMemory][] => {
    const memory = own(document.standbys, id);
    const name = label === '' ? id : label;
    const isKept = memory !== undefined && !ids.has(name) && (memory.hours.at(-1)?.hour ?? 0) >= since;
    return isKept && !isOfToday({ id }) ? [[name, memory]] : [];
  });
  const current = known.filter(isOfToday).map(({ id, memory }) => [id, memory] as const);
  return { document: renamed(Object.fromEntries(current), renames), left: Object.fromEntries(left.slice(-mostLeft)) };
}

/** Whoever let something out was shown another zone than this: what is lost here is held until it is let out once more. */
function asMoved(memory: HoldMemory): HoldMemory {
  return memory.released.size === 0 ? memory : { ...memory, released: new Map(), everything: 'forgotten' };
}

/** What is remembered, and the orders that have changed it. */
interface Holds {
  readonly standbys: HoldsByStandby;
  readonly orders: readonly GivenOrder[];
}

interface ReadHolds extends Holds, Pick<KnownHolds, 'left'> {
  readonly version: number;
  /** What an older version kept is still in the record, which is written at each tick. */
  readonly isInRecord: boolean;
}

/** What is remembered of one standby. */
export async function readMemory(ports: ClusterPorts, standby: string): Promise<HoldMemory> {
  return own((await readHolds(ports)).standbys, standby) ?? noMemory;
}

/** Keeps the memory of one standby, unless it is no longer `before`; of the others nothing changes. */
export async function keepHolds(
  ports: ClusterPorts,
  standby: string,
  before: HoldMemory,
  after: HoldMemory,
): Promise<'kept' | 'changed'> {
  const outcome = await change(ports, async ({ standbys, orders }) => {
    if (textOf(own(standbys, standby) ?? noMemory) !== textOf(before)) return undefined;
    return { standbys: { ...standbys, [standby]: after }, orders };
  });
  return outcome === undefined ? 'changed' : 'kept';
}

/** Compare-and-swap; `next` gives nothing when nothing is to be done. */
async function change(
  ports: ClusterPorts,
  next: (holds: Holds) => Promise<Holds | undefined>,
): Promise<Holds | undefined> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const { version, isInRecord, left, ...holds } = await readHolds(ports);
    const changed = await next(holds);
    if (changed === undefined) return undefined;
    const labels = Object.fromEntries(standbyNames(ports).map(({ id, label }) => [id, label]));
    const textFor = ({ standbys, orders }: Holds) =>
      encodeHolds({ standbys: { ...left, ...standbys }, labels }, orders);
    const text = textFor(changed);
    if (version > 0 && text === textFor(holds)) return changed;
    const { status } = await ports.store.write(keyOf(ports), text, version);
    if (status !== 'written') continue;
    if (isInRecord) await updateRecord(ports, (record) => ({ ...record, held: {} }));
    return changed;
  }
  const reason = `what is held back of cluster ${ports.cluster.id} could not be written: ${maxAttempts} times another writer was faster`;
  throw new LifeboatError('store', reason);
}

/** What is held back from one standby, for people. */
export interface HeldView {
  /** Over what a release would let out; the order names it, so that nothing else is. */
  readonly digest: string;
  /** All of them, also where not all are listed. */
  readonly total: number;
  /** How many of them a release lets out. */
  readonly releasable: number;
  /** At most a thousand: first those that a release lets out, of equals the longest held first. */
  readonly changes: readonly HeldChangeView[];
}

const mostListed = 1000;

/** `outage`: let out by itself when the cluster is healthy, unless a guard holds it then. `released`: an operator let it out. */
export const releaseStates = ['possible', 'outage', 'released'] as const;

export interface HeldChangeView {
  /** Name and type. */
  readonly set: string;
  readonly guard: HoldGuard;
  readonly since: number;
  /** What the set would hold; none when it would be deleted. */
  readonly wants: readonly string[];
  readonly release: (typeof releaseStates)[number];
}

export type HeldByStandby = Readonly<Record<string, HeldView>>;

const rank = ({ release: state }: HeldChangeView) => (state === 'possible' ? 0 : 1);

/** By the standby's id. */
export async function viewHolds(ports: ClusterPorts): Promise<HeldByStandby> {
  const { standbys } = await readHolds(ports);
  const views = Object.entries(standbys).map(async ([id, memory]) => {
    const possible = releasable(memory);
    const changes = [...memory.held].map(([set, { guard, since, wants }]): HeldChangeView => {
      const state = possible.has(set) ? 'possible' : guard === 'cluster-health' ? 'outage' : 'released';
      return { set, guard, since, wants, release: state };
    });
    changes.sort((a, b) => rank(a) - rank(b) || a.since - b.since);
    const listed = changes.slice(0, mostListed);
    const digest = await releaseDigest(memory);
    return [id, { digest, total: changes.length, releasable: possible.size, changes: listed }] as const;
  });
  return Object.fromEntries(await Promise.all(views));
}

export interface ReleaseRequest {
  readonly standby: string;
  /** Of the view that the operator saw. */
  readonly digest: string;
  /** Go into the plan's words. */
  readonly who: string;
  readonly why: string;
}

export type ReleaseOutcome =
  /** So many changes: the next publication of a snapshot that still asks for them lets them out. */
  | { readonly status: 'released'; readonly changes: number; readonly order?: GivenOrder }
  /** The order's key has been used: nothing was done now. */
  | { readonly status: 'given-before'; readonly order: GivenOrder }
  | { readonly status: 'refused'; readonly reason: string };

/** An order with an idempotency key: it is kept with what it lets out, in one write, and not carried out twice. */
export interface KeyedRelease {
  readonly key: string;
  /** What is kept of it, when it lets out so many changes. */
  readonly orderOf: (changes: number) => GivenOrder;
}

/** Lets out what the digest names: all that is held back from one standby by a guard, as it was shown. */
export async function releaseHolds(
  ports: ClusterPorts,
  { standby, digest, who, why }: ReleaseRequest,
  keyed?: KeyedRelease,
): Promise<ReleaseOutcome> {
  let outcome: ReleaseOutcome = { status: 'refused', reason: '' };
  await change(ports, async ({ standbys, orders }) => {
    const memory = own(standbys, standby) ?? noMemory;
    outcome = await judge(memory, orders, { standby, digest }, keyed?.key);
    if (outcome.status !== 'released') return undefined;
    const changed = { ...standbys, [standby]: release(memory, { at: ports.clock.now(), who, why }) };
    if (keyed === undefined) return { standbys: changed, orders };
    const order = keyed.orderOf(outcome.changes);
    outcome = { ...outcome, order };
    return { standbys: changed, orders: withOrder(orders, order) };
  });
  return outcome;
}

/** What would become of it. */
async function judge(
  memory: HoldMemory,
  orders: readonly GivenOrder[],
  { standby, digest }: Pick<ReleaseRequest, 'standby' | 'digest'>,
  key: string | undefined,
): Promise<ReleaseOutcome> {
  const order = orders.find((one) => one.key === key);
  if (order !== undefined) return { status: 'given-before', order };
  const changes = releasable(memory).size;
  if (changes === 0) return { status: 'refused', reason: `no guard holds anything back from ${standby}` };
  const actual = await releaseDigest(memory);
  if (actual === digest) return { status: 'released', changes };
  const reason = `what is held back from ${standby} is not what was shown (${actual}, not ${digest}): look at it again`;
  return { status: 'refused', reason };
}

// The guards that hold losses back; the table is in guards.ts. They look at what is taken away only: what a plan adds goes out whatever
// they say. Each returns what it holds, with the numbers.
import { type RecordType, rrsetKey } from '../records/rrset.ts';
import { changeKey } from './diff.ts';
import { endpointsOf, isOfPodsIn } from './endpoints.ts';
import { capped, count, maxNamesListed } from './findings.ts';
import type { GuardInput } from './guard-input.ts';
import { addressesGained, addressesIn, addressesLost, changesWholly, hasAsMany, type Loss, shrinks } from './losses.ts';
import { dayOf, ownIn, setsIn } from './memory.ts';
import { namespaceIn, serviceIn } from './ownership.ts';
import { type Change, changeTarget, type Finding, type HoldGuard } from './plan.ts';

/** The losses that a guard keeps back, and what it says of them. */
export interface Hold {
  readonly guard: HoldGuard;
  readonly findings: readonly Finding[];
  readonly losses: readonly Loss[];
}

/** From this share on the number does not matter. */
const shareOfAnyZone = 0.5;
/** Types that a workload looks a Service up by. */
const lookupTypes: ReadonlySet<RecordType> = new Set(['A', 'AAAA', 'CNAME']);

/** A set of one value that changes it is no loss here: a Service that is made anew has another address. */
export function heldByHealth({ clusterHealthy }: GuardInput, losses: readonly Loss[]): readonly Hold[] {
  const held = losses.filter((loss) => loss.kind !== 'replace' || shrinks(loss));
  if (clusterHealthy || held.length === 0) return [];
  const deletes = held.filter(({ kind }) => kind === 'delete').length;
  const others = held.length - deletes;
  const what = [
    ...(deletes === 0 ? [] : [count(deletes, 'delete')]),
    ...(others === 0 ? [] : [`what ${count(others, 'record set')} would lose`]),
  ].join(' and ');
  const reason = `the cluster is not healthy, or was not when the snapshot was taken: ${what} held back, no name and no address is removed in an outage`;
  return [hold('cluster-health', reason, { deletes, values: others }, held)];
}

/** Of what was held before, all stays held, whatever this plan's numbers are. `spokenOf`: of these another guard speaks anyway. */
export function heldBefore(input: GuardInput, losses: readonly Loss[], spokenOf: ReadonlySet<Loss>): readonly Hold[] {
  if (losses.length === 0) return [];
  const { memory, now, zone } = input;
  const own = ownIn(memory, zone);
  const { isReplaced } = endpointsOf(input, losses, own);
  const isBack = (loss: Loss) =>
    isReplaced(loss) || (loss.kind === 'replace' && (!shrinks(loss) || hasAsMany(loss, own)));
  const byGuard = Map.groupBy(losses, (loss) => guardBefore(memory, loss, isBack));
  return [...byGuard].flatMap(([guard, held]) => {
    if (guard === undefined) return [];
    const quiet = held.filter((loss) => !spokenOf.has(loss));
    if (quiet.length === 0) return [{ guard, findings: [], losses: held }];
    const since = quiet
      .flatMap((loss) => loss.changes)
      .reduce((oldest, change) => Math.min(oldest, memory.held.get(changeKey(change))?.since ?? now), now);
    const words = `${count(quiet.length, 'loss', 'es')} held back by ${guard} since ${new Date(since).toISOString()}: until the source has them again or an operator releases them`;
    return [{ ...hold(guard, words, { held: quiet.length }, quiet), losses: held }];
  });
}

/**
 * What was to go, or to lose addresses, and has as many again is wanted again, whatever they are now: only what holds single values too goes
 * on holding it.
 */
function guardBefore(
  { held }: GuardInput['memory'],
  loss: Loss,
  isBack: (loss: Loss) => boolean,
): HoldGuard | undefined {
  const guards = loss.changes.map((change) => held.get(changeKey(change))?.guard);
  const guard = guards.find((one) => one !== undefined && one !== 'cluster-health');
  return guard !== undefined && !holdsMoves.has(guard) && isBack(loss) ? undefined : guard;
}

/** Guards that hold the one value of a set as well. */
const holdsMoves: ReadonlySet<HoldGuard> = new Set(['renumbered', 'forgotten', 'too-many']);

export function heldAltogether({ memory }: GuardInput, losses: readonly Loss[]): readonly Hold[] {
  if (memory.everything === null || losses.length === 0) return [];
  const why =
    memory.everything === 'forgotten'
      ? 'which losses were held back is not known any more'
      : 'more losses are held back than can be kept by name';
  return [
    hold(
      memory.everything,
      `${why}: all ${count(losses.length, 'loss', 'es')} of this plan held back`,
      { held: losses.length },
      losses,
    ),
  ];
}

/** What is gone set by set, or is missing to the largest of the last day: what comes in the place of what goes is no loss of size. */
export function heldByShare(input: GuardInput, losses: readonly Loss[]): readonly Hold[] {
  const { zone, changes, current, memory } = input;
  const { isOfLiving } = endpointsOf(input, losses, ownIn(memory, zone));
  const deletes = losses.filter((loss) => loss.kind === 'delete' && !isOfLiving(loss));
  if (deletes.length === 0) return [];
  const sizeOf = (some: readonly Change[]) => setsIn(zone, some.map(changeTarget));
  const gone = sizeOf(deletes.flatMap((loss) => loss.changes));
  const added = sizeOf(changes.filter(({ action }) => action === 'create'));
  const most = dayOf(memory, zone, current).sets;
  const fewer = Math.max(gone, most - (setsIn(zone, current) + added - gone));
  const over = excess(input, fewer, most);
  if (over === undefined) return heldByServices(input, deletes);
  const reason = `${fewer.toLocaleString('en-US')} of ${count(most, 'record set')} of the last day would be gone, ${over.words}: these deletes are held back`;
  const numbers = { deletes: deletes.length, fewer, current: current.length, largest: most, ...over.numbers };
  return [hold('delete-share', reason, numbers, deletes)];
}

/** A small zone is half made of what every cluster has, and of ports: there the Services count that go wholly. */
function heldByServices({ zone, current, policy }: GuardInput, deletes: readonly Loss[]): readonly Hold[] {
  const serviceOf = serviceIn(zone);
  const gone = new Set(deletes.flatMap(({ changes }) => changes.map(changeKey)));
  const all = new Set(current.map(({ name }) => serviceOf(name)));
  const left = new Set(current.filter((set) => !gone.has(rrsetKey(set))).map(({ name }) => serviceOf(name)));
  const lost = all.size - left.size;
  const over = excessOf(lost, all.size, Math.max(policy.maxDeleteShare, shareOfAnyZone));
  if (over === undefined) return [];
  const reason = `${lost} of ${count(all.size, 'Service')} would be gone, ${over.words}: these deletes are held back`;
  return [hold('delete-share', reason, { services: lost, largest: all.size, ...over.numbers }, deletes)];
}

/** `losses`: those that are not held for their share already. Counted set by set, and from the largest of the last day on. */
export function heldByAddresses(input: GuardInput, losses: readonly Loss[]): readonly Hold[] {
  const { changes, current, memory } = input;
  const own = ownIn(memory, input.zone);
  const { isOfLiving, isReplaced } = endpointsOf(input, losses, own);
  const losing = losses.filter((loss) => !isReplaced(loss) && (addressesLost(loss, own) > 0 || isOfLiving(loss)));
  const lost = losing.reduce((sum, loss) => sum + addressesLost(loss, own), 0);
  const gained = changes.reduce((sum, change) => sum + Math.max(0, addressesGained(change, own)), 0);
  const most = dayOf(memory, input.zone, current).addresses;
  const fewer = Math.max(lost, most - (addressesIn(current, own) + gained - lost));
  const over = excess(input, fewer, most);
  if (losing.length === 0 || over === undefined) return [];
  const reason = `${fewer.toLocaleString('en-US')} of ${count(most, 'address', 'es')} of the last day would be gone, ${over.words}: what ${count(losing.length, 'record set')} would lose is held back`;
  return [
    hold('addresses-lost', reason, { addresses: fewer, largest: most, sets: losing.length, ...over.numbers }, losing),
  ];
}

/**
 * Many sets with none of their old values are another cluster's, or one that was made anew: but for those of pods, which have new addresses
 * whenever they start. Names that every cluster must have are the
 * anchor: when one of them has moved, two are enough.
 */
export function heldAsRenumbered(input: GuardInput, losses: readonly Loss[]): readonly Hold[] {
  const { zone, desired, current, policy, clusterHealthy } = input;
  const moved = losses.filter(({ changes: [change] }) => {
    return change?.action === 'replace' && lookupTypes.has(change.after.type) && changesWholly(change);
  });
  const isAnchor = (loss: Loss) => loss.changes.some((change) => policy.mustHave.includes(changeTarget(change).name));
  if (moved.length < 2) return [];
  const isOfPods = isOfPodsIn(zone, current, desired);
  const all = current.filter((set) => lookupTypes.has(set.type) && !isOfPods(set)).length;
  const counted = moved.filter(({ changes }) => changes.some((change) => !isOfPods(changeTarget(change)))).length;
  const over = moved.some(isAnchor) ? excessOf(counted, all, 0) : excess(input, counted, all);
  // In an outage sets of several values keep the old ones anyway, and the new ones may be the living.
  const held = clusterHealthy ? moved : moved.filter((loss) => !shrinks(loss));
  if (over === undefined || held.length === 0) return [];
  const reason = `${counted.toLocaleString('en-US')} of ${count(all, 'record set')} with addresses would change all of them, ${over.words}: another cluster, or one made anew? They keep what they have`;
  return [hold('renumbered', reason, { renumbered: counted, current: all, ...over.numbers }, held)];
}

/** One hold a namespace; beyond the limit of findings the last one tells of the rest, and all of them are held. */
export function heldByNamespace({ zone, desired, current }: GuardInput, losses: readonly Loss[]): readonly Hold[] {
  const namespaceOf = namespaceIn(zone);
  const living = new Set(desired.map((set) => namespaceOf(set.name)));
  const deletes = losses.filter(({ kind }) => kind === 'delete');
  const lost = Map.groupBy(deletes, (loss) => loss.changes.map((change) => namespaceOf(changeTarget(change).name))[0]);
  const gone = [...lost].filter(([namespace]) => namespace !== undefined && !living.has(namespace));
  const findings = capped(gone, ([namespace, of]) => {
    const reason = `all ${count(of.length, 'record set')} of the namespace ${namespace} would be deleted: these deletes are held back`;
    return findingOf('namespace-lost', reason, { deletes: of.length, current: current.length }, of);
  });
  return [{ guard: 'namespace-lost', findings, losses: gone.flatMap(([, of]) => of) }];
}

interface Excess {
  readonly words: string;
  readonly numbers: { readonly percent: number; readonly maxPercent: number };
}

/** Is it more than the policy allows? A few only from one half up. */
function excess({ policy }: GuardInput, number: number, of: number): Excess | undefined {
  const { maxDeleteShare, minDeletesToHold } = policy;
  return excessOf(number, of, number >= minDeletesToHold ? maxDeleteShare : Math.max(maxDeleteShare, shareOfAnyZone));
}

/** One alone never is too much. */
function excessOf(number: number, of: number, most: number): Excess | undefined {
  const share = of === 0 ? 0 : number / of;
  if (number < 2 || share <= most) return undefined;
  const [percent, maxPercent] = [percentOf(share), percentOf(most)];
  return { words: `${percent} %, more than ${maxPercent} %`, numbers: { percent, maxPercent } };
}

function hold(guard: HoldGuard, reason: string, numbers: Finding['numbers'], losses: readonly Loss[]): Hold {
  return { guard, findings: [findingOf(guard, reason, numbers, losses)], losses };
}

function findingOf(guard: HoldGuard, reason: string, numbers: Finding['numbers'], losses: readonly Loss[]): Finding {
  const names = losses.flatMap((loss) => loss.changes.map((change) => changeTarget(change).name));
  return { guard, effect: 'hold', reason, numbers, names: [...new Set(names)].slice(0, maxNamesListed) };
}

/** A share in percent, one digit after the point. */
function percentOf(share: number): number {
  return Math.round(share * 1000) / 10;
}

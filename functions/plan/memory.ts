// What has to be remembered of one zone from plan to plan, so that a hold is not forgotten by the next one: what is held and released, and how
// large the zone was in the last day. Pure data in and out; functions/tasks/publish/holds.ts keeps it.
import type { Name } from '../records/name.ts';
import { type Rrset, rrsetKey } from '../records/rrset.ts';
import { changeKey } from './diff.ts';
import { endpointServiceIn } from './endpoints.ts';
import { addressesIn, addressesLost, type Loss, lossesAmong, type OwnValues } from './losses.ts';
import { type Change, changeTarget, type HoldGuard, type Plan, wantedValues } from './plan.ts';

/** A change that is held: since when, by which guard, and what the set would hold after it. */
export interface HeldSet {
  readonly since: number;
  readonly guard: HoldGuard;
  readonly wants: readonly string[];
}

/** A change that an operator has let out: this one, and no other of the same set. */
export interface ReleasedSet {
  readonly wants: readonly string[];
  readonly at: number;
  readonly who: string;
  readonly why: string;
}

/** One hour of the last day. */
export interface Hour {
  /** Hours since the epoch. */
  readonly hour: number;
  /** The most that the zone held while the cluster was healthy: record sets, but for the names of endpoints, and addresses. */
  readonly sets: number;
  readonly addresses: number;
}

export interface HoldMemory {
  /** By rrsetKey. */
  readonly held: ReadonlyMap<string, HeldSet>;
  readonly released: ReadonlyMap<string, ReleasedSet>;
  /**
   * By rrsetKey, of sets of which something was held: how many values they had then. What was kept beside new values is not lost a second
   * time when it goes. Kept until the zone shows that it has gone.
   */
  readonly had: ReadonlyMap<string, number>;
  /** At most 25, oldest first. */
  readonly hours: readonly Hour[];
  /** Every loss is held: what was held is not known any more, or more is held than can be named. */
  readonly everything: 'forgotten' | 'too-many' | null;
}

export const noMemory: HoldMemory = {
  held: new Map(),
  released: new Map(),
  had: new Map(),
  hours: [],
  everything: null,
};

/** More than these are not kept by name. */
export const maxHeld = 50_000;

const hourMs = 3_600_000;
const hoursOfADay = 24;

/** The memory as of `now`. */
export function recall(memory: HoldMemory, now: number): HoldMemory {
  const hour = Math.floor(now / hourMs);
  // An hour of the future is one of a clock that was set back.
  const known = memory.hours
    .filter((one) => one.hour >= hour - hoursOfADay)
    .map((one) => ({ ...one, hour: Math.min(one.hour, hour) }));
  return { ...memory, hours: merged(known) };
}

function merged(hours: readonly Hour[]): readonly Hour[] {
  const byHour = [...Map.groupBy(hours, ({ hour }) => hour)].sort(([a], [b]) => a - b);
  return byHour.map(([hour, same]) => ({
    hour,
    sets: Math.max(...same.map(({ sets }) => sets)),
    addresses: Math.max(...same.map(({ addresses }) => addresses)),
  }));
}

/** Record sets, but for the names of endpoints: those come and go with pods, and their Service's own set says how many there are. */
export function setsIn(zone: Name, sets: readonly Pick<Rrset, 'name' | 'type'>[]): number {
  const serviceOf = endpointServiceIn(zone);
  return sets.filter((set) => serviceOf(set) === undefined).length;
}

/** The largest that the zone was in the last day, or is. */
export function dayOf(memory: HoldMemory, zone: Name, current: readonly Rrset[]): Omit<Hour, 'hour'> {
  const { hours } = memory;
  return {
    sets: Math.max(setsIn(zone, current), ...hours.map(({ sets }) => sets)),
    addresses: Math.max(addressesIn(current, ownIn(memory, zone)), ...hours.map(({ addresses }) => addresses)),
  };
}

/** Without what is in the zone only because it was held: dead addresses beside new ones, and the names of dead endpoints. */
export function ownIn({ had, held }: Pick<HoldMemory, 'had' | 'held'>, zone: Name): OwnValues {
  const serviceOf = endpointServiceIn(zone);
  if (had.size === 0 && held.size === 0) return ({ values }) => values.length;
  return (set) => {
    const key = rrsetKey(set);
    if (held.get(key)?.wants.length === 0 && serviceOf(set) !== undefined) return 0;
    return Math.min(set.values.length, had.get(key) ?? set.values.length);
  };
}

/** What lets a change out though a guard would hold it. */
export interface Pass {
  readonly memory: HoldMemory;
  readonly now: number;
  /** A hold that is older lets go by itself; 0: never. */
  readonly holdExpiresAfterMs: number;
}

/** Was this very loss released, or has its hold expired? All changes of a switch must be. */
export function passes(
  { memory, now, holdExpiresAfterMs }: Pass,
  { changes }: Loss,
): 'released' | 'expired' | undefined {
  const isReleased = (change: Change) =>
    sameValues(memory.released.get(changeKey(change))?.wants, wantedValues(change));
  if (changes.every(isReleased)) return 'released';
  const isExpired = (change: Change) => {
    const held = memory.held.get(changeKey(change));
    return held !== undefined && held.guard !== 'cluster-health' && now - held.since >= holdExpiresAfterMs;
  };
  return holdExpiresAfterMs > 0 && changes.every(isExpired) ? 'expired' : undefined;
}

/**
 * The memory after a plan, to be kept before anything of it is written. What is not asked for any more is neither held nor released. A
 * refused plan holds nothing and forgets nothing. `memory` as recalled; `current` the sets that the plan was made over.
 */
export function remember(pass: Pass, plan: Plan, current: readonly Rrset[], clusterHealthy: boolean): HoldMemory {
  const { memory, now } = pass;
  if (plan.status === 'refused') return memory;
  const hour = Math.floor(now / hourMs);
  const own = ownIn(memory, plan.zone);
  const size = { hour, sets: setsIn(plan.zone, current), addresses: addressesIn(current, own) };
  const letOut = lossesAmong(plan.changes).filter((loss) => passes(pass, loss) !== undefined);
  const held = plan.held
    .slice(0, maxHeld)
    .map(
      ({ change, guard, heldSince }) =>
        [changeKey(change), { since: heldSince, guard, wants: wantedValues(change) }] as const,
    );
  return {
    held: new Map(held),
    released: stillAsked(memory.released, plan),
    had: hadAfter(memory, plan),
    hours: without(plan.zone, letOut, own, merged(clusterHealthy ? [...memory.hours, size] : memory.hours)),
    everything: plan.held.length > maxHeld ? 'too-many' : null,
  };
}

/** Of what is held now, and of what was and is to change by this plan: whether it did, the next one sees. */
function hadAfter({ had }: HoldMemory, { changes, held }: Plan): HoldMemory['had'] {
  const all = [...changes.filter((change) => had.has(changeKey(change))), ...held.map(({ change }) => change)];
  const known = all.flatMap((change) => {
    if (change.action !== 'replace') return [];
    return [[changeKey(change), had.get(changeKey(change)) ?? change.before.values.length] as const];
  });
  return new Map(known.slice(0, maxHeld));
}

/** What a person lets out makes the zone smaller for good: what is left is measured anew. */
function without(zone: Name, letOut: readonly Loss[], own: OwnValues, hours: readonly Hour[]): readonly Hour[] {
  if (letOut.length === 0) return hours;
  const sets = setsIn(
    zone,
    letOut.filter(({ kind }) => kind === 'delete').flatMap(({ changes }) => changes.map(changeTarget)),
  );
  const addresses = letOut.reduce((sum, loss) => sum + addressesLost(loss, own), 0);
  return hours.map((one) => ({
    ...one,
    sets: Math.max(0, one.sets - sets),
    addresses: Math.max(0, one.addresses - addresses),
  }));
}

function stillAsked(released: HoldMemory['released'], { changes, held }: Plan): HoldMemory['released'] {
  if (released.size === 0) return released;
  const asked = new Map([...changes, ...held.map(({ change }) => change)].map((one) => [changeKey(one), one]));
  const isAsked = (key: string, { wants }: ReleasedSet) => {
    const change = asked.get(key);
    return change !== undefined && sameValues(wants, wantedValues(change));
  };
  return new Map([...released].filter(([key, one]) => isAsked(key, one)));
}

function sameValues(a: readonly string[] | undefined, b: readonly string[]): boolean {
  return a !== undefined && a.length === b.length && a.every((value, i) => value === b[i]);
}

// Which deliveries are to be sent now, and by whom: claims, the order of what waits, and how many may be under way at once. Pure.
import type { Alert } from './alert.ts';
import type { Claimant, Delivery } from './delivery.ts';
import type { Outbox } from './outbox.ts';
import { show } from './shown.ts';

/** The longest wait that a receiver may ask for. */
export const maxAskedWaitMs = 3_600_000;
/** Clocks of hosts that share an outbox differ by less. */
const toleranceMs = 60_000;
/** Deliveries of one channel at once. */
export const mostUnderWay = 5;
/** Of these so many at most that are not critical: a critical page finds a place at once, however slow the receiver. */
export const mostLesserUnderWay = 3;

/** How long a claim on a delivery of this channel lasts: longer than the channel takes, so that what outlasts it was left by the dead. */
export type LeaseOf = (channel: string) => number;

/** All that may be sent now, the most urgent first; how many of it at once is not counted here. */
export function due(outbox: Outbox, now: number): readonly Delivery[] {
  return lanesOf(outbox)
    .filter(({ head }) => isDue(head, now))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ head }) => head);
}

/**
 * Takes what is due, as far as there are places, and keeps it from others until the lease ends or the claimant's next life takes over.
 *
 * | what                         | rule                                                                                             |
 * |------------------------------|--------------------------------------------------------------------------------------------------|
 * | one incident and channel     | one at a time, in the order in which they came: no resolve overtakes its trigger                 |
 * | one channel                  | critical before warning before info, then triggers before resolves, then the older               |
 * | a milder one before a more urgent one of the same incident | as urgent as that                                                  |
 * | places of one channel        | `mostUnderWay`, of them `mostLesserUnderWay` for what is not critical                            |
 */
export function claim(
  outbox: Outbox,
  claimant: Claimant,
  leaseOf: LeaseOf,
  now: number,
): { readonly outbox: Outbox; readonly deliveries: readonly Delivery[] } {
  const lanes = lanesOf(outbox);
  const places = new Map<string, Places>();
  const placesOf = (channel: string) => places.get(channel) ?? { all: mostUnderWay, lesser: mostLesserUnderWay };
  const take = ({ head, rank }: Lane) => {
    const { all, lesser } = placesOf(head.channel);
    places.set(head.channel, { all: all - 1, lesser: isLesser(rank) ? lesser - 1 : lesser });
  };
  for (const lane of lanes) if (isClaimed(lane.head, now)) take(lane);
  const taken = new Map<string, Delivery>();
  for (const lane of lanes.toSorted((a, b) => a.rank - b.rank)) {
    const { head, rank } = lane;
    const { all, lesser } = placesOf(head.channel);
    if (!isDue(head, now) || all < 1 || (isLesser(rank) && lesser < 1)) continue;
    take(lane);
    taken.set(head.id, { ...head, claim: { ...claimant, until: now + leaseOf(head.channel) } });
  }
  if (taken.size === 0) return { outbox, deliveries: [] };
  // A claim that ran out: whoever held it may have sent it.
  const doubtful = outbox.pending.filter((one) => one.claim !== null && taken.has(one.id));
  const pending = outbox.pending.map((one) => taken.get(one.id) ?? one);
  return { outbox: doubtful.reduce(show, { ...outbox, pending }), deliveries: [...taken.values()] };
}

/**
 * The claims of this seat's earlier lives are free: what they have under way nobody will report any more. Others keep theirs, and so do the
 * lives of this seat that are `living`.
 */
export function takeOver(outbox: Outbox, { seat, life }: Claimant, living: ReadonlySet<string> = new Set()): Outbox {
  const isLeft = ({ claim }: Delivery) =>
    claim !== null && claim.seat === seat && claim.life !== life && !living.has(claim.life);
  const left = outbox.pending.filter(isLeft);
  if (left.length === 0) return outbox;
  const pending = outbox.pending.map((one) => (isLeft(one) ? { ...one, claim: null } : one));
  return left.reduce(show, { ...outbox, pending });
}

interface Places {
  readonly all: number;
  readonly lesser: number;
}

/** What waits for one channel about one incident. */
interface Lane {
  /** The oldest: the only one that may be sent. */
  readonly head: Delivery;
  /** The smaller the sooner: that of its most urgent one. */
  readonly rank: number;
}

function lanesOf({ pending }: Outbox): readonly Lane[] {
  const lanes = new Map<string, Lane>();
  for (const delivery of pending) {
    const key = JSON.stringify([delivery.channel, delivery.alert.dedupKey]);
    const { head = delivery, rank = rankOf(delivery.alert) } = lanes.get(key) ?? {};
    lanes.set(key, { head, rank: Math.min(rank, rankOf(delivery.alert)) });
  }
  return [...lanes.values()];
}

const severityRank: Readonly<Record<Alert['severity'], number>> = { critical: 0, warning: 2, info: 4 };
const firstLesserRank = severityRank.warning;

function rankOf({ severity, action }: Alert): number {
  return severityRank[severity] + (action === 'resolve' ? 1 : 0);
}

/** The most urgent first, as far as one can tell from each by itself. */
export function byUrgency(a: Delivery, b: Delivery): number {
  return rankOf(a.alert) - rankOf(b.alert);
}

function isLesser(rank: number): boolean {
  return rank >= firstLesserRank;
}

function isDue(delivery: Delivery, now: number): boolean {
  return !isClaimed(delivery, now) && (delivery.notBefore <= now || isFromTheFuture(delivery, now));
}

/** The longest lease that any channel can have, with room. */
const maxLeaseMs = 180_000;

function isClaimed({ claim }: Delivery, now: number): boolean {
  return claim !== null && claim.until > now && claim.until <= now + maxLeaseMs + toleranceMs;
}

/** The clock was set back since: waiting for the old time to come again could hold a page up for as long. */
function isFromTheFuture({ enqueuedAt, notBefore }: Delivery, now: number): boolean {
  return enqueuedAt > now + toleranceMs || notBefore > now + maxAskedWaitMs + toleranceMs;
}

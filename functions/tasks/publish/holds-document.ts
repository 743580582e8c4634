// The stored text of what is remembered of a cluster's standby zones from plan to plan. A document of its own, since it can be large and
// is written when a plan is made, not at each tick. It reads and writes no store.
import { z } from 'zod';
import { renamed, reversed, storedNames } from '../../decision/machine/standby-names.ts';
import { type HoldMemory, noMemory } from '../../plan/memory.ts';
import { holdGuards } from '../../plan/plan.ts';
import { type GivenOrder, givenOrder } from '../cluster/given-order.ts';

const instant = z.number();
const count = z.int().min(0);
const values = z.array(z.string());

const memoryShape = z.object({
  held: z.record(z.string(), z.object({ since: instant, guard: z.enum(holdGuards), wants: values })),
  released: z.record(z.string(), z.object({ wants: values, at: instant, who: z.string(), why: z.string() })),
  had: z.record(z.string(), count).default({}),
  hours: z.array(z.object({ hour: count, sets: count, addresses: count })),
  everything: z.enum(['forgotten', 'too-many']).nullable(),
});

/** By the standby's id, or by its label where that is all that was stored. */
export type HoldsByStandby = Readonly<Record<string, HoldMemory>>;

const documentShape = z.object({
  format: z.literal(1),
  /** By label, as the record has them (standby-names.ts). */
  standbys: z.record(z.string(), memoryShape),
  /** By label: the id of the standby that is stored under it. */
  ids: z.record(z.string(), z.string()).default({}),
});

// Since 0.3: releases that came with an idempotency key. Read by itself: an order that cannot be read must cost no hold.
const ordersShape = z.object({ orders: z.array(givenOrder).default([]) });

export interface HoldsDocument {
  readonly standbys: HoldsByStandby;
  /** By id: how a standby is known again whose id the configuration has changed. */
  readonly labels: Readonly<Record<string, string>>;
}

export function encodeHolds({ standbys, labels }: HoldsDocument, orders: readonly GivenOrder[] = []): string {
  const parts = Object.entries(standbys).map(([id, memory]) => [id, storedOf(memory)] as const);
  const names = storedNames(labels);
  const ids = Object.fromEntries(reversed(names));
  const kept = orders.length === 0 ? {} : { orders };
  return JSON.stringify({ format: 1, standbys: renamed(Object.fromEntries(parts), names), ids, ...kept });
}

/** undefined: the text cannot be read. */
export function decodeHolds(text: string): HoldsDocument | undefined {
  const parsed = documentShape.safeParse(jsonOf(text));
  if (!parsed.success) return undefined;
  const parts = Object.entries(parsed.data.standbys).map(([id, { held, released, had, ...rest }]) => {
    const maps = { held: new Map(Object.entries(held)), released: new Map(Object.entries(released)) };
    const memory = { ...rest, ...maps, had: new Map(Object.entries(had)) };
    return [id, memory] as const;
  });
  const ids = new Map(Object.entries(parsed.data.ids));
  return { standbys: renamed(Object.fromEntries(parts), ids), labels: Object.fromEntries(reversed(ids)) };
}

export function decodeOrders(text: string): readonly GivenOrder[] {
  const parsed = ordersShape.safeParse(jsonOf(text));
  return parsed.success ? parsed.data.orders : [];
}

/** Of equal memories the same text. */
export function textOf(memory: HoldMemory): string {
  return JSON.stringify(storedOf(memory));
}

/** What an older version kept in the record: keys and since when. Which guard held them is not known; `isGuarded`: it was one in peace. */
export function carriedOver(held: Readonly<Record<string, number>>, isGuarded: boolean): HoldMemory {
  const guard = isGuarded ? 'delete-share' : 'cluster-health';
  const sets = Object.entries(held).map(([key, since]) => [key, { since, guard, wants: [] }] as const);
  return { ...noMemory, held: new Map(sets) };
}

function storedOf({ held, released, had, ...rest }: HoldMemory) {
  const [byHeld, byReleased] = [Object.fromEntries(held), Object.fromEntries(released)];
  return { held: byHeld, released: byReleased, had: Object.fromEntries(had), ...rest };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

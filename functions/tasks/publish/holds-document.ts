// The stored text of what is remembered of a cluster's standby zones from plan to plan. A document of its own, since it can be large and
// is written when a plan is made, not at each tick. It reads and writes no store.
import { z } from 'zod';
import { type HoldMemory, noMemory } from '../../plan/memory.ts';
import { holdGuards } from '../../plan/plan.ts';

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

/** By provider label. */
export type HoldsByStandby = Readonly<Record<string, HoldMemory>>;

const documentShape = z.object({ format: z.literal(1), standbys: z.record(z.string(), memoryShape) });

export function encodeHolds(standbys: HoldsByStandby): string {
  const parts = Object.entries(standbys).map(([label, memory]) => [label, storedOf(memory)] as const);
  return JSON.stringify({ format: 1, standbys: Object.fromEntries(parts) });
}

/** undefined: the text cannot be read. */
export function decodeHolds(text: string): HoldsByStandby | undefined {
  const parsed = documentShape.safeParse(jsonOf(text));
  if (!parsed.success) return undefined;
  const parts = Object.entries(parsed.data.standbys).map(([label, { held, released, had, ...rest }]) => {
    const maps = { held: new Map(Object.entries(held)), released: new Map(Object.entries(released)) };
    const memory = { ...rest, ...maps, had: new Map(Object.entries(had)) };
    return [label, memory] as const;
  });
  return Object.fromEntries(parts);
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

// An order with an idempotency key as it is kept, in one write with what it did: what was ordered, by its digest, and what was answered. How it is
// answered the next time is in control/orders.ts.
import { z } from 'zod';
import { phases } from '../../decision/machine/state.ts';

export const givenOrder = z.object({
  key: z.string(),
  /** Of the order, so that its words are not stored twice. */
  digest: z.string(),
  at: z.number(),
  reason: z.string(),
  phase: z.enum(phases),
  /** False: its key is taken, and it is being carried out elsewhere than in the record. */
  isDone: z.boolean().default(true),
});
export type GivenOrder = z.infer<typeof givenOrder>;

/** A key is remembered for a day, and of the newest hundred orders. */
const keptMs = 86_400_000;
const mostKept = 100;

/** The one under its key, if any, is replaced. */
export function withOrder(orders: readonly GivenOrder[], order: GivenOrder): readonly GivenOrder[] {
  return [...orders.filter(({ at, key }) => at > order.at - keptMs && key !== order.key), order].slice(-mostKept);
}

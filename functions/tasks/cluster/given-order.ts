// An order with an idempotency key as the record of its cluster keeps it: what was ordered, by its digest, and what was answered. Its rules are in
// control/orders.ts.
import { z } from 'zod';
import { phases } from '../../decision/machine/state.ts';

export const givenOrder = z.object({
  key: z.string(),
  /** Of the order, so that its words are not stored twice. */
  digest: z.string(),
  at: z.number(),
  reason: z.string(),
  phase: z.enum(phases),
});
export type GivenOrder = z.infer<typeof givenOrder>;

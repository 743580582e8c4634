// Reads a stored outbox back. The types are in outbox.ts; here is only the check.
import { z } from 'zod';
import { LifeboatError } from '../lib/errors.ts';
import type { Alert } from './alert.ts';
import type { Delivery } from './delivery.ts';
import { maxDead, maxPending, type Outbox } from './outbox.ts';

const instant = z.number();
const count = z.int().min(0);

const alert: z.ZodType<Alert> = z.object({
  action: z.enum(['trigger', 'resolve']),
  dedupKey: z.string(),
  cluster: z.string(),
  severity: z.enum(['critical', 'warning', 'info']),
  summary: z.string(),
  whatIsWrong: z.string(),
  since: instant,
  seenFrom: z.array(z.string()),
  whatLifeboatDid: z.string(),
  whatToRunNext: z.string(),
  at: instant,
  repeat: count,
});

const delivery: z.ZodType<Delivery> = z.object({
  id: z.string(),
  channel: z.string(),
  alert,
  enqueuedAt: instant,
  failures: count,
  notBefore: instant,
  lastFailure: z.string(),
});

const outboxSchema: z.ZodType<Outbox> = z.object({
  format: z.literal(1),
  sequence: count,
  pending: z.array(delivery).max(maxPending),
  open: z.record(z.string(), count),
  dead: z.array(z.object({ delivery, diedAt: instant, reason: z.string() })).max(maxDead),
  deadTotal: count,
});

/** An outbox from the value that JSON gave. LifeboatError `store` names the member that is wrong. */
export function parseOutbox(value: unknown): Outbox {
  const result = outboxSchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? 'the document' : issue.path.map(String).join('.');
  throw new LifeboatError(
    'store',
    `the stored outbox cannot be read: ${where}: ${issue?.message ?? 'unknown'}; written by a newer version or edited? Restore it, or remove it to begin anew`,
  );
}

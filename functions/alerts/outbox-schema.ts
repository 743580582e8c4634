// Reads a stored outbox back. The types are in outbox.ts; here is only the check.
import { z } from 'zod';
import { LifeboatError } from '../lib/errors.ts';
import { severities } from '../model/severity.ts';
import { type Alert, alertActions } from './alert.ts';
import { type Claim, type Delivery, seats } from './delivery.ts';
import type { Group, Outbox, Receipt } from './outbox.ts';
import { maxDead, maxPending } from './shed.ts';
import { anyChannel } from './shown.ts';

const instant = z.number();
const count = z.int().min(0);

const alert: z.ZodType<Alert> = z.object({
  action: z.enum(alertActions),
  dedupKey: z.string(),
  cluster: z.string(),
  severity: z.enum(severities),
  summary: z.string(),
  whatIsWrong: z.string(),
  since: instant,
  seenFrom: z.array(z.string()),
  whatLifeboatDid: z.string(),
  whatToRunNext: z.string(),
  at: instant,
  repeat: count,
});

const claim = z.object({ seat: z.enum(seats), life: z.string(), until: instant });

const delivery = z
  .object({
    id: z.string(),
    channel: z.string(),
    alert,
    enqueuedAt: instant,
    failures: count,
    notBefore: instant,
    lastFailure: z.string(),
    // Since 0.2.
    claim: claim.nullable().optional(),
  })
  .transform(
    ({ claim: held, ...rest }): Delivery => ({ ...rest, notBefore: notBeforeOf(held, rest), claim: held ?? null }),
  );

/** Before there were claims whoever sent a delivery put it off; who that was is gone, or is a version that does not know of claims. */
function notBeforeOf(
  held: Claim | null | undefined,
  rest: Pick<Delivery, 'failures' | 'enqueuedAt' | 'notBefore'>,
): number {
  return held === undefined && rest.failures === 0 ? rest.enqueuedAt : rest.notBefore;
}

const group: z.ZodType<Group> = z.object({
  members: z.record(z.string(), z.string()),
  repeat: count,
  reminded: count,
  since: instant,
});

const receipt: z.ZodType<Receipt> = z.object({
  channel: z.string(),
  dedupKey: z.string(),
  severity: z.enum(severities),
  memory: z.string(),
});

const outboxSchema = z.object({
  format: z.literal(1),
  sequence: count,
  pending: z.array(delivery).max(maxPending),
  open: z.record(z.string(), count),
  // Since 0.2.
  shown: z.record(z.string(), z.array(z.string())).optional(),
  receipts: z.array(receipt).default([]),
  groups: z.record(z.string(), group).default({}),
  failing: z.record(z.string(), z.object({ since: instant, refused: z.boolean(), reason: z.string() })).default({}),
  dead: z.array(z.object({ delivery, diedAt: instant, reason: z.string() })).max(maxDead),
  deadTotal: count,
});

/** An outbox from the value that JSON gave. LifeboatError `store` names the member that is wrong. */
export function parseOutbox(value: unknown): Outbox {
  const result = outboxSchema.safeParse(value);
  if (result.success) return { ...result.data, shown: result.data.shown ?? shownBefore(result.data) };
  const issue = result.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? 'the document' : issue.path.map(String).join('.');
  throw new LifeboatError(
    'store',
    `the stored outbox cannot be read: ${where}: ${issue?.message ?? 'unknown'}; written by a newer version or edited? Restore it, or remove it to begin anew`,
  );
}

/** An earlier version did not remember who was told: whoever may have been. */
function shownBefore({ open, pending }: Pick<Outbox, 'open' | 'pending'>): Outbox['shown'] {
  const keys = [...Object.keys(open), ...pending.map(({ alert }) => alert.dedupKey)];
  return Object.fromEntries(keys.map((key) => [key, [anyChannel]]));
}

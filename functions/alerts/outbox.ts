// The outbox: what is still to be told to whom, as one document. Pure; it sends nothing. Keep it in one write with the machine's state,
// then a crash between deciding and telling loses nothing.
import { assertNever } from '../lib/assert.ts';
import { type Alert, type AlertFields, createAlert } from './alert.ts';
import type { DeadDelivery, Delivery, SendResult } from './delivery.ts';

export interface Outbox {
  readonly format: 1;
  /** The number of deliveries ever put in. */
  readonly sequence: number;
  /** Oldest first. */
  readonly pending: readonly Delivery[];
  /** By dedup key: incidents that were triggered and not resolved, with the last reminder's number. */
  readonly open: Readonly<Record<string, number>>;
  /** The newest 100 that were given up, oldest first, and how many there ever were. */
  readonly dead: readonly DeadDelivery[];
  readonly deadTotal: number;
}

export const emptyOutbox: Outbox = { format: 1, sequence: 0, pending: [], open: {}, dead: [], deadTotal: 0 };

export const maxPending = 1000;
export const maxDead = 100;
const firstWaitMs = 1000;
const maxWaitMs = 300_000;
const maxAskedWaitMs = 3_600_000;
const giveUpAfterMs = 86_400_000;
/** Clocks of hosts that share an outbox differ by less. */
const toleranceMs = 60_000;
const maxReasonCharacters = 400;

export interface Enqueued {
  readonly outbox: Outbox;
  readonly status: 'queued' | 'duplicate';
}

/**
 * Puts an alert in, once for each channel.
 *
 * | alert              | incident in the outbox            | outcome                                                             |
 * |--------------------|-----------------------------------|---------------------------------------------------------------------|
 * | trigger            | not open                          | queued; the incident is open                                        |
 * | trigger            | open, this repeat or a later one told | duplicate                                                       |
 * | trigger (reminder) | open                              | queued where no trigger of it waits; where one waits, that one tells |
 * | resolve            | open                              | queued behind its trigger, which is never dropped for it; closed    |
 * | resolve            | not open                          | duplicate                                                           |
 */
export function enqueue(
  outbox: Outbox,
  action: Alert['action'],
  fields: AlertFields,
  channels: readonly string[],
  now: number,
): Enqueued {
  const alert = createAlert(action, fields);
  const told = outbox.open[alert.dedupKey];
  const isNews = action === 'trigger' ? told === undefined || told < alert.repeat : told !== undefined;
  if (!isNews) return { outbox, status: 'duplicate' };
  const { [alert.dedupKey]: _closed, ...others } = outbox.open;
  const open = action === 'trigger' ? { ...others, [alert.dedupKey]: alert.repeat } : others;
  const waits = (channel: string) =>
    outbox.pending.some(
      (one) => one.channel === channel && one.alert.dedupKey === alert.dedupKey && one.alert.action === 'trigger',
    );
  const receivers =
    told !== undefined && action === 'trigger' ? channels.filter((channel) => !waits(channel)) : channels;
  const added = receivers.map((channel, i): Delivery => {
    const id = `${alert.cluster}-${now.toString(36)}-${outbox.sequence + i + 1}`;
    return { id, channel, alert, enqueuedAt: now, failures: 0, notBefore: now, lastFailure: '' };
  });
  const pending = [...outbox.pending, ...added];
  return {
    outbox: shed({ ...outbox, sequence: outbox.sequence + added.length, pending, open }, now),
    status: 'queued',
  };
}

/** What may be sent now: of each incident and channel the oldest only, so that a resolve never overtakes its trigger. */
export function due(outbox: Outbox, now: number): readonly Delivery[] {
  const heads = new Set<string>();
  return outbox.pending.filter((delivery) => {
    const lane = JSON.stringify([delivery.channel, delivery.alert.dedupKey]);
    if (heads.has(lane)) return false;
    heads.add(lane);
    return delivery.notBefore <= now || isFromTheFuture(delivery, now);
  });
}

/** The clock was set back since: waiting for the old time to come again could hold a page up for as long. */
function isFromTheFuture({ enqueuedAt, notBefore }: Delivery, now: number): boolean {
  return enqueuedAt > now + toleranceMs || notBefore > now + maxAskedWaitMs + toleranceMs;
}

/** Takes what is due, and keeps it from others for `leaseMs`: when whoever took it dies, it is due again after that. */
export function claim(
  outbox: Outbox,
  now: number,
  leaseMs: number,
): { readonly outbox: Outbox; readonly deliveries: readonly Delivery[] } {
  const deliveries = due(outbox, now);
  const taken = new Set(deliveries.map(({ id }) => id));
  const pending = outbox.pending.map((one) => (taken.has(one.id) ? { ...one, notBefore: now + leaseMs } : one));
  return { outbox: { ...outbox, pending }, deliveries };
}

/**
 * Takes in how sending went. `retry` waits 1 s, doubled with each failure, 5 min at most, or as long as the receiver asks, 1 h at most;
 * after 24 h, or when `rejected`, the delivery is dead. An id that is not pending is no error: another process was faster.
 */
export function settle(outbox: Outbox, id: string, result: SendResult, now: number): Outbox {
  const delivery = outbox.pending.find((one) => one.id === id);
  if (delivery === undefined) return outbox;
  const rest = outbox.pending.filter((one) => one.id !== id);
  switch (result.status) {
    case 'delivered':
      return { ...outbox, pending: rest };
    case 'rejected':
      return bury({ ...outbox, pending: rest }, delivery, result.reason, now);
    case 'retry': {
      const failures = delivery.failures + 1;
      const failed = { ...delivery, failures, lastFailure: result.reason.slice(0, maxReasonCharacters) };
      if (now - delivery.enqueuedAt >= giveUpAfterMs) {
        const reason = `given up after ${failures} attempts in ${giveUpAfterMs / 3_600_000} h: ${result.reason}`;
        return bury({ ...outbox, pending: rest }, failed, reason, now);
      }
      const notBefore = now + waitMs(failures, result.afterMs);
      return { ...outbox, pending: outbox.pending.map((one) => (one.id === id ? { ...failed, notBefore } : one)) };
    }
    default:
      return assertNever(result, 'result of sending');
  }
}

function waitMs(failures: number, askedMs: number | undefined): number {
  const own = Math.min(maxWaitMs, firstWaitMs * 2 ** Math.min(failures - 1, 20));
  return askedMs === undefined ? own : Math.max(own, Math.min(askedMs, maxAskedWaitMs));
}

function bury(outbox: Outbox, delivery: Delivery, reason: string, now: number): Outbox {
  const one: DeadDelivery = { delivery, diedAt: now, reason: reason.slice(0, maxReasonCharacters) };
  return { ...outbox, dead: [...outbox.dead, one].slice(-maxDead), deadTotal: outbox.deadTotal + 1 };
}

/** Over the limit the least important gives way: reminders, then the milder severity, then the oldest. It is not lost unseen: it is dead. */
function shed(outbox: Outbox, now: number): Outbox {
  const excess = outbox.pending.length - maxPending;
  if (excess <= 0) return outbox;
  const ranked = outbox.pending.toSorted((a, b) => weightOf(a) - weightOf(b));
  const dropped = new Set(ranked.slice(0, excess));
  const rest = { ...outbox, pending: outbox.pending.filter((one) => !dropped.has(one)) };
  const reason = `more than ${maxPending} deliveries are waiting`;
  return [...dropped].reduce<Outbox>((current, one) => bury(current, one, reason, now), rest);
}

const severityWeight: Readonly<Record<Alert['severity'], number>> = { info: 1, warning: 2, critical: 3 };

function weightOf({ alert }: Delivery): number {
  return alert.repeat > 0 && alert.action === 'trigger' ? 0 : severityWeight[alert.severity];
}

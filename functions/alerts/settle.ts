// What becomes of a delivery after an attempt: done, tried again, or given up. Pure.

import { assertNever } from '../lib/assert.ts';
import { backOffMs } from '../lib/back-off.ts';
import { clip } from '../lib/clip.ts';
import { maxAskedWaitMs } from './claims.ts';
import type { Claimant, Delivery, SendResult, Settlement } from './delivery.ts';
import { noteResult } from './failing.ts';
import type { Outbox } from './outbox.ts';
import { dropReceipt, keepReceipt } from './receipts.ts';
import { bury } from './shed.ts';
import { hide, isOwed, show } from './shown.ts';

const waits = { firstMs: 1000, mostMs: 300_000 };
const refusedWaits = { firstMs: 60_000, mostMs: 900_000 };
const giveUpAfterMs = 86_400_000;
const maxReasonCharacters = 400;

/**
 * Takes in how sending went, as `claimant` says who held the delivery.
 *
 * | result      | what becomes of it                                                                                              |
 * |-------------|-----------------------------------------------------------------------------------------------------------------|
 * | `delivered` | done, whoever says so; what the channel wants to know again is kept until the incident is over                  |
 * | `retry`     | again after 1 s, doubled with each failure, 5 min at most, or as long as the receiver asks, 1 h at most         |
 * | `rejected`  | again after 1 min, doubled with each failure, 15 min at most: a firewall, a deployment, a key that is changed   |
 * | `gone`      | dead                                                                                                            |
 *
 * After 24 h of failures it is dead; a resolve whose trigger the receiver shows, or may show, never is. An id that is not pending, or is
 * another life's by now, is no error: that one was faster.
 */
export function settle(
  outbox: Outbox,
  id: string,
  claimant: Pick<Claimant, 'life'>,
  result: Settlement,
  now: number,
): Outbox {
  const delivery = outbox.pending.find((one) => one.id === id);
  if (delivery === undefined) return outbox;
  if (result.status !== 'delivered' && delivery.claim?.life !== claimant.life) return outbox;
  if (result.status === 'gone') return bury(outbox, delivery, result.reason, now);
  return settleSent(noteResult(outbox, delivery, result, now), delivery, result, now);
}

function settleSent(outbox: Outbox, delivery: Delivery, result: SendResult, now: number): Outbox {
  switch (result.status) {
    case 'delivered': {
      const rest = { ...outbox, pending: outbox.pending.filter(({ id }) => id !== delivery.id) };
      return delivery.alert.action === 'trigger'
        ? keepReceipt(show(rest, delivery), delivery, result.memory)
        : hide(dropReceipt(rest, delivery), delivery);
    }
    case 'retry':
      return again(show(outbox, delivery), delivery, result.reason, waitMs(delivery, result.afterMs), now);
    case 'rejected':
      return again(outbox, delivery, result.reason, refusedWaitMs(delivery), now);
    default:
      return assertNever(result, 'result of sending');
  }
}

function again(outbox: Outbox, delivery: Delivery, reason: string, afterMs: number, now: number): Outbox {
  const failures = delivery.failures + 1;
  const lastFailure = clip(reason, maxReasonCharacters);
  // What a clock that was set back left in the future would always be due.
  const enqueuedAt = Math.min(delivery.enqueuedAt, now);
  const failed = { ...delivery, enqueuedAt, failures, lastFailure, notBefore: now + afterMs, claim: null };
  if (now - delivery.enqueuedAt >= giveUpAfterMs && !isOwed(outbox, delivery)) {
    const words = `given up after ${failures} attempts in ${giveUpAfterMs / 3_600_000} h: ${reason}`;
    return bury(outbox, failed, words, now);
  }
  return { ...outbox, pending: outbox.pending.map((one) => (one.id === delivery.id ? failed : one)) };
}

function waitMs({ failures }: Delivery, askedMs: number | undefined): number {
  const own = backOffMs(waits, failures + 1);
  return askedMs === undefined ? own : Math.max(own, Math.min(askedMs, maxAskedWaitMs));
}

function refusedWaitMs({ failures }: Delivery): number {
  return backOffMs(refusedWaits, failures + 1);
}

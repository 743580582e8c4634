// Orders with an idempotency key: once accepted, the same key with the same order is answered as the first time and done once. They are kept
// where the order does its work, in one compare-and-swap with it: a command in the record, a release beside the holds. So no crash comes in
// between, and of two processes that are given the same at once one does it, and both answer alike. A release takes its key in the record first,
// so that no command is accepted under it meanwhile, and gives it back when it is refused. An order that was refused did nothing, and may be
// given again under its key. Pure.
// https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header
import { canonicalJson, sha256Hex } from '../../lib/canonical.ts';
import type { GivenOrder } from '../cluster/given-order.ts';
import type { Order, OrderAnswer, ReleaseOrder } from './control-port.ts';

/** What an order of the version before could not say is left out where it is not said: its key may come again. */
export function digestOfOrder({ command, who, why, takeOver = false, force = false, forMs }: Order): Promise<string> {
  const choices = {
    ...(takeOver ? { takeOver } : {}),
    ...(force ? { force } : {}),
    ...(forMs === undefined ? {} : { forMs }),
  };
  return sha256Hex(canonicalJson({ command, who, why, ...choices }));
}

export function digestOfRelease({ command, standby, digest, who, why }: ReleaseOrder): Promise<string> {
  return sha256Hex(canonicalJson({ command, standby, digest, who, why }));
}

/** What is to be answered under this key; undefined: nothing yet, or this very order has only taken it: it goes on. */
export function answerBefore(orders: readonly GivenOrder[], key: string, digest: string): OrderAnswer | undefined {
  const before = orders.find((one) => one.key === key);
  const isNew = before === undefined || (!before.isDone && before.digest === digest);
  return isNew ? undefined : answerOf(before, digest);
}

/** To an order with this digest under the key of one that was accepted. */
export function answerOf({ digest: before, reason, phase }: GivenOrder, digest: string): OrderAnswer {
  if (before === digest) return { status: 'accepted', reason, phase };
  const used = 'this idempotency key was used for another order: take a new key for a new order';
  return { status: 'key-reused', reason: used };
}

// Orders with an idempotency key: once accepted, the same key with the same order is answered as the first time and done once. They are kept
// in the record of the cluster, in one write with what the order did, so that no crash comes in between. An order that was refused did
// nothing, and may be given again under its key. Pure.
// https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header
import { canonicalJson, sha256Hex } from '../../lib/canonical.ts';
import type { GivenOrder } from '../cluster/given-order.ts';
import type { Order, OrderAnswer, ReleaseOrder } from './control-port.ts';

/** A key is remembered for a day, and of the newest hundred orders. */
const keptMs = 86_400_000;
const mostKept = 100;

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

/** What was answered under this key; undefined: nothing yet. */
export function answerBefore(orders: readonly GivenOrder[], key: string, digest: string): OrderAnswer | undefined {
  const before = orders.find((one) => one.key === key);
  if (before === undefined) return undefined;
  const { reason, phase } = before;
  if (before.digest === digest) return { status: 'accepted', reason, phase };
  const used = 'this idempotency key was used for another order: take a new key for a new order';
  return { status: 'key-reused', reason: used };
}

export function withOrder(orders: readonly GivenOrder[], order: GivenOrder): readonly GivenOrder[] {
  return [...orders.filter(({ at }) => at > order.at - keptMs), order].slice(-mostKept);
}

// Steps that tests of the outbox are made of: put in, take, settle, at an instant.
import { claim, due } from '../../../functions/alerts/claims.ts';
import type { Claimant, Delivery, Settlement } from '../../../functions/alerts/delivery.ts';
import { enqueue } from '../../../functions/alerts/enqueue.ts';
import type { Outbox } from '../../../functions/alerts/outbox.ts';
import { settle as settleAs } from '../../../functions/alerts/settle.ts';
import { fieldsOf } from './sample.ts';

export const t0 = 1_700_000_000_000;
export const hourMs = 3_600_000;
export const ids = (outbox: Outbox, now: number) => due(outbox, now).map((one) => one.id);
export const brief = (outbox: Outbox, now: number) =>
  due(outbox, now).map((one) => `${one.channel} ${one.alert.action} ${one.alert.dedupKey}`);

export const retry = { status: 'retry', reason: 'answered 500' } as const;

export function put(
  outbox: Outbox,
  action: 'trigger' | 'resolve',
  key: string,
  now = t0,
  repeat = 0,
  channels = ['oncall'],
): Outbox {
  return enqueue(outbox, action, fieldsOf(key, { repeat }), channels, now).outbox;
}

export const watch = { seat: 'watch', life: 'one' } as const;
export const leaseMs = 10_000;
export const take = (outbox: Outbox, now: number, who: Claimant = watch) => claim(outbox, who, () => leaseMs, now);

/** As whoever holds it: the life that took it in this very instant. */
export function settle(outbox: Outbox, id: string, result: Settlement, now: number): Outbox {
  const held = (one: Delivery): Delivery => ({ ...one, claim: { ...watch, until: now + leaseMs } });
  const pending = outbox.pending.map((one) => (one.id === id ? held(one) : one));
  return settleAs({ ...outbox, pending }, id, watch, result, now);
}

export function headOf(outbox: Outbox, now: number): string {
  return ids(outbox, now)[0] ?? 'nothing is due';
}

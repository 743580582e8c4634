// What gives way when too much waits, and where what was given up goes. Pure.
import type { Alert } from './alert.ts';
import type { DeadDelivery, Delivery } from './delivery.ts';
import type { Outbox } from './outbox.ts';
import { hide, isOwed, isShown } from './shown.ts';

export const maxPending = 1000;
export const maxDead = 100;
const maxReasonCharacters = 400;

/** Takes it out of what waits; it stays where it can be seen. */
export function bury(outbox: Outbox, delivery: Delivery, reason: string, now: number): Outbox {
  const one: DeadDelivery = {
    delivery: { ...delivery, claim: null },
    diedAt: now,
    reason: reason.slice(0, maxReasonCharacters),
  };
  const pending = outbox.pending.filter(({ id }) => id !== delivery.id);
  const next = { ...outbox, pending, dead: [...outbox.dead, one].slice(-maxDead), deadTotal: outbox.deadTotal + 1 };
  return delivery.alert.action === 'resolve' ? hide(next, delivery) : next;
}

/**
 * Over the limit the channel for which the most waits gives way: one that takes nothing must not push out what the others are told. What is
 * under way stays. Nothing is lost unseen: it is dead.
 *
 * | goes, in this order, the oldest of each first                                                                   |
 * |------------------------------------------------------------------------------------------------------------------|
 * | reminders                                                                                                        |
 * | what is over and was never told: a trigger that did not arrive, with its resolve; the mildest first              |
 * | triggers of what is open, the mildest first; their reminders come                                                |
 * | a resolve whose trigger arrived, or may have: only where nothing else waits for this channel                     |
 */
export function shed(outbox: Outbox, now: number): Outbox {
  let next = outbox;
  while (next.pending.length > maxPending) {
    const victims = leastOf(next);
    if (victims.length === 0) return next;
    const reason = `more than ${maxPending} deliveries are waiting`;
    next = victims.reduce((current, one) => bury(current, one, reason, now), next);
  }
  return next;
}

function leastOf(outbox: Outbox): readonly Delivery[] {
  const channels = Map.groupBy(outbox.pending, ({ channel }) => channel);
  const [fullest = []] = [...channels.values()].sort((a, b) => b.length - a.length);
  const lanes = Map.groupBy(fullest, ({ alert }) => alert.dedupKey);
  const weighed = fullest
    .filter(({ claim }) => claim === null)
    .map((delivery) => ({ delivery, resolve: resolveOf(delivery, lanes.get(delivery.alert.dedupKey) ?? []) }))
    .map((one) => ({ ...one, weight: weightOf(outbox, one) }));
  const [least] = weighed.toSorted((a, b) => a.weight - b.weight);
  if (least === undefined) return [];
  const { delivery, resolve } = least;
  const withResolve = resolve !== undefined && !isShown(outbox, delivery);
  return withResolve ? [delivery, resolve] : [delivery];
}

/** The resolve right behind a trigger. */
function resolveOf(delivery: Delivery, lane: readonly Delivery[]): Delivery | undefined {
  const next = lane[lane.indexOf(delivery) + 1];
  return delivery.alert.action === 'trigger' && next?.alert.action === 'resolve' ? next : undefined;
}

const severityWeight: Readonly<Record<Alert['severity'], number>> = { info: 1, warning: 2, critical: 3 };
const openWeight = 10;
const owedWeight = 100;

function weightOf(
  outbox: Outbox,
  { delivery, resolve }: { readonly delivery: Delivery; readonly resolve: Delivery | undefined },
): number {
  const { action, repeat, severity } = delivery.alert;
  const own = severityWeight[severity];
  // A resolve behind its trigger goes with it, or not at all.
  if (action === 'resolve') return isOwed(outbox, delivery) || isBehindTrigger(outbox, delivery) ? owedWeight : own;
  if (repeat > 0) return 0;
  return resolve !== undefined && !isShown(outbox, delivery) ? own : openWeight + own;
}

function isBehindTrigger({ pending }: Outbox, { channel, alert }: Delivery): boolean {
  return pending.some(
    (one) => one.channel === channel && one.alert.dedupKey === alert.dedupKey && one.alert.action === 'trigger',
  );
}

// What gives way when too much waits, and where what was given up goes. Pure.
import { clip } from '../lib/clip.ts';
import type { Alert } from './alert.ts';
import type { DeadDelivery, Delivery } from './delivery.ts';
import type { Outbox } from './outbox.ts';
import { dropReceipt } from './receipts.ts';
import { hide, isOwed, isShown } from './shown.ts';

export const maxPending = 1000;
export const maxDead = 100;
const maxReasonCharacters = 400;

/** Takes it out of what waits; it stays where it can be seen. */
export function bury(outbox: Outbox, delivery: Delivery, reason: string, now: number): Outbox {
  const one: DeadDelivery = {
    delivery: { ...delivery, claim: null },
    diedAt: now,
    reason: clip(reason, maxReasonCharacters),
  };
  const pending = outbox.pending.filter(({ id }) => id !== delivery.id);
  const next = { ...outbox, pending, dead: [...outbox.dead, one].slice(-maxDead), deadTotal: outbox.deadTotal + 1 };
  return delivery.alert.action === 'resolve' ? hide(dropReceipt(next, delivery), delivery) : next;
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
  const channels = [...Map.groupBy(outbox.pending, ({ channel }) => channel).values()];
  const fullest = channels.reduce((most, one) => (one.length > most.length ? one : most), []);
  const lanes = Map.groupBy(fullest, ({ alert }) => alert.dedupKey);
  let least: Candidate | undefined;
  for (const lane of lanes.values()) {
    for (const delivery of lane) {
      if (delivery.claim !== null) continue;
      const candidate = candidateOf(outbox, lane, delivery);
      if (least === undefined || candidate.weight < least.weight) least = candidate;
    }
  }
  return least?.goes ?? [];
}

/** What would go, and how much that would be missed. */
interface Candidate {
  readonly goes: readonly Delivery[];
  readonly weight: number;
}

const severityWeight: Readonly<Record<Alert['severity'], number>> = { info: 1, warning: 2, critical: 3 };
const openWeight = 10;
const owedWeight = 100;

/** `lane`: what waits for one channel about one incident, oldest first. */
function candidateOf(outbox: Outbox, lane: readonly Delivery[], delivery: Delivery): Candidate {
  const i = lane.indexOf(delivery);
  const { action, repeat, severity } = delivery.alert;
  const own = severityWeight[severity];
  if (action === 'resolve') {
    // Behind its trigger it goes with it, or not at all.
    const stays = isOwed(outbox, delivery) || lane.slice(0, i).some(({ alert }) => alert.action === 'trigger');
    return { goes: [delivery], weight: stays ? owedWeight : own };
  }
  if (repeat > 0) return { goes: [delivery], weight: 0 };
  const next = lane[i + 1];
  const isOver = next?.alert.action === 'resolve' && !isShown(outbox, delivery);
  return isOver ? { goes: [delivery, next], weight: own } : { goes: [delivery], weight: openWeight + own };
}

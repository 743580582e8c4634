// Alerts: from the machine's notices into the stored outbox, and from there to the channels. A hung channel holds up no other.

import { createAlert } from '../../alerts/alert.ts';
import { noticeOf } from '../../alerts/catalogue/notice.ts';
import { claim, takeOver } from '../../alerts/claims.ts';
import { type Claimant, type Delivery, newDelivery, type Seat, type Settlement } from '../../alerts/delivery.ts';
import { enqueue } from '../../alerts/enqueue.ts';
import type { Outbox } from '../../alerts/outbox.ts';
import { memoryOf } from '../../alerts/receipts.ts';
import { settle } from '../../alerts/settle.ts';
import type { Effect } from '../../decision/machine/effect.ts';
import type { ClusterPorts } from '../cluster/ports.ts';
import { type ClusterRecord, type RecordPorts, updateRecord } from '../cluster/record.ts';
import { channelTroubles, ownNotice, ownTroubles, watchTroubleOf } from './own-troubles.ts';

/** How much longer than its channel takes a delivery stays with whoever took it: for storing how it went. */
const settlingMs = 10_000;
const dayMs = 86_400_000;

/** The outbox with the pages and resolves among `effects` put in, and Lifeboat's own troubles, for every channel. */
export function addNotices(ports: ClusterPorts, outbox: Outbox, effects: readonly Effect[], now: number): Outbox {
  const channels = ports.channels.map((channel) => channel.id);
  const selfReminding = new Set(ports.channels.filter(({ repeats }) => repeats === 'channel').map(({ id }) => id));
  let next = outbox;
  for (const effect of effects) {
    if (effect.kind !== 'page' && effect.kind !== 'resolve') continue;
    const notice = noticeOf(effect.telling);
    if (effect.kind === 'page') next = enqueue(next, 'trigger', notice, channels, now, selfReminding).outbox;
    else next = enqueue(next, 'resolve', notice, channels, now).outbox;
  }
  for (const trouble of ownTroubles(ports)) {
    const action = trouble.isOver ? 'resolve' : 'trigger';
    next = enqueue(next, action, ownNotice(ports, trouble, now, next.open), channels, now).outbox;
  }
  for (const { trouble, receivers } of channelTroubles(ports, next, now)) {
    const action = trouble.isOver ? 'resolve' : 'trigger';
    next = enqueue(next, action, ownNotice(ports, trouble, now, next.open), receivers, now).outbox;
  }
  return next;
}

/**
 * Tells every channel of the watch's own trouble without the outbox: for when the record, and the outbox with it, cannot be read or written.
 * Once a day under one id, which receivers and the pager object know again.
 */
export async function tellWithoutOutbox(ports: ClusterPorts): Promise<void> {
  const now = ports.clock.now();
  const notice = ownNotice(ports, watchTroubleOf(ports), now);
  const alert = createAlert('trigger', notice);
  const id = `${ports.cluster.id}-watch-${Math.floor(now / dayMs)}`;
  const sends = ports.channels.map((channel) => channel.send(newDelivery(id, channel.id, alert, now), ''));
  await Promise.all(sends);
}

/** All that sending takes. */
export type DeliveryPorts = RecordPorts & Pick<ClusterPorts, 'channels' | 'life'>;

export interface Turn {
  readonly seat: Seat;
  /** Asked after each delivery: may more be taken? What is under way is always waited for. */
  readonly goesOn: () => boolean;
}

const untilDone: Turn = { seat: 'watch', goesOn: () => true };

/** Sends what is due, the most urgent first, and stores how it went; whenever one is done the next is taken, as long as the turn goes on. */
export async function deliverDue(ports: DeliveryPorts, { seat, goesOn }: Turn = untilDone): Promise<void> {
  const claimant: Claimant = { seat, life: ports.life };
  const leaseOf = (id: string) => (ports.channels.find((one) => one.id === id)?.timeoutMs ?? 0) + settlingMs;
  const take = async (change: (outbox: Outbox, now: number) => Outbox, isMore: boolean) => {
    let taken: readonly Taken[] = [];
    await updateRecord(ports, (record) => {
      const now = ports.clock.now();
      const changed = change(record.outbox, now);
      const { outbox, deliveries } = isMore
        ? claim(changed, claimant, leaseOf, now)
        : { outbox: changed, deliveries: [] };
      taken = deliveries.map((delivery) => ({ delivery, memory: memoryOf(outbox, delivery) }));
      return outbox === record.outbox ? record : { ...record, outbox };
    });
    return taken;
  };
  let last: Promise<unknown> = Promise.resolve();
  const run = async ({ delivery, memory }: Taken): Promise<void> => {
    const result = await send(ports, delivery, memory);
    // One after the other: at the same time each would have to be faster than all the rest.
    const settled = last.then(() =>
      take((outbox, now) => settle(outbox, delivery.id, claimant, result, now), goesOn()),
    );
    last = settled.catch(() => {});
    await Promise.all((await settled).map(run));
  };
  await Promise.all((await take((outbox) => outbox, true)).map(run));
}

/** What this seat's dead lives had under way is sent again at once: nobody else will say how it went. */
export function withClaimsTakenOver(
  { life }: Pick<ClusterPorts, 'life'>,
  record: ClusterRecord,
  living: ReadonlySet<string>,
): ClusterRecord {
  const outbox = takeOver(record.outbox, { seat: 'watch', life }, living);
  return outbox === record.outbox ? record : { ...record, outbox };
}

/** What is to be sent, and what its channel remembers of the incident: of one incident and channel nothing else is under way. */
interface Taken {
  readonly delivery: Delivery;
  readonly memory: string;
}

async function send(ports: DeliveryPorts, delivery: Delivery, memory: string): Promise<Settlement> {
  const channel = ports.channels.find((candidate) => candidate.id === delivery.channel);
  if (channel !== undefined) return channel.send(delivery, memory);
  return { status: 'gone', reason: `the configuration has no channel "${delivery.channel}" any more` };
}

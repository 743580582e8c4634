// Alerts: from the machine's notices into the stored outbox, and from there to the channels. A hung channel holds up no other.

import type { Delivery, SendResult } from '../alerts/delivery.ts';
import { claim, enqueue, type Outbox, settle } from '../alerts/outbox.ts';
import type { Effect } from '../decision/effect.ts';
import { readRecord, updateRecord } from './cluster-record.ts';
import type { ClusterPorts } from './ports.ts';

/** How long a delivery that was taken stays with whoever took it: longer than any channel's deadline (60 s). */
const leaseMs = 90_000;

/** The outbox with the pages and resolves among `effects` put in, for every channel. */
export function addNotices(ports: ClusterPorts, outbox: Outbox, effects: readonly Effect[], now: number): Outbox {
  const channels = ports.channels.map((channel) => channel.id);
  let next = outbox;
  for (const effect of effects) {
    if (effect.kind === 'page') next = enqueue(next, 'trigger', effect.notice, channels, now).outbox;
    if (effect.kind === 'resolve') next = enqueue(next, 'resolve', effect.notice, channels, now).outbox;
  }
  return next;
}

/** Sends what is due, all channels at the same time, and stores how it went. */
export async function deliverDue(ports: ClusterPorts): Promise<void> {
  const { record } = await readRecord(ports);
  if (claim(record.outbox, ports.clock.now(), leaseMs).deliveries.length === 0) return;
  let taken: readonly Delivery[] = [];
  await updateRecord(ports, (current) => {
    const claimed = claim(current.outbox, ports.clock.now(), leaseMs);
    taken = claimed.deliveries;
    return { ...current, outbox: claimed.outbox };
  });
  await Promise.all(
    taken.map(async (delivery) => {
      const result = await send(ports, delivery);
      await updateRecord(ports, (current) => ({
        ...current,
        outbox: settle(current.outbox, delivery.id, result, ports.clock.now()),
      }));
    }),
  );
}

async function send(ports: ClusterPorts, delivery: Delivery): Promise<SendResult> {
  const channel = ports.channels.find((candidate) => candidate.id === delivery.channel);
  if (channel !== undefined) return channel.send(delivery);
  return { status: 'rejected', reason: `the configuration has no channel "${delivery.channel}" any more` };
}

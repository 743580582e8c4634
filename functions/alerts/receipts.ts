// What receivers surely have of open incidents: the severity of the last trigger that each took, and what its channel wants to know again with
// the next delivery (a thread's id, what it said last). Pure. Which resolves must arrive is in shown.ts.
import type { Delivery } from './delivery.ts';
import type { Outbox, Receipt } from './outbox.ts';

/** Ids, not contents: it is written with every change of the record. A longer one is not kept. */
export const maxMemoryCharacters = 1000;
/** The newest stay. What loses its receipt is told once more, in a thread of its own. */
export const maxReceipts = 300;

type About = Pick<Delivery, 'channel' | 'alert'>;

export function receiptOf({ receipts }: Outbox, channel: string, dedupKey: string): Receipt | undefined {
  return receipts.find((one) => one.channel === channel && one.dedupKey === dedupKey);
}

/** What the channel of this delivery said to remember when it last delivered something about the incident. */
export function memoryOf(outbox: Outbox, { channel, alert }: About): string {
  return receiptOf(outbox, channel, alert.dedupKey)?.memory ?? '';
}

/** After a trigger that arrived. Without a new memory the old one stays. */
export function keepReceipt(outbox: Outbox, { channel, alert }: About, memory: string | undefined): Outbox {
  const { dedupKey, severity } = alert;
  const told = memory ?? memoryOf(outbox, { channel, alert });
  const kept = told.length > maxMemoryCharacters ? '' : told.toWellFormed();
  const others = outbox.receipts.filter((one) => one.channel !== channel || one.dedupKey !== dedupKey);
  const receipts = [...others, { channel, dedupKey, severity, memory: kept }].slice(-maxReceipts);
  // It may be closed by now, with nothing more to tell this channel.
  return dropClosedReceipts({ ...outbox, receipts }, dedupKey);
}

/** After a resolve that arrived, or that nobody waits for any more. */
export function dropReceipt(outbox: Outbox, { channel, alert }: About): Outbox {
  if (receiptOf(outbox, channel, alert.dedupKey) === undefined) return outbox;
  const receipts = outbox.receipts.filter((one) => one.channel !== channel || one.dedupKey !== alert.dedupKey);
  return { ...outbox, receipts };
}

/** Of an incident that is closed only what a waiting delivery needs: a channel may have left the configuration. */
export function dropClosedReceipts(outbox: Outbox, dedupKey: string): Outbox {
  if (dedupKey in outbox.open || dedupKey in outbox.groups) return outbox;
  const waiting = new Set(
    outbox.pending.filter(({ alert }) => alert.dedupKey === dedupKey).map(({ channel }) => channel),
  );
  const receipts = outbox.receipts.filter((one) => one.dedupKey !== dedupKey || waiting.has(one.channel));
  return receipts.length === outbox.receipts.length ? outbox : { ...outbox, receipts };
}

// What receivers show: which of them have a trigger of an incident and no resolve of it yet, or may have. Pure. It decides which resolves
// must arrive, whatever it takes.
import type { Delivery } from './delivery.ts';
import type { Outbox } from './outbox.ts';

/** Any channel: what an earlier version stored says only that somebody was told. */
export const anyChannel = '*';

type Told = Pick<Delivery, 'channel' | 'alert'>;

/** Does the receiver show the incident of this delivery, or may it? */
export function isShown({ shown }: Outbox, { channel, alert }: Told): boolean {
  return shown[alert.dedupKey]?.some((one) => one === channel || one === anyChannel) ?? false;
}

/** A resolve without which an incident would stay open at its receiver. */
export function isOwed(outbox: Outbox, delivery: Told): boolean {
  return delivery.alert.action === 'resolve' && isShown(outbox, delivery);
}

/** After a trigger that arrived, or may have: an attempt of which nobody knows the end. */
export function show(outbox: Outbox, { channel, alert }: Told): Outbox {
  if (alert.action !== 'trigger') return outbox;
  const before = outbox.shown[alert.dedupKey] ?? [];
  if (before.includes(channel)) return outbox;
  return { ...outbox, shown: { ...outbox.shown, [alert.dedupKey]: [...before, channel] } };
}

/** After a resolve that arrived, or that nobody waits for any more; `outbox` does not hold it any more. */
export function hide(outbox: Outbox, { channel, alert }: Told): Outbox {
  const before = outbox.shown[alert.dedupKey];
  if (before === undefined) return outbox;
  const rest = before.filter((one) => one !== channel);
  return forgetShown({ ...outbox, shown: { ...outbox.shown, [alert.dedupKey]: rest } }, alert.dedupKey);
}

/** Of an incident that is closed nothing is remembered but where a resolve still waits: a channel may have left the configuration. */
export function forgetShown(outbox: Outbox, dedupKey: string): Outbox {
  const before = outbox.shown[dedupKey];
  if (before === undefined || dedupKey in outbox.open || dedupKey in outbox.groups) return outbox;
  const about = outbox.pending.filter(({ alert }) => alert.dedupKey === dedupKey);
  const waiting = new Set(about.map(({ channel }) => channel));
  const rest = before.filter((one) => (one === anyChannel ? waiting.size > 0 : waiting.has(one)));
  if (rest.length > 0 && rest.length === before.length) return outbox;
  const { [dedupKey]: _before, ...others } = outbox.shown;
  return { ...outbox, shown: rest.length === 0 ? others : { ...others, [dedupKey]: rest } };
}

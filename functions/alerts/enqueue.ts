// Puts alerts into the outbox. Pure; it sends nothing.

import type { Notice } from '../model/notice.ts';
import { type Alert, createAlert } from './alert.ts';
import { type Delivery, newDelivery } from './delivery.ts';
import { groupAlert, groupOf, groupResolve, joins, withMember, withoutMember } from './groups.ts';
import type { Outbox } from './outbox.ts';
import { dropClosedReceipts, receiptOf } from './receipts.ts';
import { shed } from './shed.ts';
import { forgetShown } from './shown.ts';

export interface Enqueued {
  readonly outbox: Outbox;
  readonly status: 'queued' | 'duplicate';
}

/**
 * Puts an alert in, once for each channel. `selfReminding`: those of them whose receivers remind by themselves.
 *
 * | alert              | incident in the outbox            | outcome                                                             |
 * |--------------------|-----------------------------------|---------------------------------------------------------------------|
 * | trigger            | not open                          | queued; the incident is open                                        |
 * | trigger            | not open; a warning, and `mostAlone` of its kind wait | its group tells it (groups.ts)                  |
 * | trigger            | open, this repeat or a later one told | duplicate                                                       |
 * | trigger (reminder) | open                              | queued where no trigger of it waits; where one waits, that one tells |
 * | trigger (reminder) | open, and this receiver reminds by itself | queued where the receiver does not have it, or has it with another severity |
 * | trigger (reminder) | open, in a group                  | its group is told again, once for all of them; one that has become critical is told by itself |
 * | resolve            | open                              | queued behind its trigger, which is never dropped for it; closed    |
 * | resolve            | open, in a group                  | closed; with the last one the group is resolved                     |
 * | resolve            | not open                          | duplicate                                                           |
 */
export function enqueue(
  outbox: Outbox,
  action: Alert['action'],
  fields: Notice,
  channels: readonly string[],
  now: number,
  selfReminding: ReadonlySet<string> = new Set(),
): Enqueued {
  const alert = createAlert(action, fields);
  const told = outbox.open[alert.dedupKey];
  const isNews = action === 'trigger' ? told === undefined || told < alert.repeat : told !== undefined;
  if (!isNews) return { outbox, status: 'duplicate' };
  if (action === 'resolve') {
    const { [alert.dedupKey]: _closed, ...open } = outbox.open;
    return { outbox: shed(tellResolve({ ...outbox, open }, alert, channels, now), now), status: 'queued' };
  }
  const opened = { ...outbox, open: { ...outbox.open, [alert.dedupKey]: alert.repeat } };
  const next =
    told === undefined
      ? tellFirst(opened, alert, channels, now)
      : tellAgain(opened, alert, channels, selfReminding, now);
  return { outbox: shed(next, now), status: 'queued' };
}

function tellFirst(outbox: Outbox, alert: Alert, channels: readonly string[], now: number): Outbox {
  const group = joins(outbox, alert);
  return group === undefined ? put(outbox, alert, channels, now) : tellGroup(outbox, group, alert, channels, now);
}

function tellAgain(
  outbox: Outbox,
  alert: Alert,
  channels: readonly string[],
  selfReminding: ReadonlySet<string>,
  now: number,
): Outbox {
  const group = groupOf(outbox, alert);
  const isReminded = (channel: string, dedupKey: string) =>
    selfReminding.has(channel) && receiptOf(outbox, channel, dedupKey)?.severity === alert.severity;
  if (group !== undefined && alert.severity !== 'critical') {
    const reached = channels.filter((channel) => !isReminded(channel, group));
    return tellGroup(outbox, group, alert, reached, now);
  }
  const alone = group === undefined ? outbox : leaveGroup(outbox, group, alert, channels, now);
  const waits = (channel: string) =>
    outbox.pending.some((one) => one.channel === channel && isTriggerOf(one, alert.dedupKey));
  return put(
    alone,
    alert,
    channels.filter((channel) => !waits(channel) && !isReminded(channel, alert.dedupKey)),
    now,
  );
}

function tellResolve(outbox: Outbox, alert: Alert, channels: readonly string[], now: number): Outbox {
  const member = groupOf(outbox, alert);
  if (member !== undefined) return leaveGroup(outbox, member, alert, channels, now);
  return forgetClosed(put(outbox, alert, channels, now), alert.dedupKey);
}

/** Where a trigger of the group waits that nobody has tried to send, that one says what is new; elsewhere one more is put in. */
function tellGroup(outbox: Outbox, groupKey: string, alert: Alert, channels: readonly string[], now: number): Outbox {
  const before = outbox.groups[groupKey];
  const known = withMember(before, alert);
  if (known === undefined) return outbox;
  const isFresh = (one: Delivery) => isTriggerOf(one, groupKey) && one.claim === null && one.failures === 0;
  const fresh = new Set(outbox.pending.filter(isFresh).map(({ channel }) => channel));
  const isAgain = before !== undefined && channels.some((channel) => !fresh.has(channel));
  const group = isAgain ? { ...known, repeat: known.repeat + 1 } : known;
  const told = createAlert('trigger', groupAlert(group, groupKey, alert));
  const pending = outbox.pending.map((one) => (isFresh(one) ? { ...one, alert: told } : one));
  const next = { ...outbox, pending, groups: { ...outbox.groups, [groupKey]: group } };
  return put(
    next,
    told,
    channels.filter((channel) => !fresh.has(channel)),
    now,
  );
}

function leaveGroup(outbox: Outbox, groupKey: string, alert: Alert, channels: readonly string[], now: number): Outbox {
  const { [groupKey]: before, ...others } = outbox.groups;
  if (before === undefined) return outbox;
  const group = withoutMember(before, alert.dedupKey);
  if (group !== undefined) return { ...outbox, groups: { ...others, [groupKey]: group } };
  const over = createAlert('resolve', groupResolve(before, groupKey, alert));
  return forgetClosed(put({ ...outbox, groups: others }, over, channels, now), groupKey);
}

function forgetClosed(outbox: Outbox, dedupKey: string): Outbox {
  return forgetShown(dropClosedReceipts(outbox, dedupKey), dedupKey);
}

function isTriggerOf({ alert }: Delivery, dedupKey: string): boolean {
  return alert.action === 'trigger' && alert.dedupKey === dedupKey;
}

function put(outbox: Outbox, alert: Alert, channels: readonly string[], now: number): Outbox {
  const added = channels.map((channel, i): Delivery => {
    const id = `${alert.cluster}-${now.toString(36)}-${outbox.sequence + i + 1}`;
    return newDelivery(id, channel, alert, now);
  });
  const pending = [...outbox.pending, ...added];
  return { ...outbox, sequence: outbox.sequence + added.length, pending };
}

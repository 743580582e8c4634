// An order to let held deletes out: what was shown, named by its digest, and nothing that came since. It publishes nothing itself: the next
// publication that still asks for these changes makes them.

import { assertNever } from '../../lib/assert.ts';
import { type GivenOrder, withOrder } from '../cluster/given-order.ts';
import type { ClusterPorts } from '../cluster/ports.ts';
import { readRecord, updateRecord } from '../cluster/record.ts';
import type { OrderAnswer, ReleaseOrder } from '../control/control-port.ts';
import { answerBefore, answerOf, digestOfRelease } from '../control/orders.ts';
import { type HeldView, type KeyedRelease, releaseHolds, viewHolds } from './holds.ts';

/** Names in a dry run; the view has a thousand. */
const mostNames = 100;

export async function previewRelease(ports: ClusterPorts, { standby }: ReleaseOrder): Promise<OrderAnswer> {
  const views = new Map(Object.entries(await viewHolds(ports)));
  const view = views.get(standby);
  return {
    status: 'planned',
    words: view === undefined ? [unknownStandby(ports, standby)] : wordsOf(standby, view),
    canForce: false,
  };
}

function wordsOf(standby: string, { digest, releasable, changes }: HeldView): readonly string[] {
  const possible = changes.filter(({ release }) => release === 'possible');
  if (releasable === 0) return [`no guard holds anything back from ${standby}`];
  const names = possible.slice(0, mostNames).map(({ set, guard, wants }) => {
    return `${wants.length === 0 ? `delete ${set}` : `change ${set} to ${wants.join(', ')}`} (held by ${guard})`;
  });
  const more = releasable - names.length;
  return [
    `${releasable} changes are held back from ${standby}; to let them out name them by their digest ${digest}`,
    ...names,
    ...(more === 0 ? [] : [`and ${more} more: see the cluster's held`]),
  ];
}

/** Given again under its key it is answered as the first time; without one the digest has changed, and it does nothing. */
export async function releaseDeletes(ports: ClusterPorts, order: ReleaseOrder): Promise<OrderAnswer> {
  const { idempotencyKey: key, standby, digest, who, why } = order;
  const { record } = await readRecord(ports);
  const { phase } = record.machine;
  const orderDigest = await digestOfRelease(order);
  const before = key === undefined ? undefined : answerBefore(record.orders, key, orderDigest);
  if (before !== undefined) return before;
  if (!ports.standbys.some(({ id }) => id === standby))
    return { status: 'refused', reason: unknownStandby(ports, standby), phase };
  if (key !== undefined) {
    const taken = await takeKey(ports, key, orderDigest);
    if (taken !== undefined) return taken;
  }
  const reasonOf = (changes: number) =>
    `${changes} changes go out to ${standby} with the next publication that still asks for them`;
  const keyed = (key: string): KeyedRelease => ({
    key,
    orderOf: (changes) => {
      return { key, digest: orderDigest, at: ports.clock.now(), reason: reasonOf(changes), phase, isDone: true };
    },
  });
  const outcome = await releaseHolds(ports, { standby, digest, who, why }, key === undefined ? undefined : keyed(key));
  switch (outcome.status) {
    case 'released':
      if (outcome.order !== undefined) await keepInRecord(ports, outcome.order);
      return { status: 'accepted', reason: reasonOf(outcome.changes), phase };
    case 'given-before':
      await keepInRecord(ports, outcome.order);
      return answerOf(outcome.order, orderDigest);
    case 'refused':
      if (key !== undefined) await giveKeyBack(ports, key, orderDigest);
      return { status: 'refused', reason: outcome.reason, phase };
    default:
      return assertNever(outcome, 'outcome');
  }
}

/** So that no command is carried out under its key; what is to be answered where one was. */
async function takeKey(ports: ClusterPorts, key: string, digest: string): Promise<OrderAnswer | undefined> {
  let before: OrderAnswer | undefined;
  await updateRecord(ports, (record) => {
    before = answerBefore(record.orders, key, digest);
    if (before !== undefined || record.orders.some((one) => one.key === key)) return record;
    const { phase } = record.machine;
    const reason = 'it is being carried out';
    return {
      ...record,
      orders: withOrder(record.orders, { key, digest, at: ports.clock.now(), reason, phase, isDone: false }),
    };
  });
  return before;
}

async function giveKeyBack(ports: ClusterPorts, key: string, digest: string): Promise<void> {
  const isMine = (one: GivenOrder) => one.key === key && one.digest === digest && !one.isDone;
  await updateRecord(ports, (record) => {
    if (!record.orders.some(isMine)) return record;
    return { ...record, orders: record.orders.filter((one) => !isMine(one)) };
  });
}

/** What came of it is answered the next time. */
async function keepInRecord(ports: ClusterPorts, order: GivenOrder): Promise<void> {
  await updateRecord(ports, (record) => {
    if (record.orders.some(({ key, isDone }) => key === order.key && isDone)) return record;
    return { ...record, orders: withOrder(record.orders, order) };
  });
}

function unknownStandby({ standbys }: ClusterPorts, standby: string): string {
  return `there is no standby "${standby}"; the standbys are: ${standbys.map(({ id }) => id).join(', ')}`;
}

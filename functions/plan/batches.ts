// Cuts a plan's changes into batches that a DNS host takes whole. Units (order.ts) stay together; the order stays. It writes nothing.
import { LifeboatError } from '../lib/errors.ts';
import type { Amounts, ProviderCapabilities } from './capabilities.ts';
import { type Unit, unitsOf } from './order.ts';
import { type Change, changeTarget } from './plan.ts';

/** Changes in batches, in order. LifeboatError `limit` when one unit alone is too large: nothing has been written then. */
export function cutBatches(changes: readonly Change[], capabilities: ProviderCapabilities): (readonly Change[])[] {
  const batches: Change[][] = [];
  let room: Amounts | undefined;
  for (const unit of unitsOf(changes)) {
    if (isOversize(unit, capabilities)) throw new LifeboatError('limit', oversizeReason(unit, capabilities));
    const cost = capabilities.costOf(unit.changes, false);
    if (room === undefined || !fits(cost, room)) {
      batches.push([]);
      room = capabilities.batch;
    }
    batches.at(-1)?.push(...unit.changes);
    // Below zero for a unit that fits only alone: nothing else joins it then.
    room = less(room, cost);
  }
  return batches;
}

/** LifeboatError `limit` when these changes are more than one batch takes. */
export function checkOneBatch(changes: readonly Change[], capabilities: ProviderCapabilities): void {
  const batches = cutBatches(changes, capabilities).length;
  if (batches > 1) {
    throw new LifeboatError('limit', `${changes.length} changes need ${batches} batches of this DNS host, not one`);
  }
}

/** The units that no batch can hold. */
export function oversizeUnits(changes: readonly Change[], capabilities: ProviderCapabilities): readonly Unit[] {
  return unitsOf(changes).filter((unit) => isOversize(unit, capabilities));
}

/** Why a unit fits no batch, with its name and the numbers. */
export function oversizeReason(unit: Unit, { batch, costOf }: ProviderCapabilities): string {
  const cost = costOf(unit.changes, true);
  const what = unit.changes.map((change) => `${changeTarget(change).name} ${changeTarget(change).type}`).join(', ');
  const written = Object.keys(batch).map((counted) => `${cost[counted] ?? 0} ${counted}`);
  return `${what}: ${written.join(' and ')} must be written at once, the DNS host takes ${Object.values(batch).join(' and ')}`;
}

function isOversize(unit: Unit, { batch, costOf }: ProviderCapabilities): boolean {
  return !fits(costOf(unit.changes, true), batch);
}

function fits(cost: Amounts, room: Amounts): boolean {
  return Object.entries(room).every(([counted, left]) => (cost[counted] ?? 0) <= left);
}

function less(room: Amounts, cost: Amounts): Amounts {
  return Object.fromEntries(Object.entries(room).map(([counted, left]) => [counted, left - (cost[counted] ?? 0)]));
}

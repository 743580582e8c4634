// Cuts a plan's changes into batches that a DNS host takes whole. Units (order.ts) stay together; the order stays. It writes nothing.
import { LifeboatError } from '../lib/errors.ts';
import type { ProviderCapabilities } from './capabilities.ts';
import { type Unit, unitsOf } from './order.ts';
import { type Change, changeTarget } from './plan.ts';
import { updateCost } from './update-cost.ts';

interface Cost {
  readonly values: number;
  readonly characters: number;
}

/** Changes in batches, in order. LifeboatError `limit` when one unit alone is too large: nothing has been written then. */
export function cutBatches(changes: readonly Change[], capabilities: ProviderCapabilities): (readonly Change[])[] {
  const batches: Change[][] = [];
  let room: Cost = { values: -1, characters: -1 };
  for (const unit of unitsOf(changes)) {
    if (isOversize(unit, capabilities)) throw new LifeboatError('limit', oversizeReason(unit, capabilities));
    const cost = costOf(unit, capabilities, false);
    if (!fits(cost, room)) {
      batches.push([]);
      room = wholeBatch(capabilities);
    }
    batches.at(-1)?.push(...unit.changes);
    // Below zero for a unit that fits only alone: nothing else joins it then.
    room = { values: room.values - cost.values, characters: room.characters - cost.characters };
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
export function oversizeReason(unit: Unit, capabilities: ProviderCapabilities): string {
  const { values, characters } = costOf(unit, capabilities, true);
  const { maxValuesPerBatch, maxCharactersPerBatch, counts } = capabilities;
  const what = unit.changes.map((change) => `${changeTarget(change).name} ${changeTarget(change).type}`).join(', ');
  const [of, in_] = counts === 'records' ? ['records', 'octets'] : ['values', 'characters'];
  return `${what}: ${values} ${of} and ${characters} ${in_} must be written at once, the DNS host takes ${maxValuesPerBatch} and ${maxCharactersPerBatch}`;
}

function isOversize(unit: Unit, capabilities: ProviderCapabilities): boolean {
  return !fits(costOf(unit, capabilities, true), wholeBatch(capabilities));
}

function costOf(unit: Unit, capabilities: ProviderCapabilities, alone: boolean): Cost {
  if (capabilities.counts === 'records') {
    const { records, octets } = updateCost(unit.changes, alone);
    return { values: records, characters: octets };
  }
  let cost: Cost = { values: 0, characters: 0 };
  for (const change of unit.changes) {
    const { values } = change.action === 'delete' ? change.before : change.after;
    const times = change.action === 'replace' ? capabilities.replaceCost : 1;
    const characters = values.reduce((sum, value) => sum + value.length, 0);
    cost = { values: cost.values + values.length * times, characters: cost.characters + characters * times };
  }
  return cost;
}

function wholeBatch(capabilities: ProviderCapabilities): Cost {
  return { values: capabilities.maxValuesPerBatch, characters: capabilities.maxCharactersPerBatch };
}

function fits(cost: Cost, room: Cost): boolean {
  return cost.values <= room.values && cost.characters <= room.characters;
}

// What a change costs in an UPDATE message (RFC 2136), so that a plan can be cut before any message is made. It encodes nothing.
import { type Change, changeTarget } from '../../plan/plan.ts';
import type { Rrset } from '../../records/rrset.ts';

/** Records, with the prerequisites that say what is expected to be there (RFC 2136 section 2), and the octets that they take at most. */
export type UpdateCost = Readonly<Record<'records' | 'octets', number>>;

/** Type, class, TTL and length: RFC 1035 section 3.2.1. */
const fixedOctets = 10;
/** A compressed name is a pointer: RFC 1035 section 4.1.4. */
const pointerOctets = 2;
/** Sets larger than this are expected to exist, but not compared: else what can be written once could not be replaced later. */
const maxComparedOctets = 10_000;

/** True when an update names the values that it replaces or deletes; false when it only says that the set is there. */
export function isCompared(before: Rrset): boolean {
  return dataOctets(before) + before.values.length * (fixedOctets + before.name.length + 1) <= maxComparedOctets;
}

/**
 * The cost of changes of one name, prerequisites included. `alone`: the name stands at the head of the message, so that every further
 * mention is a pointer; elsewhere it may be out of a pointer's reach.
 */
export function updateCost(changes: readonly Change[], alone: boolean): UpdateCost {
  let records = 0;
  let octets = 0;
  const count = (owners: number, data: number) => {
    records += owners;
    octets += data + owners * fixedOctets;
  };
  for (const change of changes) {
    if (change.action === 'create' || !isCompared(change.before)) count(1, 0);
    else count(change.before.values.length, dataOctets(change.before));
    if (change.action !== 'create') count(1, 0);
    if (change.action !== 'delete') count(change.after.values.length, dataOctets(change.after));
  }
  const [first] = changes;
  const name = first === undefined ? 0 : changeTarget(first).name.length + 1;
  return { records, octets: octets + (alone ? name + records * pointerOctets : records * name) };
}

/** At most so many octets: an address has 4 or 16, no other data is longer than its text by more than one. */
function dataOctets({ type, values }: Rrset): number {
  if (type === 'A') return values.length * 4;
  if (type === 'AAAA') return values.length * 16;
  return values.reduce((sum, value) => sum + value.length + 1, 0);
}

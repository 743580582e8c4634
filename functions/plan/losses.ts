// What a plan would take away from a zone: sets, values of sets, addresses. It counts and names; the guards judge. Pure.
import type { RecordType, Rrset } from '../records/rrset.ts';
import { unitsOf } from './order.ts';
import type { Change } from './plan.ts';

/**
 * Something that was answered and would not be any more. `delete` a set goes; `switch` a name goes from CNAME to other types or back, all
 * its changes together; `replace` a set loses values, or its only one for another.
 */
export type Loss =
  | { readonly kind: 'delete'; readonly changes: readonly [Delete] }
  | { readonly kind: 'replace'; readonly changes: readonly [Replace] }
  | { readonly kind: 'switch'; readonly changes: readonly Change[] };
type Delete = Change & { readonly action: 'delete' };
type Replace = Change & { readonly action: 'replace' };

/** What a workload connects to. */
const addressTypes: ReadonlySet<RecordType> = new Set(['A', 'AAAA']);

/** Each loss once, in the order of the plan. */
export function lossesAmong(changes: readonly Change[]): readonly Loss[] {
  return unitsOf(changes).flatMap((unit): readonly Loss[] => {
    if (unit.kind === 'switch') return [{ kind: 'switch', changes: unit.changes }];
    const [change] = unit.changes;
    if (change?.action === 'delete') return [{ kind: 'delete', changes: [change] }];
    return change?.action === 'replace' && losesValues(change) ? [{ kind: 'replace', changes: [change] }] : [];
  });
}

/** Does a set of several values lose one? A set of one value may change it: a Service that is made anew has another address. */
export function shrinks({ kind, changes: [change] }: Loss): boolean {
  return kind === 'replace' && change?.action === 'replace' && change.before.values.length > 1;
}

/** Has the set as many values as it had of its own, whichever they are? */
export function hasAsMany(
  { changes: [{ before, after }] }: Loss & { readonly kind: 'replace' },
  own: OwnValues,
): boolean {
  return after.values.length >= own(before);
}

/** Has the set no value left of those that it had? */
export function changesWholly({ before, after }: Replace): boolean {
  const there = new Set(after.values);
  return !before.values.some((value) => there.has(value));
}

/** How many values a set that stands in the zone has of its own: fewer than there are where dead ones were kept beside the new. */
export type OwnValues = (set: Rrset) => number;

/** How many addresses fewer the changes leave, set by set: one that is replaced by another is not lost. */
export function addressesLost({ changes }: Loss, own: OwnValues): number {
  return changes.reduce((sum, change) => sum + Math.max(0, -addressesGained(change, own)), 0);
}

/** How many addresses more a change leaves; below zero for fewer. */
export function addressesGained(change: Change, own: OwnValues): number {
  const before = change.action === 'create' ? 0 : addressesIn([change.before], own);
  const after = change.action === 'delete' ? 0 : addressesIn([change.after], allValues);
  return after - before;
}

export function addressesIn(rrsets: readonly Rrset[], own: OwnValues): number {
  return rrsets.reduce((sum, set) => sum + (isAddress(set.type) ? own(set) : 0), 0);
}

export function isAddress(type: RecordType): boolean {
  return addressTypes.has(type);
}

function allValues({ values }: Rrset): number {
  return values.length;
}

function losesValues({ before, after }: Replace): boolean {
  const there = new Set(after.values);
  return before.values.some((value) => !there.has(value));
}

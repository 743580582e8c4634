// What applying changes does to a set of records: the meaning of a batch, for hosts that are memory or a file, and for tests. Pure.

import { type Rrset, rrsetKey } from '../records/rrset.ts';
import { changeKey } from './diff.ts';
import { type Change, changeTarget } from './plan.ts';

export type ApplyResult =
  | { readonly status: 'applied'; readonly rrsets: ReadonlyMap<string, Rrset> }
  | { readonly status: 'conflict'; readonly reason: string };

/**
 * All changes or none. What a change expects must be there: the values of `before`, or nothing where it creates. TTLs are not compared,
 * as in a prerequisite of RFC 2136 section 3.2.3.
 */
export function applyChanges(rrsets: ReadonlyMap<string, Rrset>, changes: readonly Change[]): ApplyResult {
  for (const change of changes) {
    const there = rrsets.get(changeKey(change));
    const expected = change.action === 'create' ? undefined : change.before;
    if (!sameValues(there, expected)) return { status: 'conflict', reason: conflictReason(change, there) };
  }
  const result = new Map(rrsets);
  for (const change of changes) {
    if (change.action === 'delete') result.delete(changeKey(change));
    else result.set(rrsetKey(change.after), change.after);
  }
  return { status: 'applied', rrsets: result };
}

function sameValues(a: Rrset | undefined, b: Rrset | undefined): boolean {
  return a?.values.join('\n') === b?.values.join('\n');
}

function conflictReason(change: Change, there: Rrset | undefined): string {
  const { name, type } = changeTarget(change);
  const found = there === undefined ? 'is gone' : `holds ${there.values.slice(0, 3).join(', ')}`;
  return `${name} ${type} ${found}: somebody changed it since the plan was made`;
}

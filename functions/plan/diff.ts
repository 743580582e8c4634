// The difference between two sets of records, one change per record set, in canonical order. It does not judge, and does not order for
// writing: that is order.ts.
import { assert } from '../lib/assert.ts';
import { compareRrsets, type Rrset, rrsetKey, sameRrset } from '../records/rrset.ts';
import { type Change, changeTarget } from './plan.ts';

/** What has to change so that `current` becomes `desired`; a TTL that differs is a change too. Each key at most once on a side. */
export function diff(desired: readonly Rrset[], current: readonly Rrset[]): readonly Change[] {
  const wanted = byKey(desired, 'desired');
  const present = byKey(current, 'current');
  const changes: Change[] = [];
  for (const [key, after] of wanted) {
    const before = present.get(key);
    if (before === undefined) changes.push({ action: 'create', after });
    else if (!sameRrset(before, after)) changes.push({ action: 'replace', before, after });
  }
  for (const [key, before] of present) {
    if (!wanted.has(key)) changes.push({ action: 'delete', before });
  }
  return changes.sort((a, b) => compareRrsets(setOf(a), setOf(b)));
}

/** The key of the set that a change touches. */
export function changeKey(change: Change): string {
  return rrsetKey(changeTarget(change));
}

function setOf(change: Change): Rrset {
  return change.action === 'delete' ? change.before : change.after;
}

function byKey(rrsets: readonly Rrset[], side: string): ReadonlyMap<string, Rrset> {
  const map = new Map(rrsets.map((set) => [rrsetKey(set), set]));
  assert(map.size === rrsets.length, `${side} holds ${rrsets.length - map.size} record sets twice`);
  return map;
}

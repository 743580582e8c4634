// What is not known is not changed: settles what a plan may go by where a record could not be read, in the source or in the zone. Pure.
//
// | could not be read          | what the plan does at that name                                                                   |
// |----------------------------|---------------------------------------------------------------------------------------------------|
// | in the source              | what the zone holds stays, and what could be read is added; where a CNAME and other types exclude  |
// |                            | each other (RFC 1034 section 3.6.2) what could be read wins                                        |
// | in the zone                | nothing: a set of which a part is not seen is neither made, replaced nor deleted                   |
import type { Name } from '../records/name.ts';
import { type Rrset, rrsetKey } from '../records/rrset.ts';
import { count, listed, maxNamesListed } from './findings.ts';
import { type Change, changeTarget, type Finding } from './plan.ts';

export interface Unread {
  /** Names at which the source of the desired sets holds what could not be read. */
  readonly inSource?: readonly Name[];
  /** Names of ours at which the zone does. */
  readonly inZone?: readonly Name[];
}

/** What to tell of it. */
export function unreadFindings({ inSource = [], inZone = [] }: Unread): readonly Finding[] {
  return [
    ...note('unread-source', inSource, 'could not be read in the source: what the zone holds there is kept'),
    ...note('unread-zone', inZone, 'cannot be read in the zone: nothing is changed there'),
  ];
}

/** True for a change that may not be made, since the zone is not seen whole there. */
export function hiddenIn({ inZone = [] }: Unread): (change: Change) => boolean {
  const hidden = new Set(inZone);
  return (change) => hidden.has(changeTarget(change).name);
}

/** The desired sets, and with them what the zone holds at the names that are not known in the source. */
export function keepUnknown(
  desired: readonly Rrset[],
  current: readonly Rrset[],
  { inSource = [] }: Unread,
): readonly Rrset[] {
  if (inSource.length === 0) return desired;
  const unknown = new Set(inSource);
  const sets = new Map(desired.map((set) => [rrsetKey(set), set]));
  const aliases = new Set(desired.filter(({ type }) => type === 'CNAME').map(({ name }) => name));
  const names = new Set(desired.map(({ name }) => name));
  for (const held of current) {
    if (!unknown.has(held.name)) continue;
    const excluded = held.type === 'CNAME' ? names.has(held.name) : aliases.has(held.name);
    if (excluded) continue;
    const wanted = sets.get(rrsetKey(held));
    const values = [...new Set([...held.values, ...(wanted?.values ?? [])])].sort();
    sets.set(rrsetKey(held), { ...held, ttlSeconds: wanted?.ttlSeconds ?? held.ttlSeconds, values });
  }
  return [...sets.values()];
}

function note(guard: string, names: readonly Name[], what: string): readonly Finding[] {
  if (names.length === 0) return [];
  const reason = `records at ${count(names.length, 'name')} ${what}: ${listed(names)}`;
  return [{ guard, effect: 'note', reason, numbers: { names: names.length }, names: names.slice(0, maxNamesListed) }];
}

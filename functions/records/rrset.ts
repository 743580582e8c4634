// Record sets: all values of one name and type, in canonical form, so that equal sets are equal texts. RFC 2181 section 5.
import { compareNames, type Name } from './name.ts';

/** The types that Lifeboat publishes or reads, with their numbers (IANA dns-parameters): the one list of them. */
export const recordTypeNumbers = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33 } as const;

export type RecordType = keyof typeof recordTypeNumbers;

export const recordTypes = Object.keys(recordTypeNumbers) as readonly RecordType[];

/** The type as text, also where Lifeboat does not read it: `TYPE65280` (RFC 3597 section 5). */
export function typeText(number: number): string {
  return recordTypes.find((type) => recordTypeNumbers[type] === number) ?? `TYPE${number}`;
}

/** One record, value in canonical presentation form (see rdata/). */
export interface DnsRecord {
  readonly name: Name;
  readonly type: RecordType;
  readonly ttlSeconds: number;
  readonly value: string;
}

/** A record set: `values` are canonical, sorted, without duplicates, at least one. One TTL for all (RFC 2181 section 5.2). */
export interface Rrset {
  readonly name: Name;
  readonly type: RecordType;
  readonly ttlSeconds: number;
  readonly values: readonly string[];
}

/** `<name> <type>`: the key of a set within a zone. */
export function rrsetKey(set: { readonly name: Name; readonly type: RecordType }): string {
  return `${set.name} ${set.type}`;
}

/** Order of sets in a snapshot, a zone file and a plan: canonical name order, then type. */
export function compareRrsets(a: Rrset, b: Rrset): number {
  return compareNames(a.name, b.name) || (a.type < b.type ? -1 : a.type > b.type ? 1 : 0);
}

/** Same values and TTL. */
export function sameRrset(a: Rrset, b: Rrset): boolean {
  return (
    a.name === b.name &&
    a.type === b.type &&
    a.ttlSeconds === b.ttlSeconds &&
    a.values.length === b.values.length &&
    a.values.every((value, i) => value === b.values[i])
  );
}

/** Gathers records into sets: duplicates dropped, the smallest TTL of a set wins, everything in canonical order. */
export function groupRecords(records: Iterable<DnsRecord>): readonly Rrset[] {
  const sets = new Map<string, { name: Name; type: RecordType; ttlSeconds: number; values: Set<string> }>();
  for (const record of records) {
    const key = rrsetKey(record);
    const set = sets.get(key);
    if (set === undefined) {
      const { name, type, ttlSeconds, value } = record;
      sets.set(key, { name, type, ttlSeconds, values: new Set([value]) });
    } else {
      set.values.add(record.value);
      set.ttlSeconds = Math.min(set.ttlSeconds, record.ttlSeconds);
    }
  }
  return [...sets.values()].map((set) => ({ ...set, values: [...set.values].sort() })).sort(compareRrsets);
}

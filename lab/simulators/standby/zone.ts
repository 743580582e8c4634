// The contents of one zone in memory: which sets a name has, and which names lie below it. It changes what it is told to, judges nothing
// and keeps nothing on disk.
import type { Name } from '../../../functions/records/name.ts';
import { parseSoa, type Soa } from '../../../functions/records/rdata/index.ts';
import type { DnsRecord, RecordType, Rrset } from '../../../functions/records/rrset.ts';

export interface RecordSet {
  readonly ttlSeconds: number;
  readonly values: ReadonlySet<string>;
}

/** The sets of one name; never changed in place. */
export type Node = ReadonlyMap<RecordType, RecordSet>;

/** A set as it is from now on; without values it is gone. */
export type SetChange = Rrset;

export interface ZoneView {
  readonly apex: Name;
  /** Empty for a name without records. */
  node(name: string): Node;
}

export interface Zone extends ZoneView {
  /** True when the name or one below it has records: an empty non-terminal exists (RFC 4592 section 2.2.2). */
  exists(name: string): boolean;
  put(changes: Iterable<SetChange>): void;
  /** All sets as they are now, whatever is put later. */
  sets(): Iterable<Rrset>;
}

const noSets: Node = new Map();

export function createZone(apex: Name, sets: Iterable<Rrset> = []): Zone {
  const nodes = new Map<string, Node>();
  /** How many names with records lie below each name. */
  const below = new Map<string, number>();

  const count = (name: string, step: 1 | -1): void => {
    for (let above = name; above !== apex; ) {
      above = parentOf(above);
      const left = (below.get(above) ?? 0) + step;
      if (left === 0) below.delete(above);
      else below.set(above, left);
    }
  };
  const putOne = ({ name, type, ttlSeconds, values }: SetChange): void => {
    const before = nodes.get(name);
    const node = new Map(before);
    if (values.length === 0) node.delete(type);
    else node.set(type, { ttlSeconds, values: new Set(values) });
    if (node.size > 0) nodes.set(name, node);
    else nodes.delete(name);
    if ((before !== undefined) !== node.size > 0) count(name, node.size > 0 ? 1 : -1);
  };
  const zone: Zone = {
    apex,
    node: (name) => nodes.get(name) ?? noSets,
    exists: (name) => nodes.has(name) || below.has(name),
    put(changes) {
      for (const change of changes) putOne(change);
    },
    sets: () => setsOf([...nodes]),
  };
  zone.put(sets);
  return zone;
}

function* setsOf(nodes: readonly (readonly [string, Node])[]): Generator<Rrset> {
  for (const [name, node] of nodes) {
    for (const [type, { ttlSeconds, values }] of node) {
      yield { name: name as Name, type, ttlSeconds, values: [...values] };
    }
  }
}

/** The zone's SOA record; every zone has one. */
export function soaRecord(zone: ZoneView): DnsRecord {
  const set = zone.node(zone.apex).get('SOA');
  const [value] = set?.values ?? [];
  if (set === undefined || value === undefined) throw new Error(`the zone ${zone.apex} has no SOA`);
  return { name: zone.apex, type: 'SOA', ttlSeconds: set.ttlSeconds, value };
}

export function soaOf(zone: ZoneView): Soa {
  return parseSoa(soaRecord(zone).value);
}

/** The name without its first label, which may hold escaped dots. */
export function parentOf(name: string): string {
  const end = name.includes('\\') ? (/^(?:\\\d{3}|\\\D|[^.\\])+/.exec(name)?.[0].length ?? 0) : name.indexOf('.');
  return name.slice(end + 1) || '.';
}

/** True for the apex and every name below it. */
export function isInZone(name: string, apex: Name): boolean {
  let rest = name;
  while (rest.length > apex.length) rest = parentOf(rest);
  return rest === apex;
}

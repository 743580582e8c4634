// Makes a snapshot from what a source handed over: leaves out what must not be published, says why, groups and counts. Pure.
import { type LeftRecord, unreadNames } from '../records/left-record.ts';
import {
  child,
  isHostName,
  isPlainName,
  isWithin,
  labelsOf,
  type Name,
  parseName,
  relativeTo,
} from '../records/name.ts';
import { type DnsRecord, groupRecords, type RecordType, type Rrset, rrsetKey } from '../records/rrset.ts';
import { zoneDigest } from './digest.ts';
import type { Dropped, Freshness, Snapshot, SnapshotCounts, SnapshotOrigin } from './snapshot.ts';

/** Why a record of the source is not in the snapshot. The policy, in the order in which it is tried (first match wins). */
export const dropReasons = {
  /** Every zone has its own; the standby's serial is not CoreDNS's. */
  soa: 'the standby zone has an SOA of its own',
  /** CoreDNS names itself as name server, which is of no use when CoreDNS is gone. */
  nameServer: "CoreDNS's own name server record",
  /** The addresses that belong to those NS records carry TTL 0; the Service of the same name is exported again with its TTL. */
  glue: "address of CoreDNS's own name server (TTL 0 in the transfer)",
  outside: 'outside svc.<zone>: not service discovery',
  type: 'a type that is not service discovery',
  /** Kubernetes makes none, and in the standby it would answer for every name that is not there (RFC 4592). */
  wildcard: 'a wildcard: not service discovery',
  /** Kubernetes makes none but by mistake (an IPv6 address spelled as a label that ends in a hyphen). */
  oddName: 'a name that strict DNS servers refuse together with the whole update',
  oddTarget: 'an SRV record with a target that strict DNS servers refuse together with the whole update',
  /** RFC 1034 section 3.6.2, RFC 2181 section 10.1: authoritative servers refuse such a name. */
  cname: 'CNAME beside other data, or several CNAMEs: not allowed in a zone (RFC 2181 section 10.1)',
  unread: 'cannot be read',
  /** CoreDNS does not de-duplicate: an address in two EndpointSlices comes twice. */
  duplicate: 'the same record again',
} as const;

/** The reasons that every transfer has: nothing is missing in the standby because of them. */
const ordinary: ReadonlySet<string> = new Set([
  dropReasons.soa,
  dropReasons.nameServer,
  dropReasons.glue,
  dropReasons.duplicate,
]);

/** Left out of the snapshot, and worth a person's look. */
export function oddities({ dropped }: Snapshot): readonly Dropped[] {
  return dropped.filter(({ reason }) => !ordinary.has(reason));
}

export interface SnapshotInput {
  readonly cluster: string;
  readonly zone: Name;
  readonly origin: SnapshotOrigin;
  readonly freshness: Freshness;
  /** Milliseconds since the epoch, when the transfer ended. */
  readonly takenAt: number;
  readonly records: Iterable<DnsRecord>;
  /** What the reader of the source could not take over; default none. */
  readonly left?: readonly LeftRecord[];
  /** The TTL that every set gets; default: the source's own. */
  readonly publishTtlSeconds?: number;
}

const publishedTypes: ReadonlySet<RecordType> = new Set(['A', 'AAAA', 'CNAME', 'SRV', 'TXT']);
/** Above this many entries `dropped` is summed up by type and reason under the zone's name. */
const maxDropped = 200;

/** Builds an unnumbered snapshot (`number` 0). Its digest depends on zone and sets only. */
export async function buildSnapshot(input: SnapshotInput): Promise<Snapshot> {
  const { cluster, zone, origin, freshness, takenAt, publishTtlSeconds, left = [] } = input;
  const { kept, dropped } = select(zone, [...input.records], left);
  const grouped = groupRecords(kept);
  const rrsets =
    publishTtlSeconds === undefined ? grouped : grouped.map((set) => ({ ...set, ttlSeconds: publishTtlSeconds }));
  const counts = countSnapshot(zone, rrsets);
  const digest = await zoneDigest(zone, rrsets);
  const services = child('svc', zone);
  const unread = unreadNames(left, (name) => isWithin(name, services) && isPlainName(name));
  const head = { format: 1, cluster, number: 0, takenAt, origin, zone, freshness, counts, digest, dropped } as const;
  return { ...head, ...(unread.length === 0 ? {} : { unread }), rrsets };
}

/** Counts records (values) by type and by Kubernetes namespace, the label left of `svc`. */
export function countSnapshot(zone: Name, rrsets: readonly Rrset[]): SnapshotCounts {
  const byType = new Map<string, number>();
  const byNamespace = new Map<string, number>();
  let records = 0;
  for (const set of rrsets) {
    const values = set.values.length;
    records += values;
    byType.set(set.type, (byType.get(set.type) ?? 0) + values);
    const namespace = namespaceOf(set.name, zone);
    if (namespace !== undefined) byNamespace.set(namespace, (byNamespace.get(namespace) ?? 0) + values);
  }
  return { records, rrsets: rrsets.length, byType: sorted(byType), byNamespace: sorted(byNamespace) };
}

/** The Kubernetes namespace that a name of the zone lies in; undefined when it lies in none. */
export function namespaceOf(name: Name, zone: Name): string | undefined {
  if (!isWithin(name, zone)) return undefined;
  const labels = relativeTo(name, zone).split('.');
  return labels.at(-1) === 'svc' ? labels.at(-2) : undefined;
}

/** A record among these sets that buildSnapshot leaves out; undefined when it leaves out none. */
export function findUnpublishable(zone: Name, rrsets: readonly Rrset[]): Dropped | undefined {
  const records = rrsets.flatMap(({ values, ...set }) => values.map((value): DnsRecord => ({ ...set, value })));
  return select(zone, records, []).dropped[0];
}

function select(zone: Name, records: readonly DnsRecord[], left: readonly LeftRecord[]) {
  const dropped = new Map<string, Dropped>();
  const drop = ({ name, type }: Pick<Dropped, 'name' | 'type'>, reason: string) => {
    const key = `${name} ${type} ${reason}`;
    dropped.set(key, { name, type, count: (dropped.get(key)?.count ?? 0) + 1, reason });
  };
  const services = child('svc', zone);
  const isGlue = glueTest(records, services);
  const seen = new Set<string>();
  const candidates: DnsRecord[] = [];
  for (const record of records) {
    const reason = reasonToDrop(record, services, isGlue);
    const key = `${rrsetKey(record)} ${record.value}`;
    if (reason !== undefined) drop(record, reason);
    else if (seen.has(key)) drop(record, dropReasons.duplicate);
    else {
      seen.add(key);
      candidates.push(record);
    }
  }
  for (const record of left) drop(record, leftReason(record, services));
  const clash = cnameClashes(candidates);
  const kept: DnsRecord[] = [];
  for (const record of candidates) {
    if (record.type === 'CNAME' && clash.has(record.name)) drop(record, dropReasons.cname);
    else kept.push(record);
  }
  return { kept, dropped: summed([...dropped.values()], zone) };
}

function reasonToDrop(
  record: DnsRecord,
  services: Name,
  isGlue: (record: DnsRecord) => boolean,
): (typeof dropReasons)[keyof typeof dropReasons] | undefined {
  if (record.type === 'SOA') return dropReasons.soa;
  if (record.type === 'NS') return dropReasons.nameServer;
  if (isGlue(record)) return dropReasons.glue;
  if (!isWithin(record.name, services)) return dropReasons.outside;
  if (!publishedTypes.has(record.type)) return dropReasons.type;
  if (labelsOf(record.name).includes('*')) return dropReasons.wildcard;
  if (!isPlainName(record.name)) return dropReasons.oddName;
  if ((record.type === 'A' || record.type === 'AAAA') && !isHostName(record.name)) return dropReasons.oddName;
  if (record.type === 'SRV' && !isHostName(targetOf(record))) return dropReasons.oddTarget;
  return undefined;
}

function targetOf({ value }: DnsRecord): Name {
  return parseName(value.split(' ').at(-1) ?? '');
}

function leftReason({ name, why, detail }: LeftRecord, services: Name): string {
  if (why !== 'type') return `${dropReasons.unread}: ${detail}`;
  return isWithin(name, services) ? `${dropReasons.type}: ${detail}` : dropReasons.outside;
}

/**
 * Glue is an address with TTL 0 at a name that an NS record points to. A Service of that name has another one with a TTL beside it; where it
 * has not (`ttl 0` in the Corefile) nothing is dropped, since it may be all that there is of the Service.
 */
function glueTest(records: readonly DnsRecord[], services: Name): (record: DnsRecord) => boolean {
  const targets = new Set<string>();
  for (const record of records) if (record.type === 'NS') targets.add(record.value);
  const isAddressOfTarget = ({ type, name }: DnsRecord) => (type === 'A' || type === 'AAAA') && targets.has(name);
  const withTtl = new Set<string>();
  for (const record of records) {
    if (isAddressOfTarget(record) && record.ttlSeconds > 0) withTtl.add(rrsetKey(record));
  }
  const isSpare = (record: DnsRecord) => withTtl.has(rrsetKey(record)) || !isWithin(record.name, services);
  return (record) => record.ttlSeconds === 0 && isAddressOfTarget(record) && isSpare(record);
}

/** Names whose CNAME cannot be published: other types at the same name, or more than one CNAME. */
function cnameClashes(records: readonly DnsRecord[]): ReadonlySet<Name> {
  const cnames = new Map<Name, number>();
  for (const { type, name } of records) if (type === 'CNAME') cnames.set(name, (cnames.get(name) ?? 0) + 1);
  const clashes = new Set<Name>();
  for (const { type, name } of records) {
    const count = cnames.get(name);
    if (count !== undefined && (count > 1 || type !== 'CNAME')) clashes.add(name);
  }
  return clashes;
}

function summed(dropped: readonly Dropped[], zone: Name): readonly Dropped[] {
  if (dropped.length <= maxDropped) return dropped;
  const sums = new Map<string, Dropped>();
  for (const { type, count, reason } of dropped) {
    const kind = Object.values(dropReasons).find((each) => reason.startsWith(each)) ?? reason;
    const key = `${type} ${kind}`;
    sums.set(key, { name: zone, type, count: (sums.get(key)?.count ?? 0) + count, reason: kind });
  }
  return [...sums.values()];
}

/** An object only at the end: a namespace may be called `constructor`. */
function sorted(counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

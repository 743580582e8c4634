// What an UPDATE may do and does, RFC 2136 section 3, in the order in which it says it. Pure: it reads a zone and returns what changes;
// it carries nothing out, and knows no message, key or socket.
//
// | what comes                          | class | TTL, data     | what it does                                                      |
// |-------------------------------------|-------|---------------|-------------------------------------------------------------------|
// | prerequisite: name in use           | ANY   | 0, none, ANY  | NXDOMAIN unless the name has a record                             |
// | prerequisite: set exists            | ANY   | 0, none       | NXRRSET unless there is such a set                                |
// | prerequisite: name not in use       | NONE  | 0, none, ANY  | YXDOMAIN when the name has a record                               |
// | prerequisite: set does not exist    | NONE  | 0, none       | YXRRSET when there is such a set                                  |
// | prerequisite: set holds exactly     | IN    | 0, data       | NXRRSET unless the set has these values and no others             |
// | add                                 | IN    | TTL, data     | adds the value; ignored beside a CNAME, an old SOA is ignored too |
// | delete a set                        | ANY   | 0, none       | but SOA and NS of the apex                                        |
// | delete all of a name                | ANY   | 0, none, ANY  | but SOA and NS of the apex                                        |
// | delete a value                      | NONE  | 0, data       | but an SOA, and the last NS of the apex                           |
import { messageOf } from '../../../functions/lib/errors.ts';
import { type Name, parsePlainName } from '../../../functions/records/name.ts';
import { parseSoa } from '../../../functions/records/rdata/index.ts';
import type { RecordType, Rrset } from '../../../functions/records/rrset.ts';
import { classes, isMetaType, type Rcode, types } from '../dns/codes.ts';
import { recordType } from './record-types.ts';
import { compareSerials, nextSerial } from './serial.ts';
import { isInZone, type SetChange, soaOf, soaRecord, type ZoneView } from './zone.ts';

export interface UpdateRecord {
  readonly name: string;
  readonly type: number;
  readonly klass: number;
  readonly ttlSeconds: number;
  /** Canonical text of the data, for a type without one `\# octets` (RFC 3597); undefined where there are no data. */
  readonly value: string | undefined;
}

export interface UpdateOutcome {
  readonly rcode: Rcode;
  /** Why it was not done, in words; for the log. */
  readonly reason?: string;
  /** What is different afterwards, the SOA included; empty when nothing is. */
  readonly changes: readonly SetChange[];
}

/** So that any record fits into a message with its question and its signature, whatever stands there escaped. */
const maxValueCharacters = 60_000;

/** RFC 2181 section 8: what is longer counts as 0. */
const maxTtlSeconds = 2 ** 31 - 1;

type Refusal = Omit<UpdateOutcome, 'changes'> | undefined;

export function decideUpdate(
  zone: ZoneView,
  prerequisites: readonly UpdateRecord[],
  updates: readonly UpdateRecord[],
): UpdateOutcome {
  const refusal =
    checkPrerequisites(zone, prerequisites) ??
    firstRefusal(updates, (record) => checkForm(zone, record)) ??
    firstRefusal(updates, (record) => checkSupport(zone, record));
  if (refusal !== undefined) return { ...refusal, changes: [] };
  const draft = createDraft(zone);
  for (const record of updates) carryOut(draft, zone.apex, record);
  return { rcode: 'NOERROR', changes: withNewSerial(zone, draft.changes()) };
}

/** Section 3.2.5. */
function checkPrerequisites(zone: ZoneView, prerequisites: readonly UpdateRecord[]): Refusal {
  const expected = new Map<string, { readonly record: UpdateRecord; readonly values: Set<string> }>();
  const refusal = firstRefusal(prerequisites, (record) => {
    const { name, type, klass, ttlSeconds, value } = record;
    if (ttlSeconds !== 0) return formError('a prerequisite with a TTL', record);
    if (!isInZone(name, zone.apex)) return notInZone(record);
    if (klass === classes.IN) {
      if (isMetaType(type)) return formError('a prerequisite of a meta type with data', record);
      if (value === undefined) return formError('a prerequisite of class IN without data', record);
      const key = `${name} ${type}`;
      const set = expected.get(key) ?? { record, values: new Set() };
      expected.set(key, set);
      set.values.add(value);
      return undefined;
    }
    if (klass !== classes.ANY && klass !== classes.NONE) return formError(`a prerequisite of class ${klass}`, record);
    if (value !== undefined) return formError('a prerequisite of class ANY or NONE with data', record);
    const isThere = type === types.ANY ? zone.node(name).size > 0 : valuesAt(zone, name, type) !== undefined;
    if (isThere === (klass === classes.ANY)) return undefined;
    if (klass === classes.ANY) return { rcode: type === types.ANY ? 'NXDOMAIN' : 'NXRRSET' };
    return { rcode: type === types.ANY ? 'YXDOMAIN' : 'YXRRSET' };
  });
  if (refusal !== undefined) return refusal;
  return firstRefusal([...expected.values()], ({ record: { name, type }, values }) => {
    const there = valuesAt(zone, name, type) ?? new Set<string>();
    const isEqual = there.size === values.size && [...values].every((value) => there.has(value));
    return isEqual ? undefined : { rcode: 'NXRRSET' };
  });
}

/** Section 3.4.1.3. */
function checkForm(zone: ZoneView, record: UpdateRecord): Refusal {
  const { name, type, klass, ttlSeconds, value } = record;
  if (!isInZone(name, zone.apex)) return notInZone(record);
  switch (klass) {
    case classes.IN:
      if (isMetaType(type)) return formError('an add of a meta type', record);
      return value === undefined ? formError('an add without data', record) : undefined;
    case classes.ANY:
      if (ttlSeconds !== 0) return formError('a delete with a TTL', record);
      if (isMetaType(type) && type !== types.ANY) return formError('a delete of a meta type', record);
      return value === undefined ? undefined : formError('a delete of a set with data', record);
    case classes.NONE:
      if (ttlSeconds !== 0) return formError('a delete with a TTL', record);
      if (isMetaType(type)) return formError('a delete of a meta type', record);
      return value === undefined ? formError('a delete of a value without data', record) : undefined;
    default:
      return formError(`an update of class ${klass}`, record);
  }
}

/** What this server does not hold, though other servers do. Deletes need no check: it is not there. */
function checkSupport(zone: ZoneView, { name, type: number, klass, value = '' }: UpdateRecord): Refusal {
  if (klass !== classes.IN) return undefined;
  const type = recordType(number);
  const reason =
    type === undefined ? `records of type ${number} are not supported` : unsupported(zone.apex, { name, type, value });
  return reason === undefined ? undefined : { rcode: 'REFUSED', reason: `${name.slice(0, 80)}: ${reason}` };
}

/** Why a record cannot be held here; undefined when it can. */
export function unsupported(
  apex: Name,
  { name, type, value }: { readonly name: string; readonly type: RecordType; readonly value: string },
): string | undefined {
  if (value.length > maxValueCharacters) {
    return `the value has ${value.length} characters as text, the limit is ${maxValueCharacters}`;
  }
  if (name.split('.').includes('*')) return 'wildcards are not supported';
  if (type === 'NS' && name !== apex) return 'NS records below the apex (delegations) are not supported';
  try {
    parsePlainName(name);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Section 3.4.2.7. */
function carryOut(draft: Draft, apex: Name, { name, type: number, klass, ttlSeconds, value }: UpdateRecord): void {
  const node = draft.node(name as Name);
  const type = recordType(number);
  const isKept = (each: RecordType) => name === apex && (each === 'SOA' || each === 'NS');
  if (klass === classes.ANY) {
    for (const each of number === types.ANY ? [...node.keys()] : [type]) {
      if (each !== undefined && !isKept(each)) node.delete(each);
    }
  } else if (type === undefined || value === undefined) {
    // A value of a type that is never held: there is nothing to delete.
  } else if (klass === classes.NONE) {
    const values = node.get(type)?.values;
    const isLastNs = isKept(type) && values?.size === 1;
    if (type !== 'SOA' && !isLastNs) values?.delete(value);
    if (values?.size === 0) node.delete(type);
  } else {
    add(node, { type, ttlSeconds, value });
  }
}

/** An add beside a CNAME, or of a CNAME beside others, is ignored, and so is an SOA elsewhere or an older one. The last TTL is the set's. */
function add(
  node: DraftNode,
  record: { readonly type: RecordType; readonly ttlSeconds: number; readonly value: string },
) {
  const { type, value } = record;
  const ttlSeconds = record.ttlSeconds > maxTtlSeconds ? 0 : record.ttlSeconds;
  const there = node.get(type)?.values ?? new Set<string>();
  if (type === 'CNAME' ? [...node.keys()].some((each) => each !== 'CNAME') : node.has('CNAME')) return;
  if (type === 'SOA') {
    const [old] = there;
    if (old === undefined || compareSerials(parseSoa(old).serial, parseSoa(value).serial) > 0) return;
  }
  const values = type === 'SOA' || type === 'CNAME' ? new Set([value]) : there.add(value);
  node.set(type, { ttlSeconds, values });
}

/** Section 3.6: what changes the zone changes its serial, unless it came with a newer one. */
function withNewSerial(zone: ZoneView, changes: readonly SetChange[]): readonly SetChange[] {
  if (changes.length === 0) return changes;
  const isSoa = ({ name, type }: SetChange) => name === zone.apex && type === 'SOA';
  const before = soaOf(zone).serial;
  const given = changes.find(isSoa) ?? { ...soaRecord(zone), values: [soaRecord(zone).value] };
  const [value = ''] = given.values;
  const { mname, rname, serial, ...timers } = parseSoa(value);
  if (serial !== before) return changes;
  const words = [mname, rname, nextSerial(before), ...Object.values(timers)];
  const soa: Rrset = { name: zone.apex, type: 'SOA', ttlSeconds: given.ttlSeconds, values: [words.join(' ')] };
  return [...changes.filter((change) => !isSoa(change)), soa];
}

type DraftNode = Map<RecordType, { readonly ttlSeconds: number; readonly values: Set<string> }>;

/** The names that an update touches, to be changed in place. */
interface Draft {
  node(name: Name): DraftNode;
  changes(): readonly SetChange[];
}

function createDraft(zone: ZoneView): Draft {
  const nodes = new Map<Name, DraftNode>();
  return {
    node(name) {
      const there = nodes.get(name);
      if (there !== undefined) return there;
      const copy: DraftNode = new Map();
      for (const [type, set] of zone.node(name)) copy.set(type, { ...set, values: new Set(set.values) });
      nodes.set(name, copy);
      return copy;
    },
    changes: () => [...nodes].flatMap(([name, after]) => changesOf(zone, name, after)),
  };
}

function changesOf(zone: ZoneView, name: Name, after: DraftNode): readonly SetChange[] {
  const before = zone.node(name);
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((type) => {
    const [old, set] = [before.get(type), after.get(type)];
    const isSame =
      old?.ttlSeconds === set?.ttlSeconds &&
      old?.values.size === set?.values.size &&
      [...(set?.values ?? [])].every((value) => old?.values.has(value));
    return isSame ? [] : [{ name, type, ttlSeconds: set?.ttlSeconds ?? 0, values: [...(set?.values ?? [])].sort() }];
  });
}

function valuesAt(zone: ZoneView, name: string, type: number): ReadonlySet<string> | undefined {
  const known = recordType(type);
  return known === undefined ? undefined : zone.node(name).get(known)?.values;
}

function firstRefusal<T>(items: readonly T[], check: (item: T) => Refusal): Refusal {
  for (const item of items) {
    const refusal = check(item);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function formError(what: string, { name, type }: UpdateRecord): Refusal {
  return { rcode: 'FORMERR', reason: `${what}: ${name.slice(0, 80)}, type ${type}` };
}

function notInZone({ name }: UpdateRecord): Refusal {
  return { rcode: 'NOTZONE', reason: `${name.slice(0, 80)} is not in the zone` };
}

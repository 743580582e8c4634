// Numbers of the DNS protocol and their names: types, classes, opcodes, response codes. IANA dns-parameters.
import { type RecordType, recordTypeNumbers } from '../records/rrset.ts';

/** What may be asked: a record type, a transfer, or everything. */
export type QueryType = RecordType | 'AXFR' | 'IXFR' | 'ANY';

const typeNumbers: Readonly<Record<QueryType, number>> = {
  ...recordTypeNumbers,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
};
const typeNames: ReadonlyMap<number, QueryType> = new Map(
  (Object.entries(typeNumbers) as [QueryType, number][]).map(([type, number]) => [number, type]),
);
const metaTypes: ReadonlySet<QueryType> = new Set<QueryType>(['AXFR', 'IXFR', 'ANY']);

/** Types that are no data: the OPT record of EDNS (RFC 6891) and the TSIG record (RFC 8945). */
export const optType = 41;
export const tsigType = 250;

/** Classes: IN, and the two that an UPDATE uses (RFC 2136 section 2.4). */
export const classIn = 1;
export const classNone = 254;
export const classAny = 255;

/** Opcodes of QUERY and UPDATE. */
export const opcodeQuery = 0;
export const opcodeUpdate = 5;

/** Response codes by number, RFC 6895 section 2.3; 16 and above come through EDNS. */
const rcodeNames = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
] as const;

/** A response code by name; one without a name here is `RCODE<number>`. */
export type Rcode = (typeof rcodeNames)[number] | 'BADVERS' | `RCODE${number}`;

export function rcodeName(code: number): Rcode {
  return rcodeNames[code] ?? (code === 16 ? 'BADVERS' : `RCODE${code}`);
}

export function typeNumber(type: QueryType): number {
  return typeNumbers[type];
}

/** The query type of a number; undefined when it has no name here. */
export function queryTypeOf(number: number): QueryType | undefined {
  return typeNames.get(number);
}

/** The record type of a number; undefined when Lifeboat does not read that type. */
export function recordTypeOf(number: number): RecordType | undefined {
  const type = typeNames.get(number);
  return type === undefined || metaTypes.has(type) ? undefined : (type as RecordType);
}

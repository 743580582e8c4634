// Numbers of the DNS protocol and their names, as the standby server needs them: types, classes, opcodes, rcodes. IANA dns-parameters.
import type { RecordType } from '../../../functions/records/rrset.ts';

export const typeNumbers: Readonly<Record<RecordType, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
};

const typesByNumber: ReadonlyMap<number, RecordType> = new Map(
  (Object.entries(typeNumbers) as [RecordType, number][]).map(([type, number]) => [number, type]),
);

/** The types of this server's records; undefined for any other. */
export function recordType(number: number): RecordType | undefined {
  return typesByNumber.get(number);
}

export const typeOpt = 41;
export const typeTsig = 250;
export const typeIxfr = 251;
export const typeAxfr = 252;
export const typeAny = 255;

/** OPT, and the types for questions only: no record can have them. RFC 6895 section 3.1. */
export function isMetaType(number: number): boolean {
  return number === 0 || number === typeOpt || (number >= 128 && number <= 255);
}

export const classIn = 1;
export const classNone = 254;
export const classAny = 255;

export const opcodeQuery = 0;
export const opcodeUpdate = 5;

export const rcodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  BADVERS: 16,
} as const;

export type Rcode = keyof typeof rcodes;

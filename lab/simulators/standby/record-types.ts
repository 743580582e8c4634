// The types of records that the standby server holds, which are those of the product, by their numbers.
import type { RecordType } from '../../../functions/records/rrset.ts';
import { types } from '../dns/codes.ts';

export const recordTypes = [
  'A',
  'NS',
  'CNAME',
  'SOA',
  'PTR',
  'TXT',
  'AAAA',
  'SRV',
] as const satisfies readonly RecordType[];

/** Undefined for a type that it does not hold. */
export function recordType(number: number): RecordType | undefined {
  return recordTypes.find((type) => types[type] === number);
}

// The one list of record types and what they can do with their data.
import type { RecordType } from '../rrset.ts';
import { a } from './a.ts';
import { aaaa } from './aaaa.ts';
import { cname } from './cname.ts';
import { ns } from './ns.ts';
import { ptr } from './ptr.ts';
import type { Rdata } from './rdata.ts';
import { soa } from './soa.ts';
import { srv } from './srv.ts';
import { txt } from './txt.ts';

export type { Rdata } from './rdata.ts';
export { parseSoa, type Soa } from './soa.ts';
export { textOfTxt } from './txt.ts';

const types: Readonly<Record<RecordType, Rdata>> = {
  A: a,
  AAAA: aaaa,
  CNAME: cname,
  NS: ns,
  PTR: ptr,
  SOA: soa,
  SRV: srv,
  TXT: txt,
};

/** What a record type can do with its data. */
export function rdataOf(type: RecordType): Rdata {
  return types[type];
}

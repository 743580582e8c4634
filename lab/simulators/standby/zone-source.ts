// The first contents of the zone, out of master-file text (RFC 1035 section 5), checked against what this server can hold.

import type { Name } from '../../../functions/records/name.ts';
import type { Rrset } from '../../../functions/records/rrset.ts';
import { parseZoneFile } from '../../../functions/snapshot/zone-file.ts';
import { unsupported } from './update-rules.ts';
import { createZone, isInZone } from './zone.ts';

const maxRecords = 2_000_000;

/** Throws with the name and the reason. */
export function readZoneText(text: string, apex: Name): readonly Rrset[] {
  const { soa, rrsets, left: others } = parseZoneFile(text, { origin: apex });
  const [other] = others;
  if (other !== undefined) throw new Error(`${other.detail}: records of type ${other.type} are not supported`);
  if (soa === undefined) throw new Error('there is no SOA');
  if (soa.name !== apex) throw new Error(`the SOA is of ${soa.name}, not of ${apex}`);
  const sets = [soa, ...rrsets];
  const records = sets.reduce((sum, { values }) => sum + values.length, 0);
  if (records > maxRecords) throw new Error(`${records} records, the limit is ${maxRecords}`);
  for (const set of sets) {
    if (!isInZone(set.name, apex)) throw new Error(`${set.name} is not in the zone ${apex}`);
    for (const value of set.values) {
      const reason = unsupported(apex, { ...set, value });
      if (reason !== undefined) throw new Error(`${set.name} ${set.type}: ${reason}`);
    }
  }
  checkAliases(apex, sets);
  return sets;
}

/** RFC 1034 section 3.6.2: an alias has one value, and stands alone. */
function checkAliases(apex: Name, sets: readonly Rrset[]): void {
  const zone = createZone(apex, sets);
  for (const { name, type, values } of sets) {
    if (type !== 'CNAME') continue;
    if (values.length > 1) throw new Error(`${name} CNAME has ${values.length} values, the limit is 1`);
    if (zone.node(name).size > 1) throw new Error(`${name} has a CNAME and other records`);
  }
}

// Answers questions about the zone's records: RFC 1034 section 4.3.2, negative answers RFC 2308. No transfers, no messages.
import type { DnsRecord } from '../../../functions/records/rrset.ts';
import { classes, isMetaType, types } from '../dns/codes.ts';
import type { Question } from './message-reader.ts';
import type { Reply } from './message-writer.ts';
import { recordType } from './record-types.ts';
import { isInZone, type Node, soaOf, soaRecord, type Zone } from './zone.ts';

/** As CoreDNS and BIND: longer chains are a fault of who wrote them. */
const maxAliases = 10;

export function answerQuestion(zone: Zone, { name, type, klass }: Question): Reply {
  if (klass !== classes.IN || !isInZone(name, zone.apex)) return { rcode: 'REFUSED' };
  if (isMetaType(type) && type !== types.ANY) return { rcode: 'NOTIMP' };
  const answers: DnsRecord[] = [];
  let at = name;
  for (let aliases = 0; aliases <= maxAliases; aliases++) {
    const node = zone.node(at);
    const found = type === types.ANY ? recordsOf(at, node) : recordsOf(at, node, type);
    answers.push(...found);
    if (found.length > 0) return { rcode: 'NOERROR', aa: true, answers };
    const [alias] = recordsOf(at, node, types.CNAME);
    if (alias === undefined) {
      return { rcode: zone.exists(at) ? 'NOERROR' : 'NXDOMAIN', aa: true, answers, authorities: [negativeSoa(zone)] };
    }
    // A chain that comes back to where it was ends there.
    if (answers.some((record) => record.name === alias.name)) break;
    answers.push(alias);
    at = alias.value;
    if (!isInZone(at, zone.apex)) break;
  }
  return { rcode: 'NOERROR', aa: true, answers };
}

/** RFC 2308 section 3: how long the negative answer may be kept. */
function negativeSoa(zone: Zone): DnsRecord {
  const soa = soaRecord(zone);
  return { ...soa, ttlSeconds: Math.min(soa.ttlSeconds, soaOf(zone).minimumSeconds) };
}

/** The records of one name, of one type or of all. */
function recordsOf(name: string, node: Node, only?: number): readonly DnsRecord[] {
  const types = only === undefined ? [...node.keys()] : [recordType(only)];
  return types.flatMap((type) => {
    const set = type === undefined ? undefined : node.get(type);
    if (type === undefined || set === undefined) return [];
    return [...set.values].map((value) => ({
      name: name as DnsRecord['name'],
      type,
      ttlSeconds: set.ttlSeconds,
      value,
    }));
  });
}

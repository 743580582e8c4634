// Transfers of the whole zone: AXFR (RFC 5936), and IXFR (RFC 1995) that is one SOA for who has the newest zone and else the whole one. It
// makes messages; who may have them is decided elsewhere.
import { codeOf } from '../../../functions/lib/errors.ts';
import { parseSoa, rdataOf } from '../../../functions/records/rdata/index.ts';
import type { DnsRecord, Rrset } from '../../../functions/records/rrset.ts';
import { types } from '../dns/codes.ts';
import type { Message } from './message-reader.ts';
import { createWriter } from './message-writer.ts';
import { compareSerials } from './serial.ts';
import { soaRecord, type Zone } from './zone.ts';

/** The zone as it is now, whatever is put while it is read, in messages of at most `limit` octets. */
export function transferMessages(zone: Zone, request: Message, limit: number): Iterable<Buffer> {
  const soa = soaRecord(zone);
  return messagesOf(isCurrent(request, soa) ? [soa] : wholeZone(soa, zone.sets()), request, limit);
}

function* messagesOf(records: Iterable<DnsRecord>, request: Message, limit: number): Generator<Buffer> {
  const start = () => createWriter(request, { rcode: 'NOERROR', aa: true }, limit);
  let writer = start();
  for (const record of records) {
    if (writer.add('answers', record)) continue;
    yield writer.finish();
    writer = start();
    if (!writer.add('answers', record))
      throw new Error(`${record.name} ${record.type} does not fit into ${limit} octets`);
  }
  yield writer.finish();
}

function* wholeZone(soa: DnsRecord, sets: Iterable<Rrset>): Generator<DnsRecord> {
  yield soa;
  for (const { values, ...set } of sets) {
    if (set.type !== 'SOA') for (const value of values) yield { ...set, value };
  }
  yield soa;
}

/** The serial that an IXFR's client has, from the SOA in its authority section (RFC 1995 section 3); undefined when that is not there or cut. */
export function clientSerial({ bytes, question, authorities }: Message): number | undefined {
  const own = authorities.find(({ type, name }) => type === types.SOA && name === question.name);
  if (own === undefined) return undefined;
  try {
    return parseSoa(rdataOf('SOA').fromWire(bytes, own.dataAt, own.dataLength)).serial;
  } catch (error) {
    if (codeOf(error) === 'protocol') return undefined;
    throw error;
  }
}

function isCurrent(request: Message, soa: DnsRecord): boolean {
  const serial = request.question.type === types.IXFR ? clientSerial(request) : undefined;
  return serial !== undefined && compareSerials(serial, parseSoa(soa.value).serial) >= 0;
}

// DNS messages: queries out (encoded by dns-packet), messages in. Reading is our own: dns-packet throws raw RangeErrors on cut input,
// joins a label that holds a dot with its neighbours, and hides where the record data lies, which TSIG and the rdata readers need.
import { encode, type Packet } from 'dns-packet';
import { assert } from '../lib/assert.ts';
import { codeOf, LifeboatError, messageOf } from '../lib/errors.ts';
import { readDomain } from '../records/domain.ts';
import type { LeftRecord } from '../records/left-record.ts';
import { isPlainName, type Name } from '../records/name.ts';
import { rdataOf } from '../records/rdata/index.ts';
import { type DnsRecord, typeText } from '../records/rrset.ts';
import {
  classIn,
  optType,
  type QueryType,
  queryTypeOf,
  type Rcode,
  rcodeName,
  recordTypeOf,
  tsigType,
} from './codes.ts';

/** Payload that is asked for over UDP: what passes everywhere without fragments (DNS flag day 2020). */
const udpPayloadOctets = 1232;
const headerOctets = 12;

/** A question to ask. */
export interface Query {
  readonly name: Name;
  readonly type: QueryType;
  /** For IXFR only: the serial that is already known (RFC 1995 section 3). */
  readonly serial?: number;
  /** The RD bit; default false: the servers asked here are authoritative. */
  readonly recursionDesired?: boolean;
}

export interface Flags {
  /** True in a response. */
  readonly qr: boolean;
  readonly aa: boolean;
  readonly tc: boolean;
  readonly rd: boolean;
  readonly ra: boolean;
}

export interface Question {
  readonly name: Name;
  /** undefined: a type that has no name here. */
  readonly type: QueryType | undefined;
}

/** A message that was read. */
export interface DnsMessage {
  readonly id: number;
  readonly opcode: number;
  readonly flags: Flags;
  /** With the upper bits from EDNS where the message carries it. */
  readonly rcode: Rcode;
  /** undefined: the message repeats no question (allowed in errors and in the later messages of a transfer). */
  readonly question: Question | undefined;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
  /** Records of all sections that are not among the above, with the reason. */
  readonly left: readonly LeftRecord[];
  /** Where the TSIG record begins, when there is one: it is the last record (RFC 8945 section 5.1). */
  readonly tsigOffset: number | undefined;
}

/** Encodes a query. `edns`: with an OPT record (RFC 6891) that allows answers of 1232 octets; for UDP. */
export function encodeQuery(query: Query, id: number, edns: boolean): Uint8Array<ArrayBuffer> {
  // dns-packet reads no escapes: it would ask for another name.
  assert(isPlainName(query.name), `nobody asks for ${query.name}`);
  const packet: Packet = {
    type: 'query',
    id,
    flags: query.recursionDesired === true ? 0x0100 : 0,
    questions: [{ name: query.name, type: query.type as 'A', class: 'IN' }],
  };
  if (query.type === 'IXFR') {
    const data = { mname: '.', rname: '.', serial: query.serial ?? 0, refresh: 0, retry: 0, expire: 0, minimum: 0 };
    packet.authorities = [{ type: 'SOA', name: query.name, ttl: 0, class: 'IN', data }];
  }
  if (edns) {
    const opt = { type: 'OPT', name: '.', udpPayloadSize: udpPayloadOctets, extendedRcode: 0, ednsVersion: 0 } as const;
    packet.additionals = [{ ...opt, flags: 0, flag_do: false, options: [] }];
  }
  return Uint8Array.from(encode(packet));
}

/** The header of a message, without looking further. undefined: shorter than a header. */
export function peekHeader(
  bytes: Uint8Array,
): { readonly id: number; readonly qr: boolean; readonly tc: boolean } | undefined {
  if (bytes.length < headerOctets) return undefined;
  const bits = u16(bytes, 2);
  return { id: u16(bytes, 0), qr: (bits & 0x8000) !== 0, tc: (bits & 0x0200) !== 0 };
}

/**
 * What becomes of a record whose data no record of its type has. `refuse`: the message is malformed, since a single answer is worth no more
 * than its record. `leave-out`: it is one of `left`, since a transfer holds thousands of others.
 */
export type DamagedData = 'refuse' | 'leave-out';

/**
 * Reads a whole message. Errors: `protocol` for anything that hides where a record begins or whose it is (a cut or looping owner name, a
 * length that leads out of the message, octets after the last record), naming the record.
 */
export function decodeMessage(bytes: Uint8Array, damaged: DamagedData = 'refuse'): DnsMessage {
  if (bytes.length < headerOctets) throw malformed(`${bytes.length} octets are shorter than a header`);
  const bits = u16(bytes, 2);
  const questions = u16(bytes, 4);
  if (questions > 1) throw malformed(`${questions} questions`);
  const cursor: Cursor = { bytes, damaged, at: headerOctets, left: [], extendedRcode: 0, tsigOffset: undefined };
  const question = questions === 1 ? readQuestion(cursor) : undefined;
  const answers = readSection(cursor, u16(bytes, 6));
  const authorities = readSection(cursor, u16(bytes, 8));
  const additionals = readSection(cursor, u16(bytes, 10));
  if (cursor.at !== bytes.length) throw malformed(`${bytes.length - cursor.at} octets after the last record`);
  return {
    id: u16(bytes, 0),
    opcode: (bits >> 11) & 0xf,
    flags: {
      qr: (bits & 0x8000) !== 0,
      aa: (bits & 0x0400) !== 0,
      tc: (bits & 0x0200) !== 0,
      rd: (bits & 0x0100) !== 0,
      ra: (bits & 0x0080) !== 0,
    },
    rcode: rcodeName((cursor.extendedRcode << 4) | (bits & 0xf)),
    question,
    answers,
    authorities,
    additionals,
    left: cursor.left,
    tsigOffset: cursor.tsigOffset,
  };
}

interface Cursor {
  readonly bytes: Uint8Array;
  readonly damaged: DamagedData;
  at: number;
  readonly left: LeftRecord[];
  extendedRcode: number;
  tsigOffset: number | undefined;
}

function readQuestion(cursor: Cursor): Question {
  const name = readDomain(cursor.bytes, cursor.at);
  if (name.next + 4 > cursor.bytes.length) throw malformed('the question is cut');
  cursor.at = name.next + 4;
  // A foreign name stays as escaped text: it equals no Name, so a question that was not asked is still told apart.
  return { name: name.text as Name, type: queryTypeOf(u16(cursor.bytes, name.next)) };
}

function readSection(cursor: Cursor, count: number): DnsRecord[] {
  const records: DnsRecord[] = [];
  for (let i = 0; i < count; i++) {
    if (cursor.tsigOffset !== undefined) throw malformed('a record after the TSIG record');
    const record = readNext(cursor, `record ${i + 1} of ${count}`, records.at(-1));
    if (record !== undefined) records.push(record);
  }
  return records;
}

function readNext(cursor: Cursor, which: string, last: DnsRecord | undefined): DnsRecord | undefined {
  try {
    return readRecord(cursor);
  } catch (error) {
    if (codeOf(error) !== 'protocol') throw error;
    const after = last === undefined ? '' : `, after ${last.name} ${last.type}`;
    throw new LifeboatError('protocol', `${messageOf(error)} (${which} in its section${after})`, { cause: error });
  }
}

/** One record; undefined when it is none that Lifeboat reads: it is one of `left` then, unless it belongs to the message itself. */
function readRecord(cursor: Cursor): DnsRecord | undefined {
  const { bytes, at } = cursor;
  const owner = readDomain(bytes, at);
  const fixed = owner.next;
  if (fixed + 10 > bytes.length) throw malformed(`the record at octet ${at} is cut`);
  const typeCode = u16(bytes, fixed);
  const length = u16(bytes, fixed + 8);
  const data = fixed + 10;
  if (data + length > bytes.length) throw malformed(`the data of the record at octet ${at} is cut`);
  cursor.at = data + length;
  if (typeCode === tsigType) cursor.tsigOffset = at;
  else if (typeCode === optType) cursor.extendedRcode = bytes[fixed + 4] ?? 0;
  else {
    // RFC 2181 section 8: a TTL with the top bit set means zero.
    const ttl = u16(bytes, fixed + 4) * 0x1_0000 + u16(bytes, fixed + 6);
    const head = { name: owner.text as Name, ttlSeconds: ttl > 0x7fff_ffff ? 0 : ttl };
    return readData(cursor, head, { typeCode, klass: u16(bytes, fixed + 2), data, length });
  }
  return undefined;
}

function readData(
  { bytes, damaged, left }: Cursor,
  head: Pick<DnsRecord, 'name' | 'ttlSeconds'>,
  place: { readonly typeCode: number; readonly klass: number; readonly data: number; readonly length: number },
): DnsRecord | undefined {
  const { typeCode, klass, data, length } = place;
  const type = recordTypeOf(typeCode);
  const leave = (why: LeftRecord['why'], detail: string) => {
    left.push({ name: head.name, type: typeText(typeCode), why, detail });
    return undefined;
  };
  if (klass !== classIn) return leave('class', `class ${klass}`);
  if (type === undefined) return leave('type', `type ${typeCode}`);
  try {
    return { name: head.name, type, ttlSeconds: head.ttlSeconds, value: rdataOf(type).fromWire(bytes, data, length) };
  } catch (error) {
    if (damaged === 'refuse' || codeOf(error) !== 'protocol') throw error;
    return leave('data', messageOf(error));
  }
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function malformed(what: string): LifeboatError {
  return new LifeboatError('protocol', `malformed DNS message: ${what}`);
}

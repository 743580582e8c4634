// Writes an answer to one request: header, question, records with compressed owners (RFC 1035 section 4.1.4), EDNS. It signs nothing.
import { domainToWire } from '../../../functions/records/domain.ts';
import { rdataOf } from '../../../functions/records/rdata/index.ts';
import type { DnsRecord } from '../../../functions/records/rrset.ts';
import { classes, extendedRcodes, type Rcode, types } from '../dns/codes.ts';
import { headerOctets, type Message } from './message-reader.ts';
import { parentOf } from './zone.ts';

export interface Reply {
  readonly rcode: Rcode;
  /** Authoritative answer. */
  readonly aa?: boolean;
  readonly answers?: readonly DnsRecord[];
  readonly authorities?: readonly DnsRecord[];
}

/** What we take over UDP, and send at most: no fragments on any usual path. RFC 9715 section 3. */
export const maxUdpOctets = 1232;
const optOctets = 11;
const highestPointer = 0x3fff;

const flagResponse = 0x8000;
const flagAuthoritative = 0x0400;
const flagTruncated = 0x0200;
/** Opcode and RD come back as they were. */
const flagsKept = 0x7900;
const flagDnssecOk = 0x8000;

type Section = 'answers' | 'authorities';
const countAt: Readonly<Record<Section, number>> = { answers: 6, authorities: 8 };

/** One message that grows. */
export interface MessageWriter {
  /** False when the record does not fit: then the message is full, and takes no more. Answers come before authorities. */
  add(section: Section, record: DnsRecord): boolean;
  /** The whole message. */
  finish(): Buffer;
}

/** A message of at most `limit` octets, unless its question alone needs more. */
export function createWriter(request: Message, reply: Omit<Reply, Section>, limit: number): MessageWriter {
  const { question } = request;
  const opt = optOf(request, reply.rcode);
  const bytes = Buffer.alloc(Math.max(limit, question.end));
  request.bytes.copy(bytes, 0, 0, question.end);
  bytes.fill(0, 6, headerOctets);
  const flags = flagResponse | (request.flags & flagsKept) | (reply.aa === true ? flagAuthoritative : 0);
  bytes.writeUInt16BE(flags | (extendedRcodes[reply.rcode] & 0xf), 2);
  let at = question.end;
  const places = new Map<string, number>();
  compress(places, question.name, headerOctets);
  return {
    add(section, record) {
      const owner = compress(places, record.name, at);
      const data = rdataOf(record.type).toWire(record.value);
      const end = at + owner.length + 10 + data.length;
      if (end + opt.length > limit) return false;
      bytes.set(owner, at);
      at += owner.length;
      bytes.writeUInt16BE(types[record.type], at);
      bytes.writeUInt16BE(classes.IN, at + 2);
      bytes.writeUInt32BE(record.ttlSeconds, at + 4);
      bytes.writeUInt16BE(data.length, at + 8);
      bytes.set(data, at + 10);
      at = end;
      bytes.writeUInt16BE(bytes.readUInt16BE(countAt[section]) + 1, countAt[section]);
      return true;
    },
    finish() {
      if (opt.length > 0) bytes.writeUInt16BE(1, 10);
      return Buffer.concat([bytes.subarray(0, at), opt]);
    },
  };
}

/** The whole reply; with TC and no records at all when it does not fit (RFC 2181 section 9). */
export function encodeReply(request: Message, reply: Reply, limit: number): Buffer {
  const writer = createWriter(request, reply, limit);
  const fits =
    (reply.answers ?? []).every((record) => writer.add('answers', record)) &&
    (reply.authorities ?? []).every((record) => writer.add('authorities', record));
  if (fits) return writer.finish();
  const empty = createWriter(request, reply, limit).finish();
  empty.writeUInt16BE(empty.readUInt16BE(2) | flagTruncated, 2);
  return empty;
}

/** For what cannot be read: the header alone. */
export function encodeHeader(bytes: Buffer, rcode: Rcode): Buffer {
  const header = Buffer.alloc(headerOctets);
  header.writeUInt16BE(bytes.readUInt16BE(0), 0);
  header.writeUInt16BE(flagResponse | (bytes.readUInt16BE(2) & flagsKept) | extendedRcodes[rcode], 2);
  return header;
}

/** RFC 6891 section 6.1.2 and 6.1.3; empty where the request has none. */
function optOf(request: Message, rcode: Rcode): Buffer {
  const asked = request.additionals.find(({ type }) => type === types.OPT);
  if (asked === undefined) return Buffer.alloc(0);
  const opt = Buffer.alloc(optOctets);
  opt.writeUInt16BE(types.OPT, 1);
  opt.writeUInt16BE(maxUdpOctets, 3);
  opt.writeUInt8(extendedRcodes[rcode] >> 4, 5);
  // DO comes back as it was (RFC 3225 section 3).
  opt.writeUInt16BE(asked.ttlSeconds & flagDnssecOk, 7);
  return opt;
}

/** The name, its end replaced by a pointer where that stands already; what comes new at `at` is remembered as far as pointers reach. */
function compress(places: Map<string, number>, name: string, at: number): Uint8Array {
  const wire = domainToWire(name);
  let length = 0;
  for (let rest = name; rest !== '.'; rest = parentOf(rest)) {
    const place = places.get(rest);
    if (place !== undefined) return Uint8Array.of(...wire.subarray(0, length), 0xc0 | (place >> 8), place & 0xff);
    if (at + length <= highestPointer) places.set(rest, at + length);
    length += 1 + (wire[length] ?? 0);
  }
  return wire;
}

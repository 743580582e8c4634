// DNS messages to octets and back (RFC 1035 section 4, RFC 6891), names in the case they came in. It knows no plugin; rdata stays octets, with
// the names in it uncompressed.
import { types } from '../dns/codes.ts';
import { labelToText, nameToWire } from './names.ts';

export const maxTcpOctets = 65_535;

export interface Question {
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

export interface ResourceRecord {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  /** Names in it are uncompressed. */
  readonly rdata: Buffer;
}

/** Header bits by their names in the RFCs. */
export interface Header {
  readonly id: number;
  readonly qr: boolean;
  readonly opcode: number;
  readonly aa: boolean;
  readonly tc: boolean;
  readonly rd: boolean;
  readonly ra: boolean;
  readonly ad: boolean;
  readonly cd: boolean;
  readonly rcode: number;
}

export interface Message extends Header {
  /** Absent in an answer to what could not be read. */
  readonly question?: Question;
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
}

export interface Counts {
  readonly questions: number;
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
}

const headerOctets = 12;
/** A message has at most as many pointers as it has names; more is a loop. */
const maxPointers = 126;

/** Where names stand in an rdata: octets before the first, how many, and whether RFC 3597 section 4 lets a sender compress them. */
const namesInRdata: ReadonlyMap<number, { readonly skip: number; readonly names: number; readonly compress: boolean }> =
  new Map([
    [types.NS, { skip: 0, names: 1, compress: true }],
    [types.CNAME, { skip: 0, names: 1, compress: true }],
    [types.SOA, { skip: 0, names: 2, compress: true }],
    [types.PTR, { skip: 0, names: 1, compress: true }],
    [types.MX, { skip: 2, names: 1, compress: true }],
    [types.SRV, { skip: 6, names: 1, compress: false }],
    [39, { skip: 0, names: 1, compress: false }],
  ]);

/** The header alone; undefined for what is too short to have one. */
export function decodeHeader(octets: Buffer): { readonly header: Header; readonly counts: Counts } | undefined {
  if (octets.length < headerOctets) return undefined;
  const bits = octets.readUInt16BE(2);
  const bit = (at: number): boolean => (bits & (1 << at)) !== 0;
  return {
    header: {
      id: octets.readUInt16BE(0),
      qr: bit(15),
      opcode: (bits >> 11) & 15,
      aa: bit(10),
      tc: bit(9),
      rd: bit(8),
      ra: bit(7),
      ad: bit(5),
      cd: bit(4),
      rcode: bits & 15,
    },
    counts: {
      questions: octets.readUInt16BE(4),
      answers: octets.readUInt16BE(6),
      authorities: octets.readUInt16BE(8),
      additionals: octets.readUInt16BE(10),
    },
  };
}

/** Throws for what is no message of at most one question. */
export function decodeMessage(octets: Buffer): Message {
  const head = decodeHeader(octets);
  if (head === undefined) throw new Error(`message of ${octets.length} octets, at least ${headerOctets} are needed`);
  const { header, counts } = head;
  if (counts.questions > 1) throw new Error(`message with ${counts.questions} questions`);
  let at = headerOctets;
  const questions = Array.from({ length: counts.questions }, () => {
    const { name, end } = readName(octets, at);
    at = end + 4;
    return { name, type: octets.readUInt16BE(end), class: octets.readUInt16BE(end + 2) };
  });
  const section = (count: number): ResourceRecord[] => {
    const records: ResourceRecord[] = [];
    for (let i = 0; i < count; i++) {
      const { record, end } = readRecord(octets, at);
      records.push(record);
      at = end;
    }
    return records;
  };
  const [question] = questions;
  return {
    ...header,
    ...(question === undefined ? {} : { question }),
    answers: section(counts.answers),
    authorities: section(counts.authorities),
    additionals: section(counts.additionals),
  };
}

function readRecord(octets: Buffer, start: number): { readonly record: ResourceRecord; readonly end: number } {
  const { name, end: at } = readName(octets, start);
  const type = octets.readUInt16BE(at);
  const length = octets.readUInt16BE(at + 8);
  const end = at + 10 + length;
  if (end > octets.length) throw new Error(`rdata of ${length} octets runs out of the message`);
  const raw = octets.subarray(at + 10, end);
  const rdata = namesInRdata.has(type) ? expandRdata(octets, at + 10, end, type) : Buffer.from(raw);
  return {
    record: { name, type, class: octets.readUInt16BE(at + 2), ttl: octets.readUInt32BE(at + 4), rdata },
    end,
  };
}

function expandRdata(octets: Buffer, start: number, end: number, type: number): Buffer {
  const { skip = 0, names = 0 } = namesInRdata.get(type) ?? {};
  const parts = [octets.subarray(start, start + skip)];
  let at = start + skip;
  for (let i = 0; i < names; i++) {
    const { name, end: next } = readName(octets, at);
    parts.push(nameToWire(name));
    at = next;
  }
  if (at > end) throw new Error('a name runs out of its rdata');
  return Buffer.concat([...parts, octets.subarray(at, end)]);
}

/** A name and the place behind it. Pointers must lead backwards (RFC 1035 section 4.1.4). */
export function readName(octets: Buffer, start: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let end: number | undefined;
  let at = start;
  for (let pointers = 0; ; ) {
    const length = octets.readUInt8(at);
    if (length === 0) break;
    if (length >= 0xc0) {
      end ??= at + 2;
      const target = octets.readUInt16BE(at) & 0x3fff;
      if (target >= at || ++pointers > maxPointers) throw new Error(`a name's pointer at ${at} leads to ${target}`);
      at = target;
      continue;
    }
    if (length > 63 || at + 1 + length > octets.length) throw new Error(`label of ${length} octets at ${at}`);
    labels.push(labelToText(octets.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
  return { name: labels.length === 0 ? '.' : `${labels.join('.')}.`, end: end ?? at + 1 };
}

/** The octets of a message as it is, names compressed or not. Throws for a name that cannot be written. */
export function encodeMessage(message: Message, options: { readonly compress?: boolean } = {}): Buffer {
  return write(message, options.compress === true, Number.POSITIVE_INFINITY).octets;
}

/**
 * The octets of a message in at most `limit`, as miekg/dns does it (msg_truncate.go): compressed only when it does not fit otherwise, then as
 * many records as fit, with TC set when any is left out. The OPT record always stays.
 */
export function fitMessage(message: Message, limit: number, options: { readonly compressAbove: number }): Buffer {
  const plain = encodeMessage(message);
  if (plain.length <= Math.min(limit, options.compressAbove)) return plain;
  return write(message, true, limit).octets;
}

function write(message: Message, compress: boolean, limit: number): { readonly octets: Buffer } {
  const opt = message.additionals.filter((record) => record.type === types.OPT);
  const others = message.additionals.filter((record) => record.type !== types.OPT);
  const writer = createWriter(compress);
  if (message.question !== undefined) writer.question(message.question);
  const budget = limit - opt.reduce((sum, record) => sum + 11 + record.rdata.length, 0);
  let isFull = false;
  const section = (records: readonly ResourceRecord[]): number => {
    let written = 0;
    for (const record of records) {
      isFull ||= !writer.record(record, budget);
      if (isFull) return written;
      written++;
    }
    return written;
  };
  const counts = [section(message.answers), section(message.authorities), section(others) + opt.length] as const;
  for (const record of opt) writer.record(record, Number.POSITIVE_INFINITY);
  return { octets: writer.finish({ ...message, tc: message.tc || isFull }, counts) };
}

function createWriter(compress: boolean) {
  const parts: Buffer[] = [];
  const known = new Map<string, number>();
  let length = headerOctets;
  let questions = 0;

  /** A name's octets at `at`; what it adds to the table is kept only when the record is kept, which a full message makes moot. */
  const nameAt = (wire: Buffer, at: number, mayCompress: boolean): Buffer => {
    if (!compress) return wire;
    for (let from = 0; wire[from] !== 0 && wire[from] !== undefined; from += 1 + (wire[from] ?? 0)) {
      const rest = wire.toString('latin1', from);
      const seen = known.get(rest);
      if (seen !== undefined && mayCompress) {
        return Buffer.concat([wire.subarray(0, from), Buffer.of(0xc0 | (seen >> 8), seen & 255)]);
      }
      if (seen === undefined && at + from < 0x4000) known.set(rest, at + from);
    }
    return wire;
  };

  const rdataAt = ({ type, rdata }: ResourceRecord, at: number): Buffer => {
    const layout = namesInRdata.get(type);
    if (!compress || layout === undefined) return rdata;
    const out = [rdata.subarray(0, layout.skip)];
    let from = layout.skip;
    let to = layout.skip;
    for (let i = 0; i < layout.names; i++) {
      const { end } = readName(rdata, from);
      const name = nameAt(rdata.subarray(from, end), at + to, layout.compress);
      out.push(name);
      from = end;
      to += name.length;
    }
    return Buffer.concat([...out, rdata.subarray(from)]);
  };

  return {
    question({ name, type, class: ofClass }: Question): void {
      const wire = nameAt(nameToWire(name), length, false);
      const rest = Buffer.alloc(4);
      rest.writeUInt16BE(type, 0);
      rest.writeUInt16BE(ofClass, 2);
      parts.push(wire, rest);
      length += wire.length + 4;
      questions++;
    },
    /** False, and nothing written, when the record does not fit. */
    record(record: ResourceRecord, budget: number): boolean {
      const name = nameAt(nameToWire(record.name), length, true);
      const rdata = rdataAt(record, length + name.length + 10);
      if (length + name.length + 10 + rdata.length > budget) return false;
      const middle = Buffer.alloc(10);
      middle.writeUInt16BE(record.type, 0);
      middle.writeUInt16BE(record.class, 2);
      middle.writeUInt32BE(record.ttl, 4);
      middle.writeUInt16BE(rdata.length, 8);
      parts.push(name, middle, rdata);
      length += name.length + 10 + rdata.length;
      return true;
    },
    finish(header: Header, counts: readonly [number, number, number]): Buffer {
      const head = Buffer.alloc(headerOctets);
      head.writeUInt16BE(header.id, 0);
      head.writeUInt16BE(headerBits(header), 2);
      for (const [i, count] of [questions, ...counts].entries()) head.writeUInt16BE(count, 4 + 2 * i);
      return Buffer.concat([head, ...parts], length);
    },
  };
}

function headerBits(header: Header): number {
  const { qr, aa, tc, rd, ra, ad, cd } = header;
  const bit = (set: boolean, at: number): number => (set ? 1 << at : 0);
  const flags = bit(qr, 15) | bit(aa, 10) | bit(tc, 9) | bit(rd, 8) | bit(ra, 7) | bit(ad, 5) | bit(cd, 4);
  return flags | (header.opcode << 11) | (header.rcode & 15);
}

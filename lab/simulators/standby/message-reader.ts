// Reads a DNS message into its question and the places of its records: RFC 1035 section 4.1. It judges no content, and reads no record data.
import { LifeboatError } from '../../../functions/lib/errors.ts';
import { domainToWire, readDomain } from '../../../functions/records/domain.ts';

export interface Question {
  /** Lower case, with the trailing dot, special octets escaped. */
  readonly name: string;
  readonly type: number;
  readonly klass: number;
  /** Offset of the octet after it; it begins at 12. */
  readonly end: number;
}

export interface WireRecord {
  readonly name: string;
  readonly type: number;
  readonly klass: number;
  readonly ttlSeconds: number;
  /** Offsets of the record and of its data. */
  readonly at: number;
  readonly dataAt: number;
  readonly dataLength: number;
}

/** An UPDATE calls the sections zone, prerequisites, updates and additionals (RFC 2136 section 2). */
export interface Message {
  readonly bytes: Buffer;
  readonly id: number;
  readonly flags: number;
  readonly question: Question;
  readonly answers: readonly WireRecord[];
  readonly authorities: readonly WireRecord[];
  readonly additionals: readonly WireRecord[];
}

export const headerOctets = 12;

/** Errors: `protocol`, for anything but one question and whole records up to the last octet. */
export function readMessage(bytes: Buffer): Message {
  if (bytes.length < headerOctets) throw malformed(`${bytes.length} octets, a header has ${headerOctets}`);
  const questions = bytes.readUInt16BE(4);
  if (questions !== 1) throw malformed(`${questions} questions instead of 1`);
  const question = readQuestion(bytes);
  let at = question.end;
  const section = (countAt: number): readonly WireRecord[] => {
    const records: WireRecord[] = [];
    for (let left = bytes.readUInt16BE(countAt); left > 0; left--) {
      const record = readRecord(bytes, at);
      records.push(record);
      at = record.dataAt + record.dataLength;
    }
    return records;
  };
  const [answers, authorities, additionals] = [section(6), section(8), section(10)];
  if (at !== bytes.length) throw malformed(`${bytes.length - at} octets after the last record`);
  return {
    bytes,
    id: bytes.readUInt16BE(0),
    flags: bytes.readUInt16BE(2),
    question,
    answers,
    authorities,
    additionals,
  };
}

/** The question is repeated octet by octet in the answer, so its name must not be compressed: nothing stands before it to point to. */
function readQuestion(bytes: Buffer): Question {
  const { text, next } = readDomain(bytes, headerOctets);
  if (next - headerOctets !== domainToWire(text).length) throw malformed('the name of the question is compressed');
  if (next + 4 > bytes.length) throw malformed('the question is cut');
  return { name: text, type: bytes.readUInt16BE(next), klass: bytes.readUInt16BE(next + 2), end: next + 4 };
}

function readRecord(bytes: Buffer, at: number): WireRecord {
  const owner = readDomain(bytes, at);
  const dataAt = owner.next + 10;
  if (dataAt > bytes.length) throw malformed(`the record at octet ${at} is cut`);
  const dataLength = bytes.readUInt16BE(owner.next + 8);
  if (dataAt + dataLength > bytes.length) throw malformed(`the data of the record at octet ${at} is cut`);
  return {
    name: owner.text,
    type: bytes.readUInt16BE(owner.next),
    klass: bytes.readUInt16BE(owner.next + 2),
    ttlSeconds: bytes.readUInt32BE(owner.next + 4),
    at,
    dataAt,
    dataLength,
  };
}

function malformed(what: string): LifeboatError {
  return new LifeboatError('protocol', `malformed DNS message: ${what}`);
}

// The TSIG record itself and what is digested of it, RFC 8945 sections 4.2 and 4.3: octets in and out, no keys and no verdicts.
import { concatBytes } from '../lib/bytes.ts';
import { LifeboatError } from '../lib/errors.ts';
import { domainToWire, readDomain } from '../records/domain.ts';
import { classAny, tsigType } from './codes.ts';

export interface TsigFields {
  readonly keyName: string;
  readonly algorithm: string;
  readonly timeSigned: number;
  readonly fudge: number;
  readonly error: number;
  readonly other: Uint8Array;
}

export interface Tsig extends TsigFields {
  readonly mac: Uint8Array<ArrayBuffer>;
  readonly originalId: number;
}

/** Reads the TSIG record at `offset`, which is the last of the message. Errors: `protocol`. */
export function readTsig(bytes: Uint8Array, offset: number): Tsig {
  const owner = readDomain(bytes, offset);
  const data = owner.next + 10;
  const algorithm = readDomain(bytes, data);
  const at = algorithm.next;
  const macLength = u16(bytes, at + 8);
  const afterMac = at + 10 + macLength;
  const otherLength = u16(bytes, afterMac + 4);
  const end = data + u16(bytes, owner.next + 8);
  if (end !== bytes.length || afterMac + 6 + otherLength !== end) {
    throw new LifeboatError('protocol', 'malformed DNS message: the TSIG record is cut');
  }
  return {
    keyName: owner.text,
    algorithm: algorithm.text,
    timeSigned: u48(bytes, at),
    fudge: u16(bytes, at + 6),
    mac: bytes.slice(at + 10, afterMac),
    originalId: u16(bytes, afterMac),
    error: u16(bytes, afterMac + 2),
    other: bytes.slice(afterMac + 6, end),
  };
}

/** The message as it was before it was signed: no TSIG record, ARCOUNT less by one, its original id. Section 4.3.2. */
export function withoutTsig(bytes: Uint8Array, offset: number, originalId: number): Uint8Array {
  // A copy in any case: `slice` of a Node Buffer is a view.
  const message = Uint8Array.from(bytes.subarray(0, offset));
  message[0] = originalId >>> 8;
  message[1] = originalId & 0xff;
  setArcount(message, u16(message, 10) - 1);
  return message;
}

function setArcount(message: Uint8Array, count: number): void {
  message[10] = count >>> 8;
  message[11] = count & 0xff;
}

/** The TSIG variables that are digested, section 4.3.3. */
export function variablesOf(fields: TsigFields): Uint8Array {
  return concatBytes([
    domainToWire(fields.keyName),
    u16Bytes(classAny, 0, 0),
    domainToWire(fields.algorithm),
    timersOf(fields),
    u16Bytes(fields.error, fields.other.length),
    fields.other,
  ]);
}

/** The timers, which are all that is digested of the later messages' variables. Section 5.3.1. */
export function timersOf(fields: TsigFields): Uint8Array {
  const { timeSigned, fudge } = fields;
  return u16Bytes(
    Math.floor(timeSigned / 2 ** 32),
    Math.floor(timeSigned / 2 ** 16) % 2 ** 16,
    timeSigned % 2 ** 16,
    fudge,
  );
}

/** The message with its TSIG record: appended, ARCOUNT counted up by one. */
export function withTsig(message: Uint8Array, fields: TsigFields, mac: Uint8Array): Uint8Array<ArrayBuffer> {
  const data = concatBytes([
    domainToWire(fields.algorithm),
    timersOf(fields),
    lengthPrefixed(mac),
    u16Bytes(u16(message, 0), fields.error, fields.other.length),
    fields.other,
  ]);
  const owner = domainToWire(fields.keyName);
  const signed = concatBytes([message, owner, u16Bytes(tsigType, classAny, 0, 0), lengthPrefixed(data)]);
  setArcount(signed, u16(message, 10) + 1);
  return signed;
}

export function lengthPrefixed(bytes: Uint8Array): Uint8Array {
  return concatBytes([u16Bytes(bytes.length), bytes]);
}

function u16Bytes(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value >>> 8, value & 0xff]));
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

export function u48(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 2 ** 32 + u16(bytes, at + 2) * 2 ** 16 + u16(bytes, at + 4);
}

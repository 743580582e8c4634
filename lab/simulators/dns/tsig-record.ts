// The TSIG record as octets (RFC 8945 section 4.2), and what of a message its MAC is made of. It judges no signature: tsig.ts does for a
// server, tsig-client.ts for a client. Apart from functions/dnswire, which is tested with it.
import { createHmac } from 'node:crypto';
import { domainToWire, readDomain } from '../../../functions/records/domain.ts';
import { classes, types } from './codes.ts';

/** A shared key. */
export interface TsigSecret {
  /** Lower case, with the trailing dot. */
  readonly name: string;
  readonly secretBase64: string;
}

/** The last record of a message, where it is a TSIG. */
export interface TsigRecord {
  /** With the trailing dot, in lower case or as it came. */
  readonly keyName: string;
  /** Offset of the record in the message. */
  readonly at: number;
  readonly data: Buffer;
}

export interface TsigFields {
  readonly keyName: string;
  /** Lower case, with the trailing dot. */
  readonly algorithm: string;
  /** Time signed and fudge. */
  readonly timers: Buffer;
  readonly mac: Buffer;
  readonly error: number;
  readonly other: Buffer;
}

const headerOctets = 12;
/** Behind the name of a question, and of a record before its data. */
const questionRest = 4;
const recordRest = 10;
/** RFC 8945 section 10. */
const fudgeSeconds = 300;

export const hmacSha256 = 'hmac-sha256.';
const hashes: ReadonlyMap<string, string> = new Map([
  ['hmac-sha1.', 'sha1'],
  ['hmac-sha224.', 'sha224'],
  [hmacSha256, 'sha256'],
  ['hmac-sha384.', 'sha384'],
  ['hmac-sha512.', 'sha512'],
]);

/** The MAC over all parts in their order. */
export type Sum = (parts: readonly Uint8Array[]) => Buffer;

/** Undefined for an algorithm that is not known here. RFC 8945 section 6. */
export function createSum(algorithm: string, secret: Buffer): Sum | undefined {
  const hash = hashes.get(algorithm);
  return hash === undefined ? undefined : (parts) => createHmac(hash, secret).update(Buffer.concat(parts)).digest();
}

/** Undefined when the last record is no TSIG. Throws for a message that is cut. */
export function lastTsig(bytes: Buffer): TsigRecord | undefined {
  const [questions = 0, ...records] = [4, 6, 8, 10].map((place) => bytes.readUInt16BE(place));
  let at = headerOctets;
  for (let left = questions; left > 0; left--) at = readDomain(bytes, at).next + questionRest;
  let last: TsigRecord | undefined;
  for (let left = records.reduce((sum, count) => sum + count); left > 0; left--) {
    const { text: keyName, next } = readDomain(bytes, at);
    const dataAt = next + recordRest;
    const data = bytes.subarray(dataAt, dataAt + bytes.readUInt16BE(dataAt - 2));
    last = bytes.readUInt16BE(next) === types.TSIG ? { keyName, at, data } : undefined;
    at = dataAt + data.length;
  }
  return last;
}

/** Undefined when the data are cut, too long, or begin with no name. */
export function readTsig({ keyName, data }: TsigRecord): (TsigFields & { readonly originalId: number }) | undefined {
  try {
    const { text: algorithm, next: at } = readDomain(data, 0);
    const macEnd = at + 10 + data.readUInt16BE(at + 8);
    const other = data.subarray(macEnd + 6);
    if (other.length !== data.readUInt16BE(macEnd + 4)) return undefined;
    return {
      keyName,
      algorithm,
      timers: data.subarray(at, at + 8),
      mac: data.subarray(at + 10, macEnd),
      originalId: data.readUInt16BE(macEnd),
      error: data.readUInt16BE(macEnd + 2),
      other,
    };
  } catch {
    // A number or a name that runs out of the data.
    return undefined;
  }
}

/** The message with the record at its end. */
export function appendTsig(message: Buffer, { keyName, algorithm, timers, mac, error, other }: TsigFields): Buffer {
  const id = message.subarray(0, 2);
  const end = [id, u16(error), u16(other.length), other];
  const data = Buffer.concat([domainToWire(algorithm), timers, u16(mac.length), mac, ...end]);
  const head = Buffer.from(message);
  head.writeUInt16BE(head.readUInt16BE(10) + 1, 10);
  const owner = [domainToWire(keyName), u16(types.TSIG), u16(classes.ANY), noTtl, u16(data.length)];
  return Buffer.concat([head, ...owner, data]);
}

/** The message as it was before it was signed: no TSIG, its own id. Section 4.3.2. */
export function beforeSigning(bytes: Buffer, at: number, originalId: number): Buffer {
  const message = Buffer.from(bytes.subarray(0, at));
  message.writeUInt16BE(originalId, 0);
  message.writeUInt16BE(message.readUInt16BE(10) - 1, 10);
  return message;
}

/** What is signed of the record itself. Section 4.3.3. */
export function variablesOf({ keyName, algorithm, timers, error, other }: Omit<TsigFields, 'mac'>): Buffer {
  const names = [domainToWire(keyName.toLowerCase()), u16(classes.ANY), noTtl, domainToWire(algorithm)];
  return Buffer.concat([...names, timers, u16(error), u16(other.length), other]);
}

/** A MAC as the next message begins with it. Section 4.3.1. */
export function priorMac(mac: Buffer): readonly Uint8Array[] {
  return [u16(mac.length), mac];
}

export function timersAt(seconds: number): Buffer {
  const timers = Buffer.alloc(8);
  timers.writeUIntBE(seconds, 0, 6);
  timers.writeUInt16BE(fudgeSeconds, 6);
  return timers;
}

const noTtl = Buffer.alloc(4);

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

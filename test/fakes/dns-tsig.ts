// TSIG with HMAC-SHA256 (RFC 8945) as servers and clients of the tests need it: written with node:crypto apart from functions/dnswire/tsig.ts,
// which it tests. It knows octets and one key, no zone and no socket.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { domainToWire } from '../../functions/records/rdata/domain.ts';

export interface TsigSecret {
  /** Lower case, with the trailing dot. */
  readonly name: string;
  readonly secretBase64: string;
}

/** The last record of a message, where it is a TSIG. */
export interface TsigRecord {
  /** Lower case, with the trailing dot. */
  readonly keyName: string;
  /** Offset of the record in the message. */
  readonly at: number;
  readonly data: Buffer;
}

export interface RequestTsig {
  readonly status: 'none' | 'good' | 'malformed' | 'bad-key' | 'bad-mac' | 'bad-time' | 'bad-truncation';
  readonly mac: Buffer;
  readonly keyName: string;
  /** Time signed and fudge, as they came. */
  readonly timers: Buffer;
}

/** What a message of a stream is signed together with: the MAC before it, and the unsigned messages since. */
export interface TsigChain {
  readonly prior: Buffer;
  readonly unsigned: readonly Uint8Array[];
  readonly first: boolean;
}

interface Fields {
  readonly algorithm: string;
  readonly timers: Buffer;
  readonly mac: Buffer;
  readonly originalId: Buffer;
  readonly error: Buffer;
  /** Length and octets. */
  readonly other: Buffer;
}

const none = Buffer.alloc(0);
const macOctets = 32;
/** RFC 8945 section 5.2.2.1: not below ten octets, nor half of the whole. */
const leastMacOctets = 16;
const fudgeSeconds = 300;
const algorithmName = 'hmac-sha256.';
const algorithm = domainToWire(algorithmName);

/** RFC 8945 sections 3 and 5.2: what a server says in the error field. */
const errorNumbers = { 'bad-mac': 16, 'bad-key': 17, 'bad-time': 18, 'bad-truncation': 22 } as const;

/** Looks at the TSIG of a request in the order of RFC 8945 section 5.2: key, MAC, time, truncation. Without `nowSeconds` any time is good. */
export function verifyRequest(
  bytes: Buffer,
  record: TsigRecord | undefined,
  secret: TsigSecret | undefined,
  nowSeconds?: number,
): RequestTsig {
  if (record === undefined || secret === undefined) return { status: 'none', mac: none, keyName: '', timers: none };
  const fields = readFields(record.data);
  const { keyName } = record;
  if (fields === undefined) return { status: 'malformed', mac: none, keyName, timers: none };
  const { mac, timers } = fields;
  const found = (status: RequestTsig['status']): RequestTsig => ({ status, mac, keyName, timers });
  if (keyName !== secret.name || fields.algorithm !== algorithmName) return found('bad-key');
  if (mac.length > macOctets || mac.length < leastMacOctets) return found('malformed');
  const expected = hmac(secret, [signedPart(bytes, record.at, fields), variables(secret, timers)]);
  if (!timingSafeEqual(mac, expected.subarray(0, mac.length))) return found('bad-mac');
  const awaySeconds = Math.abs((nowSeconds ?? 0) - timers.readUIntBE(0, 6));
  if (nowSeconds !== undefined && awaySeconds > timers.readUInt16BE(6)) return found('bad-time');
  return found(mac.length < macOctets ? 'bad-truncation' : 'good');
}

/** Signs a request, as a client does. */
export function signRequest(message: Buffer, secret: TsigSecret, nowSeconds: number) {
  const timers = timersAt(nowSeconds);
  const mac = hmac(secret, [message, variables(secret, timers)]);
  return { mac, bytes: append(message, secret.name, [timers, u16(macOctets), mac, idOf(message), u16(0), u16(0)]) };
}

/** True when the response carries a whole MAC that is right for the request's. */
export function verifyResponse(bytes: Buffer, record: TsigRecord, secret: TsigSecret, chain: TsigChain): boolean {
  const fields = readFields(record.data);
  if (fields?.mac.length !== macOctets) return false;
  const { timers, mac, error, other } = fields;
  const { prior, unsigned, first } = chain;
  const rest = first ? variables(secret, timers, error, other) : timers;
  const parts = [u16(prior.length), prior, ...unsigned, signedPart(bytes, record.at, fields), rest];
  return timingSafeEqual(mac, hmac(secret, parts));
}

/** Signs a response: the first with all variables, later ones of a stream with the timers only. */
export function signResponse(message: Buffer, secret: TsigSecret, chain: TsigChain, secondsLater: number) {
  const { prior, unsigned, first } = chain;
  const timers = timersAt(Math.floor(Date.now() / 1000) + secondsLater);
  const rest = first ? variables(secret, timers) : timers;
  const mac = hmac(secret, [u16(prior.length), prior, ...unsigned, message, rest]);
  const flipped = Buffer.from(mac);
  flipped[0] = (flipped[0] ?? 0) ^ 1;
  const id = idOf(message);
  return {
    mac,
    bytes: append(message, secret.name, [timers, u16(macOctets), mac, id, u16(0), u16(0)]),
    forged: append(message, secret.name, [timers, u16(macOctets), flipped, id, u16(0), u16(0)]),
  };
}

/** How many octets `signResponse` adds. */
export function tsigOctets(secret: TsigSecret): number {
  return domainToWire(secret.name).length + 10 + algorithm.length + 16 + macOctets;
}

/**
 * Adds the TSIG record in which a server says what is wrong with the request's. BADSIG and BADKEY go unsigned (RFC 8945 section 5.3.2);
 * BADTIME is signed, repeats the client's time and tells the server's (section 5.2.3).
 */
export function tsigErrorRecord(
  message: Buffer,
  { status, keyName, timers, mac: prior }: RequestTsig,
  secret?: TsigSecret,
): Buffer {
  const number = status === 'none' || status === 'good' || status === 'malformed' ? 0 : errorNumbers[status];
  const now = timersAt(Math.floor(Date.now() / 1000));
  const id = idOf(message);
  if (secret === undefined || status === 'bad-mac' || status === 'bad-key') {
    return append(message, keyName, [now, u16(0), id, u16(number), u16(0)]);
  }
  const other = status === 'bad-time' ? Buffer.concat([u16(6), now.subarray(0, 6)]) : u16(0);
  const time = status === 'bad-time' ? timers : now;
  const mac = hmac(secret, [u16(prior.length), prior, message, variables(secret, time, u16(number), other)]);
  return append(message, secret.name, [time, u16(macOctets), mac, id, u16(number), other]);
}

/** RFC 8945 section 4.2; undefined when the data is cut or too long. */
function readFields(data: Buffer): Fields | undefined {
  const labels: string[] = [];
  let at = 0;
  for (let length = data[at] ?? 0; length > 0; length = data[at] ?? 0) {
    if (length > 63 || at + length >= data.length) return undefined;
    labels.push(data.toString('latin1', at + 1, at + 1 + length).toLowerCase());
    at += 1 + length;
  }
  at += 1;
  if (at + 10 > data.length) return undefined;
  const afterMac = at + 10 + data.readUInt16BE(at + 8);
  if (afterMac + 6 > data.length || afterMac + 6 + data.readUInt16BE(afterMac + 4) !== data.length) return undefined;
  return {
    algorithm: `${labels.join('.')}.`,
    timers: data.subarray(at, at + 8),
    mac: data.subarray(at + 10, afterMac),
    originalId: data.subarray(afterMac, afterMac + 2),
    error: data.subarray(afterMac + 2, afterMac + 4),
    other: data.subarray(afterMac + 4),
  };
}

/** The message as it was before it was signed: no TSIG record, its original id. RFC 8945 section 4.3.2. */
function signedPart(bytes: Buffer, at: number, { originalId }: Fields): Buffer {
  const message = Buffer.from(bytes.subarray(0, at));
  originalId.copy(message, 0);
  message.writeUInt16BE(message.readUInt16BE(10) - 1, 10);
  return message;
}

function append(message: Buffer, keyName: string, parts: readonly Buffer[]): Buffer {
  const data = Buffer.concat([algorithm, ...parts]);
  const head = Buffer.from(message);
  head.writeUInt16BE(head.readUInt16BE(10) + 1, 10);
  return Buffer.concat([head, domainToWire(keyName), u16(250), u16(255), u16(0), u16(0), u16(data.length), data]);
}

function variables(secret: TsigSecret, timers: Buffer, error = u16(0), other = u16(0)): Buffer {
  return Buffer.concat([domainToWire(secret.name), u16(255), u16(0), u16(0), algorithm, timers, error, other]);
}

function timersAt(seconds: number): Buffer {
  const timers = Buffer.alloc(8);
  timers.writeUIntBE(seconds, 0, 6);
  timers.writeUInt16BE(fudgeSeconds, 6);
  return timers;
}

function hmac(secret: TsigSecret, parts: readonly Uint8Array[]): Buffer {
  return createHmac('sha256', Buffer.from(secret.secretBase64, 'base64')).update(Buffer.concat(parts)).digest();
}

function idOf(message: Buffer): Buffer {
  return message.subarray(0, 2);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

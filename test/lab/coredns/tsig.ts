// TSIG on the server's side (RFC 8945): what a request's signature is worth, and signatures for the answers. It decides nothing about who may
// do what.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { nameToWire } from './names.ts';
import { classAny, type Message, readName, types } from './wire.ts';

/** Key name in lower case with the trailing dot, to the secret. */
export type TsigSecrets = ReadonlyMap<string, Buffer>;

export type TsigVerdict = 'good' | 'bad-key' | 'bad-signature' | 'bad-time';

/** The TSIG of a request, and what it is worth here. */
export interface RequestTsig {
  readonly verdict: TsigVerdict;
  readonly keyName: string;
  readonly algorithm: string;
  readonly mac: Buffer;
  readonly originalId: number;
  readonly signedAtSeconds: number;
}

/** RFC 8945 section 6, as far as miekg/dns knows them by default. */
const hashes: ReadonlyMap<string, string> = new Map([
  ['hmac-sha1.', 'sha1'],
  ['hmac-sha224.', 'sha224'],
  ['hmac-sha256.', 'sha256'],
  ['hmac-sha384.', 'sha384'],
  ['hmac-sha512.', 'sha512'],
]);

const errorCodes: Readonly<Record<TsigVerdict, number>> = {
  good: 0,
  'bad-signature': 16,
  'bad-key': 17,
  'bad-time': 18,
};
/** What CoreDNS signs with, RFC 8945 section 10. */
const fudgeSeconds = 300;
const questionOctets = 4;
const headerOctets = 12;

/** Undefined for a request without TSIG. Throws for one whose rdata cannot be read. */
export function verifyRequest(
  octets: Buffer,
  message: Message,
  secrets: TsigSecrets,
  nowSeconds: number,
): RequestTsig | undefined {
  const record = message.additionals.at(-1);
  if (record?.type !== types.TSIG) return undefined;
  const { name: algorithm, end } = readName(record.rdata, 0);
  const { rdata } = record;
  const timers = rdata.subarray(end, end + 8);
  const macOctets = rdata.readUInt16BE(end + 8);
  const mac = Buffer.from(rdata.subarray(end + 10, end + 10 + macOctets));
  const afterMac = end + 10 + macOctets;
  const tsig = {
    keyName: record.name,
    algorithm: algorithm.toLowerCase(),
    mac,
    originalId: rdata.readUInt16BE(afterMac),
    signedAtSeconds: timers.readUIntBE(0, 6),
  };
  const secret = secrets.get(record.name.toLowerCase());
  if (secret === undefined) return { verdict: 'bad-key', ...tsig };
  const signed = Buffer.from(octets.subarray(0, lastRecordStart(octets, message)));
  signed.writeUInt16BE(tsig.originalId, 0);
  signed.writeUInt16BE(message.additionals.length - 1, 10);
  const hash = hashes.get(tsig.algorithm);
  const variables = variablesOf(tsig, timers, rdata.subarray(afterMac + 2));
  const expected = hash === undefined ? undefined : hmac(hash, secret, [signed, variables]);
  const isSound = expected !== undefined && expected.length === mac.length && timingSafeEqual(expected, mac);
  if (!isSound) return { verdict: 'bad-signature', ...tsig };
  const isInTime = Math.abs(nowSeconds - tsig.signedAtSeconds) <= timers.readUInt16BE(6);
  return { verdict: isInTime ? 'good' : 'bad-time', ...tsig };
}

/** The answers to one request, one after the other: the first is signed in full, the rest with the timers only (RFC 8945 section 5.3.1). */
export function createSigner(
  request: RequestTsig,
  secrets: TsigSecrets,
): (octets: Buffer, nowSeconds: number) => Buffer {
  let prior = request.mac;
  let isFirst = true;
  const secret = secrets.get(request.keyName.toLowerCase());
  const hash = hashes.get(request.algorithm);
  return (octets, nowSeconds) => {
    const isSigned = request.verdict === 'good' || request.verdict === 'bad-time';
    if (!isSigned || secret === undefined || hash === undefined)
      return append(octets, request, timersAt(0), Buffer.alloc(0), Buffer.alloc(0));
    const isLate = request.verdict === 'bad-time';
    const timers = timersAt(isLate ? request.signedAtSeconds : nowSeconds);
    // RFC 8945 section 5.2.3: the server's clock goes into Other Data.
    const other = isLate ? timersAt(nowSeconds).subarray(0, 6) : Buffer.alloc(0);
    const last = isFirst
      ? variablesOf(request, timers, Buffer.concat([u16(errorCodes[request.verdict]), u16(other.length), other]))
      : timers;
    prior = hmac(hash, secret, [u16(prior.length), prior, octets, last]);
    isFirst = false;
    return append(octets, request, timers, prior, other);
  };
}

type Named = Pick<RequestTsig, 'keyName' | 'algorithm'>;

/** RFC 8945 section 4.3.3; `rest` is error, length and Other Data. */
function variablesOf({ keyName, algorithm }: Named, timers: Buffer, rest: Buffer): Buffer {
  const names = [keyName.toLowerCase(), algorithm].map(nameToWire) as [Buffer, Buffer];
  return Buffer.concat([names[0], u16(classAny), Buffer.alloc(4), names[1], timers, rest]);
}

function append(octets: Buffer, request: RequestTsig, timers: Buffer, mac: Buffer, other: Buffer): Buffer {
  const rdata = Buffer.concat([
    nameToWire(request.algorithm),
    timers,
    u16(mac.length),
    mac,
    octets.subarray(0, 2),
    u16(errorCodes[request.verdict]),
    u16(other.length),
    other,
  ]);
  const head = Buffer.from(octets);
  head.writeUInt16BE(head.readUInt16BE(10) + 1, 10);
  const owner = Buffer.concat([nameToWire(request.keyName), u16(types.TSIG), u16(classAny), Buffer.alloc(4)]);
  return Buffer.concat([head, owner, u16(rdata.length), rdata]);
}

function timersAt(seconds: number): Buffer {
  const timers = Buffer.alloc(8);
  timers.writeUIntBE(seconds, 0, 6);
  timers.writeUInt16BE(fudgeSeconds, 6);
  return timers;
}

/** Where the TSIG begins. The message has been decoded before, so that every length in it is good. */
function lastRecordStart(octets: Buffer, message: Message): number {
  let at = message.question === undefined ? headerOctets : readName(octets, headerOctets).end + questionOctets;
  const before = message.answers.length + message.authorities.length + message.additionals.length - 1;
  for (let i = 0; i < before; i++) {
    const { end } = readName(octets, at);
    at = end + 10 + octets.readUInt16BE(end + 8);
  }
  return at;
}

function hmac(hash: string, secret: Buffer, parts: readonly Uint8Array[]): Buffer {
  const sum = createHmac(hash, secret);
  for (const part of parts) sum.update(part);
  return sum.digest();
}

function u16(value: number): Buffer {
  const octets = Buffer.alloc(2);
  octets.writeUInt16BE(value);
  return octets;
}

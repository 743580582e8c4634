// TSIG on the server's side (RFC 8945): what a request's signature is worth, and signatures for its answers. It decides nothing about who may
// do what.
import { timingSafeEqual } from 'node:crypto';
import {
  appendTsig,
  beforeSigning,
  createSum,
  hmacSha256,
  priorMac,
  readTsig,
  type Sum,
  type TsigFields,
  type TsigRecord,
  type TsigSecret,
  timersAt,
  variablesOf,
} from './tsig-record.ts';

/** By the name of the key, which is in lower case with the trailing dot. */
export type TsigSecrets = ReadonlyMap<string, Buffer>;

/**
 * In what servers differ. Knot keeps to RFC 8945 section 5.2, and knows one algorithm for a key: here HMAC-SHA256. CoreDNS has what miekg/dns
 * has (tsig.go): whole MACs only, and BADSIG for most of what is wrong.
 *
 * | what comes                              | knot     | coredns |
 * |-----------------------------------------|----------|---------|
 * | a key that is not there                 | BADKEY   | BADKEY  |
 * | HMAC-SHA1, or of SHA-2 another size     | BADKEY   | is good |
 * | any other algorithm                     | BADKEY   | BADSIG  |
 * | a MAC that is too long, or below half   | FORMERR  | BADSIG  |
 * | a MAC that is cut to half or more       | BADTRUNC | BADSIG  |
 * | a clock that is wrong                   | BADTIME  | BADTIME |
 */
export type TsigManner = 'knot' | 'coredns';

/** RFC 8945 section 3: what stands in the error field. */
const errors = { good: 0, 'bad-mac': 16, 'bad-key': 17, 'bad-time': 18, 'bad-truncation': 22 } as const;

export interface RequestTsig {
  readonly status: keyof typeof errors;
  /** As they came. */
  readonly fields: TsigFields;
  /** With the key's secret; undefined for a key or an algorithm that is not known. */
  readonly sum: Sum | undefined;
}

export interface Verification {
  readonly secrets: TsigSecrets;
  readonly manner: TsigManner;
  readonly nowSeconds: number;
}

export function secretsOf({ name, secretBase64 }: TsigSecret): TsigSecrets {
  return new Map([[name, Buffer.from(secretBase64, 'base64')]]);
}

/** In the order of RFC 8945 section 5.2: key, MAC, time, truncation. `malformed` is what gets a FORMERR. */
export function verifyRequest(
  bytes: Buffer,
  record: TsigRecord,
  { secrets, manner, nowSeconds }: Verification,
): RequestTsig | 'malformed' {
  const fields = readTsig(record);
  if (fields === undefined) return 'malformed';
  const { algorithm, mac, timers } = fields;
  const secret = secrets.get(fields.keyName.toLowerCase());
  const isForKey = manner === 'coredns' || algorithm === hmacSha256;
  const sum = secret === undefined || !isForKey ? undefined : createSum(algorithm, secret);
  const found = (status: RequestTsig['status']): RequestTsig => ({ status, fields, sum });
  if (sum === undefined) return found(secret === undefined || manner === 'knot' ? 'bad-key' : 'bad-mac');
  const expected = sum([beforeSigning(bytes, record.at, fields.originalId), variablesOf(fields)]);
  const isCut = mac.length < expected.length;
  // Section 5.2.2.1.
  const isOdd = mac.length > expected.length || mac.length < Math.max(10, expected.length / 2);
  if (manner === 'coredns' && (isCut || isOdd)) return found('bad-mac');
  if (isOdd) return 'malformed';
  if (!timingSafeEqual(mac, expected.subarray(0, mac.length))) return found('bad-mac');
  if (Math.abs(nowSeconds - signedAt(fields)) > timers.readUInt16BE(6)) return found('bad-time');
  return found(isCut ? 'bad-truncation' : 'good');
}

/** The answers to one request in their order. What is wrong with the request's signature is said in those of the answers. */
export interface Signer {
  sign(message: Buffer, nowSeconds: number): Buffer;
  /** A message that goes out unsigned; the next signature holds for it too. Section 5.3.1. */
  skip(message: Buffer): void;
  /** What a signature adds to a message at most. */
  readonly octets: number;
}

export function createSigner({ status, fields, sum }: RequestTsig): Signer {
  const { keyName, algorithm } = fields;
  let before = [...priorMac(fields.mac)];
  let isFirst = true;
  const signed = (sumOf: Sum, message: Buffer, nowSeconds: number): Buffer => {
    // The client's time comes back, and beside it the server's: section 5.2.3.
    const isLate = status === 'bad-time';
    const timers = timersAt(isLate ? signedAt(fields) : nowSeconds);
    const other = isLate ? timersAt(nowSeconds).subarray(0, timeOctets) : none;
    const own = { keyName, algorithm, timers, error: errors[status], other };
    const mac = sumOf([...before, message, isFirst ? variablesOf(own) : timers]);
    before = [...priorMac(mac)];
    isFirst = false;
    return appendTsig(message, { ...own, mac });
  };
  const unsigned = (message: Buffer): Buffer =>
    appendTsig(message, { keyName, algorithm, timers: timersAt(0), mac: none, error: errors[status], other: none });
  return {
    // Section 5.3.2: without a key that both know there is nothing to sign with.
    sign: (message, nowSeconds) =>
      sum === undefined || status === 'bad-mac' ? unsigned(message) : signed(sum, message, nowSeconds),
    skip(message) {
      before.push(message);
    },
    octets: unsigned(Buffer.alloc(12)).length - 12 + (sum?.([]).length ?? 0) + timeOctets,
  };
}

const none = Buffer.alloc(0);
const timeOctets = 6;

function signedAt({ timers }: TsigFields): number {
  return timers.readUIntBE(0, timeOctets);
}

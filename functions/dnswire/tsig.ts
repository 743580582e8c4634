// TSIG with HMAC-SHA256, RFC 8945: signs requests, verifies answers of one or many messages on their raw octets.
// The secret lives in a non-extractable CryptoKey only: it can reach no log and no stored state.
import { concatBytes, fromBase64 } from '../lib/bytes.ts';
import { LifeboatError } from '../lib/errors.ts';
import { type Name, parsePlainName } from '../records/name.ts';
import type { DnsMessage } from './message.ts';
import {
  lengthPrefixed,
  readTsig,
  type Tsig,
  timersOf,
  u48,
  variablesOf,
  withoutTsig,
  withTsig,
} from './tsig-record.ts';

const algorithmName = 'hmac-sha256.';
const macOctets = 32;
/** How far the two clocks may be apart, RFC 8945 section 10. */
const fudgeSeconds = 300;
/** RFC 8945 section 5.3.1: at least every hundredth message of a stream is signed. */
const maxUnsignedMessages = 99;

/** A shared key; `name` must be the one that the server knows it by. */
export interface TsigKey {
  readonly name: Name;
  readonly key: CryptoKey;
}

/** A message as it came: its octets, and what was read from them. */
export interface Received {
  readonly bytes: Uint8Array;
  readonly message: DnsMessage;
}

export type TsigProblem = 'bad-mac' | 'bad-key' | 'bad-time' | 'missing-mac';

export type TsigVerdict =
  /** `mac` is what the next message of a stream is chained to. */
  | { readonly status: 'verified'; readonly mac: Uint8Array }
  /** The message carries no signature and the stream may go on (never for a single answer). */
  | { readonly status: 'unsigned' }
  /** `text` is a sentence for people, with the name of the TSIG error where the server gave one. */
  | { readonly status: 'failed'; readonly problem: TsigProblem; readonly text: string };

/** Makes a key from its name and its base64 secret. Errors: `config`; the secret is never in the message. */
export async function importTsigKey(name: string, secretBase64: string): Promise<TsigKey> {
  const secret = fromBase64(secretBase64);
  if (secret === undefined || secret.length === 0) {
    throw new LifeboatError(
      'config',
      `the secret of TSIG key ${name} is not base64 (as tsig-keygen or keymgr print it)`,
    );
  }
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['sign', 'verify']);
  return { name: parsePlainName(name), key };
}

/** Signs a request. Returns the message to send and its MAC, which the answer is verified with. */
export async function signRequest(
  message: Uint8Array,
  key: TsigKey,
  nowMs: number,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly mac: Uint8Array }> {
  const fields = {
    keyName: key.name,
    algorithm: algorithmName,
    timeSigned: Math.floor(nowMs / 1000),
    fudge: fudgeSeconds,
    error: 0,
    other: new Uint8Array(),
  };
  const digested = concatBytes([message, variablesOf(fields)]);
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key.key, digested));
  return { bytes: withTsig(message, fields, mac), mac };
}

/** Verifies the single answer to a signed request. */
export async function verifyAnswer(
  received: Received,
  key: TsigKey,
  requestMac: Uint8Array,
  nowMs: number,
): Promise<TsigVerdict> {
  const verdict = await createTsigStream(key, requestMac).verify(received, nowMs);
  return verdict.status === 'unsigned' ? missing : verdict;
}

/** Verifies the messages of one answer in order, RFC 8945 section 5.3.1. The caller checks that the last one was `verified`. */
export interface TsigStream {
  verify(received: Received, nowMs: number): Promise<TsigVerdict>;
}

export function createTsigStream(key: TsigKey, requestMac: Uint8Array): TsigStream {
  let prior = requestMac;
  let first = true;
  let unsigned: Uint8Array[] = [];
  return {
    async verify({ bytes, message }, nowMs) {
      if (message.tsigOffset === undefined) {
        if (first) return missing;
        if (unsigned.length >= maxUnsignedMessages) {
          const text = `more than ${maxUnsignedMessages} messages in a row came without a signature`;
          return { status: 'failed', problem: 'missing-mac', text };
        }
        unsigned.push(bytes);
        return { status: 'unsigned' };
      }
      const tsig = readTsig(bytes, message.tsigOffset);
      const told = serverError(tsig, key, nowMs);
      if (told !== undefined) return told;
      const digested = concatBytes([
        lengthPrefixed(prior),
        ...unsigned,
        withoutTsig(bytes, message.tsigOffset, tsig.originalId),
        first ? variablesOf(tsig) : timersOf(tsig),
      ]);
      const verdict = await check(tsig, key, digested, nowMs);
      if (verdict.status === 'verified') {
        prior = verdict.mac;
        first = false;
        unsigned = [];
      }
      return verdict;
    },
  };
}

/** Throws LifeboatError `credential` for anything but `verified`. `what` is the subject: `the answer of 10.0.0.10:53`. */
export function requireVerified(verdict: TsigVerdict, what: string): void {
  if (verdict.status === 'verified') return;
  throw new LifeboatError('credential', `${what}: ${verdict.status === 'failed' ? verdict.text : missing.text}`);
}

const missing = {
  status: 'failed',
  problem: 'missing-mac',
  text: 'it is not signed although the request was; the server does not use TSIG here, or somebody else answered',
} as const;

/** What the server itself reports about our signature. RFC 8945 section 5.2: BADSIG and BADKEY come unsigned. */
function serverError(tsig: Tsig, key: TsigKey, nowMs: number): TsigVerdict | undefined {
  const failed = (problem: TsigProblem, text: string): TsigVerdict => ({ status: 'failed', problem, text });
  switch (tsig.error) {
    case 0:
      return undefined;
    case 16:
      return failed('bad-mac', `the server says BADSIG: its secret for key ${key.name} is not the one used here`);
    case 17:
      return failed('bad-key', `the server says BADKEY: it knows no key ${key.name} with hmac-sha256`);
    case 18: {
      const server =
        tsig.other.length === 6 ? ` (the server's clock is ${clockOffset(u48(tsig.other, 0), nowMs)})` : '';
      return failed('bad-time', `the server says BADTIME: the clocks are more than ${tsig.fudge} s apart${server}`);
    }
    default:
      return failed('bad-mac', `the server reports TSIG error ${tsig.error}`);
  }
}

/** RFC 8945 section 5.2: the key, then the MAC, then the time. */
async function check(tsig: Tsig, key: TsigKey, digested: Uint8Array<ArrayBuffer>, nowMs: number): Promise<TsigVerdict> {
  if (tsig.keyName !== key.name || tsig.algorithm !== algorithmName) {
    const text = `it is signed with key ${tsig.keyName} and ${tsig.algorithm}, not with ${key.name} and ${algorithmName}`;
    return { status: 'failed', problem: 'bad-key', text };
  }
  // WebCrypto's verify compares in constant time; a truncated MAC (section 5.2.2.1) is not accepted.
  const good = tsig.mac.length === macOctets && (await crypto.subtle.verify('HMAC', key.key, tsig.mac, digested));
  if (!good) {
    const text = `its signature with key ${key.name} is wrong (BADSIG): it was forged or changed on its way, or the secrets differ`;
    return { status: 'failed', problem: 'bad-mac', text };
  }
  if (Math.abs(nowMs / 1000 - tsig.timeSigned) > Math.min(tsig.fudge, fudgeSeconds) + 1) {
    const text = `it was signed at another time (BADTIME): the signer's clock is ${clockOffset(tsig.timeSigned, nowMs)}`;
    return { status: 'failed', problem: 'bad-time', text };
  }
  return { status: 'verified', mac: tsig.mac };
}

function clockOffset(theirSeconds: number, nowMs: number): string {
  const seconds = Math.round(theirSeconds - nowMs / 1000);
  return `${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} ours`;
}

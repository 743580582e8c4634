// TSIG on a client's side (RFC 8945), for tests that need another client than the product's: HMAC-SHA256 only. It reads no error field.
import { timingSafeEqual } from 'node:crypto';
import {
  appendTsig,
  beforeSigning,
  createSum,
  hmacSha256,
  priorMac,
  readTsig,
  type Sum,
  type TsigRecord,
  type TsigSecret,
  timersAt,
  variablesOf,
} from '../../../../lab/simulators/dns/tsig-record.ts';

/** What a message of a stream is signed together with: the MAC before it, and the unsigned messages since. */
export interface TsigChain {
  readonly prior: Buffer;
  readonly unsigned: readonly Uint8Array[];
  readonly isFirst: boolean;
}

export function signRequest(
  message: Buffer,
  secret: TsigSecret,
  nowSeconds: number,
): { readonly mac: Buffer; readonly bytes: Buffer } {
  const none = Buffer.alloc(0);
  const own = { keyName: secret.name, algorithm: hmacSha256, timers: timersAt(nowSeconds), error: 0, other: none };
  const mac = sumOf(secret)([message, variablesOf(own)]);
  return { mac, bytes: appendTsig(message, { ...own, mac }) };
}

/** True when the response carries a whole MAC that is right. */
export function verifyResponse(bytes: Buffer, record: TsigRecord, secret: TsigSecret, chain: TsigChain): boolean {
  const fields = readTsig(record);
  if (fields === undefined) return false;
  const message = beforeSigning(bytes, record.at, fields.originalId);
  const own = chain.isFirst ? variablesOf({ ...fields, keyName: secret.name, algorithm: hmacSha256 }) : fields.timers;
  const expected = sumOf(secret)([...priorMac(chain.prior), ...chain.unsigned, message, own]);
  return fields.mac.length === expected.length && timingSafeEqual(fields.mac, expected);
}

function sumOf({ secretBase64 }: TsigSecret): Sum {
  const sum = createSum(hmacSha256, Buffer.from(secretBase64, 'base64'));
  if (sum === undefined) throw new Error(`${hmacSha256} is not known`);
  return sum;
}

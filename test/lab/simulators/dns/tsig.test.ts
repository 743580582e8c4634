// What a signature is worth to each kind of server, what the server says of it, and streams of answers; read by the product's own client too.
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeMessage } from '../../../../functions/dnswire/message.ts';
import { createTsigStream, importTsigKey, type TsigKey } from '../../../../functions/dnswire/tsig.ts';
import { domainToWire } from '../../../../functions/records/domain.ts';
import {
  createSigner,
  type RequestTsig,
  secretsOf,
  type TsigManner,
  verifyRequest,
} from '../../../../lab/simulators/dns/tsig.ts';
import {
  appendTsig,
  createSum,
  hmacSha256,
  lastTsig,
  readTsig,
  type TsigSecret,
  timersAt,
  variablesOf,
} from '../../../../lab/simulators/dns/tsig-record.ts';
import { signRequest, verifyResponse } from './tsig-client.ts';

const nowSeconds = 1_750_000_000;
const key: TsigSecret = { name: 'lab.test.', secretBase64: Buffer.alloc(32, 7).toString('base64') };
const none = Buffer.alloc(0);
const head = (flags: number) => Buffer.from([0x42, 0x42, flags, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
const message = (flags: number) => Buffer.concat([head(flags), domainToWire('a.test.'), Buffer.from([0, 6, 0, 1])]);
const query = message(0);
const answer = message(0x80);

interface Signing {
  readonly name?: string;
  readonly algorithm?: string;
  readonly secretBase64?: string;
  /** Octets of the MAC that are sent; more than it has are zeros. */
  readonly macOctets?: number;
  readonly secondsLater?: number;
}

function signed({ name = key.name, algorithm = hmacSha256, macOctets, secondsLater = 0, ...own }: Signing): Buffer {
  const timers = timersAt(nowSeconds + secondsLater);
  const fields = { keyName: name, algorithm, timers, error: 0, other: none };
  const secret = Buffer.from(own.secretBase64 ?? key.secretBase64, 'base64');
  const whole = createSum(algorithm, secret)?.([query, variablesOf(fields)]) ?? Buffer.alloc(16);
  const mac = Buffer.concat([whole, Buffer.alloc(64)]).subarray(0, macOctets ?? whole.length);
  return appendTsig(query, { ...fields, mac });
}

function verify(bytes: Buffer, manner: TsigManner): RequestTsig | 'malformed' {
  const record = lastTsig(bytes);
  if (record === undefined) throw new Error('no TSIG');
  return verifyRequest(bytes, record, { secrets: secretsOf(key), manner, nowSeconds });
}

function verified(bytes: Buffer, manner: TsigManner = 'knot'): RequestTsig {
  const tsig = verify(bytes, manner);
  if (tsig === 'malformed') throw new Error(tsig);
  return tsig;
}

describe('a request', () => {
  it.each<readonly [string, Signing, string, string]>([
    ['signed well', {}, 'good', 'good'],
    ['with the name of the key in capitals', { name: 'LAB.Test.' }, 'good', 'good'],
    ['with another secret', { secretBase64: 'AAAA' }, 'bad-mac', 'bad-mac'],
    ['with a key that is not there', { name: 'other.test.' }, 'bad-key', 'bad-key'],
    ['with HMAC-SHA512', { algorithm: 'hmac-sha512.' }, 'bad-key', 'good'],
    ['with an algorithm of its own', { algorithm: 'hmac-\\000.x\\.y.' }, 'bad-key', 'bad-mac'],
    ['with half a MAC', { macOctets: 16 }, 'bad-truncation', 'bad-mac'],
    ['with half a MAC by a wrong clock', { macOctets: 16, secondsLater: 301 }, 'bad-time', 'bad-mac'],
    ['with less than half a MAC', { macOctets: 15 }, 'malformed', 'bad-mac'],
    ['with no MAC', { macOctets: 0 }, 'malformed', 'bad-mac'],
    ['with a MAC that is too long', { macOctets: 33 }, 'malformed', 'bad-mac'],
    ['by a clock that is just right', { secondsLater: -300 }, 'good', 'good'],
    ['by a clock that is slow', { secondsLater: -301 }, 'bad-time', 'bad-time'],
    ['by a clock that is fast', { secondsLater: 301 }, 'bad-time', 'bad-time'],
  ])('%s', (_, signing, ...expected) => {
    const statuses = (['knot', 'coredns'] as const).map((manner) => {
      const tsig = verify(signed(signing), manner);
      return typeof tsig === 'string' ? tsig : tsig.status;
    });
    expect(statuses).toEqual(expected);
  });

  it('is malformed whatever octet its TSIG ends at', () => {
    const bytes = signed({});
    const record = lastTsig(bytes);
    if (record === undefined) throw new Error('no TSIG');
    for (let end = 0; end < record.data.length; end++) {
      expect(readTsig({ ...record, data: record.data.subarray(0, end) })).toBeUndefined();
    }
    expect(readTsig({ ...record, data: Buffer.concat([record.data, Buffer.of(0)]) })).toBeUndefined();
  });

  it('without TSIG has none, and a cut one cannot be read', () => {
    expect(lastTsig(query)).toBeUndefined();
    const bytes = signed({});
    expect(() => lastTsig(bytes.subarray(0, query.length + 3))).toThrow();
  });
});

describe('an error', () => {
  it.each<readonly [string, Signing, number, number]>([
    ['BADSIG, unsigned', { secretBase64: 'AAAA' }, 16, 0],
    ['BADKEY, unsigned', { name: 'other.test.' }, 17, 0],
    ['BADTIME, signed, with both clocks', { secondsLater: 400 }, 18, 32],
    ['BADTRUNC, signed', { macOctets: 20 }, 22, 32],
  ])('%s', (_, signing, error, macOctets) => {
    const tsig = verified(signed(signing));
    const signer = createSigner(tsig);
    const bytes = signer.sign(answer, nowSeconds);
    const record = lastTsig(bytes);
    const fields = record && readTsig(record);
    expect(fields).toMatchObject({ error, keyName: tsig.fields.keyName, algorithm: tsig.fields.algorithm });
    expect(fields?.mac).toHaveLength(macOctets);
    expect(bytes.length - answer.length).toBeLessThanOrEqual(signer.octets);
    const chain = { prior: tsig.fields.mac, unsigned: [], isFirst: true };
    if (macOctets > 0) expect(record && verifyResponse(bytes, record, key, chain)).toBe(true);
    if (error !== 18) return;
    expect(fields?.timers.readUIntBE(0, 6)).toBe(nowSeconds + 400);
    expect(fields?.other.readUIntBE(0, 6)).toBe(nowSeconds);
  });
});

describe('a stream of answers', () => {
  let wireKey: TsigKey;
  beforeAll(async () => {
    wireKey = await importTsigKey(key.name, key.secretBase64);
  });

  it("is what the product's client believes, with unsigned messages between, and not when one of them is another", async () => {
    const request = signRequest(query, key, nowSeconds);
    const signer = createSigner(verified(request.bytes));
    const messages = Array.from({ length: 6 }, (_, i) => {
      if (i % 3 === 0 || i === 5) return signer.sign(answer, nowSeconds + i);
      signer.skip(answer);
      return answer;
    });
    const statuses = async (all: readonly Buffer[]) => {
      const stream = createTsigStream(wireKey, request.mac);
      const verdicts: string[] = [];
      for (const bytes of all.map((one) => Uint8Array.from(one))) {
        const received = { bytes, message: decodeMessage(bytes) };
        verdicts.push((await stream.verify(received, nowSeconds * 1_000)).status);
      }
      return verdicts;
    };
    const good = ['verified', 'unsigned', 'unsigned', 'verified', 'unsigned', 'verified'];
    expect(await statuses(messages)).toEqual(good);
    expect((await statuses(messages.with(1, message(0x84))))[3]).toBe('failed');
  });
});

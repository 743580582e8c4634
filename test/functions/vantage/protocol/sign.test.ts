// What is signed is exactly what the RFCs say, and nothing but exactly that is taken.
import { describe, expect, it } from 'vitest';
import { fromBase64Url, toBase64Url } from '../../../../functions/lib/base64url.ts';
import { fromBase64 } from '../../../../functions/lib/bytes.ts';
import {
  createVantageKeys,
  importPrivateKey,
  importPublicKey,
  isPair,
} from '../../../../functions/vantage/protocol/keys.ts';
import {
  contentDigest,
  type PlainRequest,
  readSignatureInput,
  signatureBase,
  signatureParams,
} from '../../../../functions/vantage/protocol/profile.ts';
import { signRequest, signText } from '../../../../functions/vantage/protocol/sign.ts';
import { readSigned, verifySigned } from '../../../../functions/vantage/protocol/verify.ts';

/** test-key-ed25519 of RFC 9421 appendix B.1.4. */
const rfcKey = {
  seed: 'n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU',
  public: 'JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs',
};

const facts = { keyId: 'rack', createdSeconds: 1_700_000_000, nonce: { startedAt: 1_699_999_999_000, count: 7 } };
const plain: PlainRequest = { method: 'POST', path: '/v1/observations', headers: {}, body: '{"a":"ä"}' };

const signed = async () => signRequest(plain, 'prod', facts, await importPrivateKey(rfcKey.seed));

async function judge(request: PlainRequest, key = rfcKey.public): Promise<string> {
  const read = readSigned(request);
  if (read.status === 'malformed') return 'malformed';
  return (await verifySigned(request, read.claim, await importPublicKey(key))).status;
}

describe('the vectors', () => {
  it('RFC 9421 appendix B.2.6: an Ed25519 signature over a signature base', async () => {
    const parts = [
      ['date', 'Tue, 20 Apr 2021 02:07:55 GMT'],
      ['@method', 'POST'],
      ['@path', '/foo'],
      ['@authority', 'example.com'],
      ['content-type', 'application/json'],
      ['content-length', '18'],
    ] as const;
    const params =
      '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"';
    const signature = await signText(signatureBase(parts, params), await importPrivateKey(rfcKey.seed));
    expect(signature).toBe('wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==');
  });

  it('RFC 9530 appendix D: the digest of {"hello": "world"} and a line feed', async () => {
    expect(await contentDigest('{"hello": "world"}\n')).toBe('sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:');
  });

  it('is this text for a request in the profile', async () => {
    expect(signatureParams(facts)).toBe(
      '("@method" "@path" "content-digest" "lifeboat-cluster");created=1700000000;nonce="1699999999000-7";keyid="rack";alg="ed25519";tag="lifeboat-vantage"',
    );
    const { headers } = await signed();
    const base = `"@method": POST\n"@path": /v1/observations\n"content-digest": ${await contentDigest(plain.body)}\n"lifeboat-cluster": prod\n"@signature-params": ${signatureParams(facts)}`;
    expect(headers.signature).toBe(`lifeboat=:${await signText(base, await importPrivateKey(rfcKey.seed))}:`);
  });
});

describe('a signed request', () => {
  it('is verified, and says what it claims', async () => {
    const request = await signed();
    expect(readSigned(request)).toMatchObject({ status: 'read', claim: facts });
    expect(await judge(request)).toBe('verified');
  });

  const other = 'A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg';
  it('is refused with another key', async () => {
    expect(await judge(await signed(), other)).toBe('bad-signature');
  });

  const swap = (name: string, from: string | RegExp, to: string) => (request: PlainRequest) => ({
    ...request,
    headers: { ...request.headers, [name]: (request.headers[name] ?? '').replace(from, to) },
  });
  const without = (name: string) => (request: PlainRequest) => ({
    ...request,
    headers: Object.fromEntries(Object.entries(request.headers).filter(([key]) => key !== name)),
  });

  it.each<[string, (request: PlainRequest) => PlainRequest, string]>([
    ['another method', (request) => ({ ...request, method: 'PUT' }), 'bad-signature'],
    ['another path', (request) => ({ ...request, path: '/v1/snapshots/1' }), 'bad-signature'],
    ['a query', (request) => ({ ...request, path: `${request.path}?x=1` }), 'malformed'],
    ['another body', (request) => ({ ...request, body: '{"a":"a"}' }), 'bad-signature'],
    ['another cluster', swap('lifeboat-cluster', 'prod', 'test'), 'bad-signature'],
    ['no cluster', without('lifeboat-cluster'), 'bad-signature'],
    ['another digest', swap('content-digest', /:.{4}/, ':AAAA'), 'bad-signature'],
    ['two digests', swap('content-digest', /$/, ', sha-512=:AAAA:'), 'malformed'],
    ['another algorithm of digest', swap('content-digest', 'sha-256', 'sha-512'), 'malformed'],
    ['no digest', without('content-digest'), 'malformed'],
    ['a later time', swap('signature-input', '1700000000', '1700000001'), 'bad-signature'],
    ['a later count', swap('signature-input', '-7"', '-8"'), 'bad-signature'],
    ['another name', swap('signature-input', '"rack"', '"edge"'), 'bad-signature'],
    ['fewer components', swap('signature-input', ' "content-digest"', ''), 'malformed'],
    ['components in another order', swap('signature-input', '"@method" "@path"', '"@path" "@method"'), 'malformed'],
    ['another tag', swap('signature-input', 'lifeboat-vantage', 'lifeboat-other'), 'malformed'],
    ['another algorithm', swap('signature-input', 'ed25519', 'hmac-sha256'), 'malformed'],
    ['one more parameter', swap('signature-input', /$/, ';expires=1'), 'malformed'],
    ['a second signature', swap('signature-input', /$/, ', x=("@method")'), 'malformed'],
    ['a number that is written otherwise', swap('signature-input', '=1700', '=01700'), 'malformed'],
    ['no signature input', without('signature-input'), 'malformed'],
    ['a signature under another label', swap('signature', 'lifeboat', 'other'), 'malformed'],
    ['a signature with a bit turned', swap('signature', /:./, ':A'), 'bad-signature'],
    ['a short signature', swap('signature', /:.{4}/, ':'), 'malformed'],
    ['no signature', without('signature'), 'malformed'],
  ])('is refused with %s', async (_what, change, verdict) => {
    expect(await judge(change(await signed()))).toBe(verdict);
  });

  it('is refused when a component could be moved into another line', () => {
    const path = '/v1/observations\n"content-digest": x';
    expect(readSigned({ ...plain, path, headers: {} }).status).toBe('malformed');
  });

  it('is read in bounded work, however long its headers are', () => {
    expect(readSignatureInput(`lifeboat=${'('.repeat(1_000_000)}`)).toBeUndefined();
  });
});

describe('keys', () => {
  it('come from a seed, as text that is read back', async () => {
    const seed = fromBase64Url(rfcKey.seed);
    const keys = await createVantageKeys(seed ?? new Uint8Array());
    expect(keys).toEqual({ privateKey: rfcKey.seed, publicKey: rfcKey.public });
    const pair = await isPair(await importPrivateKey(`${keys.privateKey}\n`), await importPublicKey(keys.publicKey));
    expect(pair).toBe(true);
  });

  it('that do not belong together are told apart', async () => {
    const { publicKey } = await createVantageKeys(new Uint8Array(32).fill(1));
    expect(await isPair(await importPrivateKey(rfcKey.seed), await importPublicKey(publicKey))).toBe(false);
  });

  it.each(['', 'short', `${rfcKey.seed}A`, rfcKey.seed.replace('-', '+')])('are not %j', async (text) => {
    const wrong = { code: 'config', message: expect.not.stringContaining(rfcKey.seed.slice(5, 30)) };
    await expect(importPrivateKey(text)).rejects.toMatchObject(wrong);
    await expect(importPublicKey(text)).rejects.toMatchObject({ code: 'config' });
  });
});

describe('Base64url', () => {
  it('reads what it writes, and nothing else', () => {
    for (let length = 0; length < 40; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 83 + length) % 256);
      expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes);
    }
    for (const text of ['A', 'AB', 'AA=', 'A+A', 'AA AA']) expect(fromBase64Url(text)).toBeUndefined();
    expect(fromBase64('AAA=')).toEqual(Uint8Array.of(0, 0));
  });
});

import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../../../functions/dnswire/message.ts';
import {
  createTsigStream,
  importTsigKey,
  requireVerified,
  signRequest,
  verifyAnswer,
} from '../../../functions/dnswire/tsig.ts';
import { vector, vectorKey, vectorNowMs } from './vectors.ts';

const key = await importTsigKey(vectorKey.name, vectorKey.secretBase64);
const requestMac = vector('requestMac');
const received = (bytes: Uint8Array) => ({ bytes, message: decodeMessage(bytes) });
const flip = (bytes: Uint8Array, at: number) => bytes.map((octet, i) => (i === at ? octet ^ 1 : octet));

describe('signRequest', () => {
  it('signs exactly as an independent implementation does', async () => {
    const signed = await signRequest(vector('query'), key, vectorNowMs);
    expect(signed.bytes).toEqual(vector('signedQuery'));
    expect(signed.mac).toEqual(requestMac);
  });
});

describe('importTsigKey', () => {
  it('refuses a secret that is no base64, without showing it', async () => {
    await expect(importTsigKey('lifeboat.', 'hunter2!')).rejects.toMatchObject({
      code: 'config',
      message: expect.not.stringContaining('hunter2'),
    });
    await expect(importTsigKey('lifeboat.', '')).rejects.toMatchObject({ code: 'config' });
  });

  it('keeps the secret where no JSON and no export reaches it', async () => {
    expect(JSON.stringify(key)).not.toContain(vectorKey.secretBase64);
    await expect(crypto.subtle.exportKey('raw', key.key)).rejects.toThrow();
  });
});

describe('verifyAnswer', () => {
  const answer = vector('signedAnswer');

  it('verifies a good answer', async () => {
    expect(await verifyAnswer(received(answer), key, requestMac, vectorNowMs)).toMatchObject({ status: 'verified' });
  });

  it('leaves the message as it came, also in a Buffer', async () => {
    const came = Buffer.from(answer);
    expect(await verifyAnswer(received(came), key, requestMac, vectorNowMs)).toMatchObject({ status: 'verified' });
    expect(came.equals(answer)).toBe(true);
  });

  it('verifies an answer whose id was changed on its way, by its original id', async () => {
    expect(await verifyAnswer(received(flip(answer, 0)), key, requestMac, vectorNowMs)).toMatchObject({
      status: 'verified',
    });
  });

  it('refuses every single flipped bit of octets that are signed', async () => {
    const from = received(answer).message.tsigOffset ?? 0;
    const problems = new Set<string>();
    for (let at = 2; at < answer.length; at++) {
      // ARCOUNT and the TSIG record's type, class, TTL and lengths are read before any MAC: their faults are `protocol` or "not signed".
      const verdict = await Promise.resolve()
        .then(() => verifyAnswer(received(flip(answer, at)), key, requestMac, vectorNowMs))
        .catch((error: { code: string }) => ({ status: 'failed', problem: error.code }));
      const unsigned = at >= from + 10 && at < from + 20;
      if (!unsigned) expect(verdict, `octet ${at}`).toMatchObject({ status: 'failed' });
      if ('problem' in verdict) problems.add(verdict.problem);
    }
    expect([...problems].sort()).toEqual(['bad-key', 'bad-mac', 'missing-mac', 'protocol']);
  });

  it('refuses an answer to another request, with another key or another key name', async () => {
    const verdicts = [
      await verifyAnswer(received(answer), key, flip(requestMac, 3), vectorNowMs),
      await verifyAnswer(received(answer), await importTsigKey('lifeboat.', 'b3RoZXI='), requestMac, vectorNowMs),
      await verifyAnswer(
        received(answer),
        await importTsigKey('other.', vectorKey.secretBase64),
        requestMac,
        vectorNowMs,
      ),
    ];
    expect(verdicts.map((verdict) => 'problem' in verdict && verdict.problem)).toEqual([
      'bad-mac',
      'bad-mac',
      'bad-key',
    ]);
  });

  it('refuses an answer that was signed more than 300 s away, both ways, and says how far', async () => {
    expect(await verifyAnswer(received(answer), key, requestMac, vectorNowMs + 300_000)).toMatchObject({
      status: 'verified',
    });
    expect(await verifyAnswer(received(answer), key, requestMac, vectorNowMs + 400_000)).toMatchObject({
      problem: 'bad-time',
      text: expect.stringMatching(/400 s behind ours/),
    });
    expect(await verifyAnswer(received(answer), key, requestMac, vectorNowMs - 400_000)).toMatchObject({
      problem: 'bad-time',
      text: expect.stringMatching(/400 s ahead of ours/),
    });
  });

  it('refuses a truncated MAC', async () => {
    // MAC size 16 instead of 32: the record and its data get shorter by 16 octets.
    const offset = received(answer).message.tsigOffset ?? 0;
    const macAt = offset + 10 + 10 + 13 + 10;
    const short = [...answer.subarray(0, macAt + 16), ...answer.subarray(macAt + 32)];
    short[macAt - 1] = 16;
    short[offset + 19] = (short[offset + 19] ?? 0) - 16;
    expect(await verifyAnswer(received(Uint8Array.from(short)), key, requestMac, vectorNowMs)).toMatchObject({
      problem: 'bad-mac',
    });
  });

  it('refuses an unsigned answer', async () => {
    expect(await verifyAnswer(received(vector('streamUnsigned')), key, requestMac, vectorNowMs)).toMatchObject({
      problem: 'missing-mac',
    });
  });

  it('tells BADTIME with the server clock', async () => {
    expect(await verifyAnswer(received(vector('badTime')), key, requestMac, vectorNowMs)).toMatchObject({
      problem: 'bad-time',
      text: expect.stringMatching(/BADTIME.*1000 s ahead of ours/),
    });
  });

  it('throws `credential` through requireVerified', async () => {
    const verdict = await verifyAnswer(received(vector('streamUnsigned')), key, requestMac, vectorNowMs);
    expect(() => requireVerified(verdict, 'the answer')).toThrow(expect.objectContaining({ code: 'credential' }));
  });
});

describe('createTsigStream', () => {
  const statuses = async (...messages: readonly Uint8Array[]) => {
    const stream = createTsigStream(key, requestMac);
    const verdicts: string[] = [];
    for (const message of messages) {
      const verdict = await stream.verify(received(message), vectorNowMs);
      verdicts.push('problem' in verdict ? verdict.problem : verdict.status);
    }
    return verdicts;
  };
  const [first, unsigned, last] = [vector('streamFirst'), vector('streamUnsigned'), vector('streamLast')];

  it('verifies signed, unsigned, signed', async () => {
    expect(await statuses(first, unsigned, last)).toEqual(['verified', 'unsigned', 'verified']);
  });

  it('notices a message that was changed, dropped, doubled or moved', async () => {
    expect(await statuses(first, flip(unsigned, 50), last)).toEqual(['verified', 'unsigned', 'bad-mac']);
    expect(await statuses(first, last)).toEqual(['verified', 'bad-mac']);
    expect(await statuses(first, unsigned, unsigned, last)).toEqual(['verified', 'unsigned', 'unsigned', 'bad-mac']);
    expect(await statuses(unsigned, first, last)).toEqual(['missing-mac', 'verified', 'bad-mac']);
    expect(await statuses(last)).toEqual(['bad-mac']);
  });

  it('takes at most 99 unsigned messages in a row', async () => {
    const verdicts = await statuses(first, ...Array.from({ length: 100 }, () => unsigned));
    expect(verdicts.filter((verdict) => verdict === 'unsigned')).toHaveLength(99);
    expect(verdicts.at(-1)).toBe('missing-mac');
  });
});

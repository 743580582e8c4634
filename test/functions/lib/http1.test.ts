import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LifeboatError } from '../../../functions/lib/errors.ts';
import { type HttpRequest, request } from '../../../functions/lib/http1.ts';
import { type Connection, networkReasonOf } from '../../../functions/lib/network.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A connection that yields the answer in pieces of `step` octets and records what was written. */
function connectionOf(answer: string | Uint8Array, step = Number.POSITIVE_INFINITY) {
  const bytes = typeof answer === 'string' ? encoder.encode(answer) : answer;
  let at = 0;
  const seen = { sent: '', closed: 0 };
  const connection: Connection = {
    async read() {
      if (at >= bytes.length) return undefined;
      const chunk = bytes.slice(at, at + step);
      at += chunk.length;
      return chunk;
    },
    async write(chunk) {
      seen.sent += decoder.decode(chunk);
    },
    close() {
      seen.closed += 1;
    },
  };
  return { connection, seen };
}

const ask: HttpRequest = { method: 'GET', path: '/readyz?verbose', host: '10.0.0.1:6443' };
const get = async (answer: string, maxBodyBytes = 1_000, step?: number, wanted = ask) => {
  const { connection, seen } = connectionOf(answer, step);
  try {
    const response = await request(connection, wanted, { maxBodyBytes });
    return { ...response, text: decoder.decode(response.body), seen };
  } finally {
    expect(seen.closed).toBeGreaterThan(0);
  }
};

describe('request', () => {
  it('sends one request that asks for the end of the connection', async () => {
    const body = encoder.encode('{"a":1}');
    const { seen } = await get('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n', 10, undefined, {
      ...ask,
      method: 'POST',
      headers: { Authorization: 'Bearer x', 'Content-Type': 'application/json' },
      body,
    });
    expect(seen.sent).toBe(
      'POST /readyz?verbose HTTP/1.1\r\nHost: 10.0.0.1:6443\r\nConnection: close\r\nAccept-Encoding: identity\r\n' +
        'Content-Length: 7\r\nAuthorization: Bearer x\r\nContent-Type: application/json\r\n\r\n{"a":1}',
    );
  });

  it.each<[string, string, string]>([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 'ok'],
    [
      'a length twice, and more octets than it',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nokXX',
      'ok',
    ],
    [
      'chunks with an extension and a trailer',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\no\r\n0001 \r\nk\r\n0\r\nX: y\r\n\r\n',
      'ok',
    ],
    ['the end of the connection', 'HTTP/1.0 200 OK\r\n\r\nok', 'ok'],
    [
      'an interim answer before',
      'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200\r\ncontent-length:2\r\n\r\nok',
      'ok',
    ],
    ['a status without a body', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n', ''],
    ['bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', 'ok'],
  ])('reads a body that ends by %s, whole or octet by octet', async (_, answer, text) => {
    expect((await get(answer)).text).toBe(text);
    expect((await get(answer, 2, 1)).text).toBe(text);
  });

  it('gives header names in lower case and joins repeated ones', async () => {
    const { status, headers } = await get(
      'HTTP/1.1 429 Too Many\r\nRetry-After:  3 \r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 0\r\n\r\n',
    );
    expect(status).toBe(429);
    expect([...headers]).toEqual([
      ['retry-after', '3'],
      ['x-a', '1, 2'],
      ['content-length', '0'],
    ]);
  });

  it.each<[string, string]>([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a header without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n'],
    ['a folded header', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nA : b\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok'],
    ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['an unknown transfer encoding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['a wrong chunk size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nok\r\n0\r\n\r\n'],
    ['a chunk without its end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nokk\r\n0\r\n\r\n'],
    ['an endless header', `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(40_000)}`],
    ['too many bytes of headers', `HTTP/1.1 200 OK\r\n${`A: ${'x'.repeat(500)}\r\n`.repeat(80)}\r\n`],
    ['too many headers', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(201)}\r\n`],
    ['interim answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(9)],
  ])('refuses %s with `protocol`', async (_, answer) => {
    await expect(get(answer)).rejects.toMatchObject({ name: 'LifeboatError', code: 'protocol' });
    await expect(get(answer, 1_000, 3)).rejects.toMatchObject({ name: 'LifeboatError', code: 'protocol' });
  });

  it.each<[string, string]>([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n'],
    ['chunks', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(1_001)}0\r\n\r\n`],
    ['one chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n'],
    ['the end of the connection', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(1_001)}`],
  ])('refuses a body that is too long by %s with `limit`', async (_, answer) => {
    await expect(get(answer)).rejects.toMatchObject({ code: 'limit', message: expect.stringContaining('1000 bytes') });
  });

  it('tells every early end as a closed connection', async () => {
    for (const answer of [
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ]) {
      for (let length = 0; length < answer.length; length++) {
        const error: unknown = await get(answer.slice(0, length)).catch((e) => e);
        expect(error, answer.slice(0, length)).toMatchObject({ name: 'LifeboatError', code: 'network' });
        expect(networkReasonOf(error)).toBe('closed');
      }
    }
  });

  it('throws nothing but its own errors on random answers', async () => {
    const tokens = fc.constantFrom(
      'HTTP/1.1 ',
      '200',
      ' OK',
      '\r\n',
      '\r\n\r\n',
      'content-length',
      'transfer-encoding',
      ': ',
      'chunked',
      '5',
      '0',
      'é',
      '\0',
      ',',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(tokens, { maxLength: 20 }), fc.boolean(), async (parts, start) => {
        const answer = `${start ? 'HTTP/1.1 200 OK\r\n' : ''}${parts.join('')}`;
        const outcome: unknown = await get(answer).catch((error) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(LifeboatError);
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, HttpRequest]>([
    ['a path with a line break', { ...ask, path: '/a\r\nX: y' }],
    ['a header with a line break', { ...ask, headers: { A: 'b\r\nC: d' } }],
    ['a host with a line break', { ...ask, host: 'a\r\nX: y' }],
    ['a header name that is none', { ...ask, headers: { 'A B': 'c' } }],
  ])('refuses to send %s, and sends nothing', async (_, wanted) => {
    const { connection, seen } = connectionOf('');
    await expect(request(connection, wanted, { maxBodyBytes: 1 })).rejects.toMatchObject({ code: 'usage' });
    expect(seen.sent).toBe('');
  });

  it('closes the connection and says `timeout` when the signal aborts', async () => {
    const controller = new AbortController();
    let end = () => {};
    const connection: Connection = {
      read: () =>
        new Promise((resolve) => {
          end = () => resolve(undefined);
        }),
      write: async () => {},
      close: () => end(),
    };
    const work = request(connection, ask, { maxBodyBytes: 1, signal: controller.signal });
    setTimeout(() => controller.abort(), 5);
    await expect(work).rejects.toMatchObject({ code: 'timeout' });
  });
});

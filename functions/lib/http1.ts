// A minimal HTTP/1.1 client over one connection: one request, one answer, then the connection ends. RFC 9112.
// Probes use it because a platform's fetch may pool, cache, follow redirects or decompress; it does none of that.

import { concatBytes } from './bytes.ts';
import { cut } from './clip.ts';
import { codeOf, LifeboatError } from './errors.ts';
import { type Connection, networkError } from './network.ts';

const maxHeaderBytes = 32 * 1024;
const maxHeaderLines = 200;
const maxChunkLineBytes = 1024;
const maxInterimAnswers = 4;

export interface HttpRequest {
  readonly method: string;
  /** Path and query: `/readyz?verbose`. */
  readonly path: string;
  /** The Host header: `10.0.0.1:6443`. */
  readonly host: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; several headers of one name are joined with `, `. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

export interface HttpOptions {
  /** A longer body is an error `limit`. */
  readonly maxBodyBytes: number;
  /** Closes the connection when it aborts; the connection's own signal ends it with `timeout` already. */
  readonly signal?: AbortSignal;
}

/**
 * Sends one request and reads its answer; the connection is closed afterwards in any case.
 * Errors: `protocol` for what is not HTTP/1.1, `limit` for a too long body, `network` (closed) for an early end, `usage` for a request that
 * would not be one; and what the connection throws. No message holds a header's or the body's value.
 */
export async function request(connection: Connection, ask: HttpRequest, options: HttpOptions): Promise<HttpResponse> {
  const close = () => connection.close();
  options.signal?.addEventListener('abort', close, { once: true });
  try {
    const head = new TextEncoder().encode(formatHead(ask));
    await connection.write(concatBytes([head, ask.body ?? new Uint8Array()]));
    const source = createSource(connection);
    for (let interim = 0; interim <= maxInterimAnswers; interim++) {
      const { status, headers } = await readHead(source);
      if (status >= 200) return { status, headers, body: await readBody(source, ask.method, status, headers, options) };
    }
    throw malformed(`more than ${maxInterimAnswers} interim answers`);
  } catch (error) {
    // The abort closed the connection: what was then read or not read is only its consequence.
    if (options.signal?.aborted === true && codeOf(error) !== 'usage') {
      throw new LifeboatError('timeout', `${ask.method} ${ask.path}: the deadline passed`, { cause: error });
    }
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', close);
    close();
  }
}

function formatHead(ask: HttpRequest): string {
  const headers: Record<string, string> = {
    Host: ask.host,
    Connection: 'close',
    'Accept-Encoding': 'identity',
    ...(ask.body === undefined ? {} : { 'Content-Length': String(ask.body.length) }),
    ...ask.headers,
  };
  const wellFormed =
    /^[A-Z]+$/.test(ask.method) &&
    /^\/[\x21-\x7e]*$/.test(ask.path) &&
    Object.entries(headers).every(([name, value]) => tokenPattern.test(name) && /^[\x20-\x7e\t]*$/.test(value));
  if (!wellFormed) throw new LifeboatError('usage', `${ask.method} ${cut(ask.path, 80)} is no HTTP request`);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${ask.method} ${ask.path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

const tokenPattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

async function readHead(source: Source): Promise<{ status: number; headers: Map<string, string> }> {
  let left = maxHeaderBytes;
  const nextLine = async () => {
    const line = await source.line(left);
    left -= line.length + 1;
    return line;
  };
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(await nextLine())?.[1];
  if (status === undefined || status < '100') throw malformed('no status line');
  const headers = new Map<string, string>();
  for (let count = 0; ; count++) {
    const line = await nextLine();
    if (line === '') return { status: Number(status), headers };
    if (count === maxHeaderLines) throw malformed(`more than ${maxHeaderLines} header lines`);
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    // Section 5.1: no space before the colon; section 5.2: folded lines are not taken.
    if (colon < 1 || !tokenPattern.test(name)) throw malformed('a line among the headers is none');
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
}

/** RFC 9112 section 6.3: which of the ways the body ends. */
async function readBody(
  source: Source,
  method: string,
  status: number,
  headers: ReadonlyMap<string, string>,
  { maxBodyBytes }: HttpOptions,
): Promise<Uint8Array> {
  if (method === 'HEAD' || status === 204 || status === 304) return new Uint8Array();
  const encoding = headers.get('transfer-encoding');
  const lengthText = headers.get('content-length');
  if (encoding !== undefined) {
    if (lengthText !== undefined) throw malformed('Content-Length and Transfer-Encoding together');
    if (encoding.toLowerCase() !== 'chunked') throw malformed('an unknown Transfer-Encoding');
    return readChunks(source, maxBodyBytes);
  }
  if (lengthText === undefined) return source.rest(maxBodyBytes);
  // Several equal lengths are one length; anything else is a way to smuggle.
  const lengths = new Set(lengthText.split(',').map((text) => text.trim()));
  const [only = ''] = lengths;
  if (lengths.size !== 1 || !/^\d{1,15}$/.test(only)) throw malformed('a wrong Content-Length');
  if (Number(only) > maxBodyBytes) throw tooLong(maxBodyBytes);
  return source.exactly(Number(only));
}

/** RFC 9112 section 7.1. */
async function readChunks(source: Source, maxBodyBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let total = 0; ; ) {
    const size = /^([0-9a-f]{1,8})[ \t]*(?:;|$)/i.exec(await source.line(maxChunkLineBytes))?.[1];
    if (size === undefined) throw malformed('a wrong chunk size');
    const length = Number.parseInt(size, 16);
    total += length;
    if (total > maxBodyBytes) throw tooLong(maxBodyBytes);
    if (length === 0) break;
    chunks.push(await source.exactly(length));
    if ((await source.line(2)) !== '') throw malformed('a chunk without its end');
  }
  for (let left = maxHeaderBytes; ; ) {
    const trailer = await source.line(left);
    if (trailer === '') return concatBytes(chunks);
    left -= trailer.length + 1;
  }
}

/** The connection's bytes as lines, fixed lengths, or all the rest. */
interface Source {
  /** The next line without its CR LF; longer than `max` is an error `protocol`. */
  line(max: number): Promise<string>;
  exactly(length: number): Promise<Uint8Array>;
  /** Until the peer ends; longer than `max` is an error `limit`. */
  rest(max: number): Promise<Uint8Array>;
}

function createSource(connection: Connection): Source {
  let held: Uint8Array = new Uint8Array();
  const more = async () => {
    const chunk = await connection.read();
    if (chunk === undefined)
      throw networkError('closed', 'the peer closed the connection before the end of its HTTP answer');
    return chunk;
  };
  return {
    async line(max) {
      for (let searched = 0; ; ) {
        const end = held.indexOf(0x0a, searched);
        if ((end < 0 ? held.length : end) > Math.max(max, 0))
          throw malformed(`a line, or all headers, longer than the limit`);
        if (end >= 0) {
          const line = String.fromCharCode(...held.subarray(0, held[end - 1] === 0x0d ? end - 1 : end));
          held = held.subarray(end + 1);
          return line;
        }
        searched = held.length;
        held = concatBytes([held, await more()]);
      }
    },
    async exactly(length) {
      const parts = [held];
      let have = held.length;
      while (have < length) {
        const chunk = await more();
        parts.push(chunk);
        have += chunk.length;
      }
      const whole = concatBytes(parts);
      held = whole.subarray(length);
      return whole.subarray(0, length);
    },
    async rest(max) {
      const parts = [held];
      for (let have = held.length; ; ) {
        if (have > max) throw tooLong(max);
        const chunk = await connection.read();
        if (chunk === undefined) return concatBytes(parts);
        parts.push(chunk);
        have += chunk.length;
      }
    },
  };
}

function malformed(what: string): LifeboatError {
  return new LifeboatError('protocol', `the answer is not HTTP/1.1: ${what}`);
}

function tooLong(max: number): LifeboatError {
  return new LifeboatError('limit', `the body of the HTTP answer is longer than ${max} bytes`);
}

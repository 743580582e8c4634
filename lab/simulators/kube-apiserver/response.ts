// Answers on the wire: a small JSON body in one piece, a long one in pieces that wait for a slow client. It decides on no content.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, gzipSync } from 'node:zlib';
import type { ApiError } from './status.ts';

const json = 'application/json';

/** As the real server, and with its threshold: k8s.io/apiserver pkg/endpoints/handlers/responsewriters/writers.go. */
const pieceCharacters = 128 * 1024;

export function sendJson(response: ServerResponse, status: number, body: object): void {
  sendText(response, status, `${JSON.stringify(body)}\n`, json);
}

export function sendText(response: ServerResponse, status: number, text: string, contentType: string): void {
  const bytes = Buffer.from(text);
  response.writeHead(status, { 'content-type': contentType, 'content-length': bytes.length });
  response.end(bytes);
}

export function sendError(response: ServerResponse, error: ApiError): void {
  const retryAfter = error.details?.retryAfterSeconds;
  if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
  sendJson(response, error.code, error.status);
}

/** Writes; a promise when the client takes no more for now, which resolves when it does or is gone. */
export function writeOrWait(response: ServerResponse, bytes: Buffer | string): Promise<unknown> | undefined {
  if (response.write(bytes) || response.destroyed) return undefined;
  const over = new AbortController();
  const { signal } = over;
  return Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]).finally(() =>
    over.abort(),
  );
}

export interface LongBody {
  /** A promise when the client takes no more for now. */
  write(text: string): Promise<unknown> | undefined;
  end(): Promise<void>;
}

/**
 * A 200 whose length is not known yet. Beyond the threshold it is sent in pieces, each a gzip member of its own (RFC 1952 section 2.2) when the
 * client takes gzip: compression belongs to the work of a list, and streams of zlib would do it on other cores.
 */
export function startLongBody(request: IncomingMessage, response: ServerResponse): LongBody {
  const isGzip = /\bgzip\b/i.test(String(request.headers['accept-encoding'] ?? ''));
  const pieces: string[] = [];
  let characters = 0;

  function flush(): Promise<unknown> | undefined {
    if (!response.headersSent) {
      response.writeHead(200, {
        'content-type': json,
        ...(isGzip ? { 'content-encoding': 'gzip', vary: 'Accept-Encoding' } : {}),
      });
    }
    const text = pieces.splice(0).join('');
    characters = 0;
    if (text === '') return undefined;
    return writeOrWait(response, isGzip ? gzipSync(text, { level: constants.Z_BEST_SPEED }) : text);
  }

  return {
    write(text) {
      pieces.push(text);
      characters += text.length;
      return characters < pieceCharacters ? undefined : flush();
    },
    async end() {
      if (!response.headersSent) return sendText(response, 200, pieces.join(''), json);
      await flush();
      response.end();
    },
  };
}

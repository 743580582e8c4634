// Passes HTTP requests on to another place on loopback, and keeps them, so that a test can send them again as they were.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RelayedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpRelay {
  readonly url: string;
  /** Oldest first; at most 1,000, then the oldest go. */
  readonly requests: readonly RelayedRequest[];
  /** False: connections are accepted and cut, as on a broken path. */
  pass(pass: boolean): void;
  close(): Promise<void>;
}

const maxKept = 1_000;
/** Of the connection, not of the request. */
const hopByHop = new Set(['host', 'connection', 'keep-alive', 'transfer-encoding', 'content-length']);

export async function startHttpRelay(target: string): Promise<HttpRelay> {
  const requests: RelayedRequest[] = [];
  let passes = true;
  const server = createServer((request, response) => {
    if (!passes) return void request.socket.destroy();
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const headers = Object.fromEntries(
        Object.entries(request.headers).flatMap(([name, value]) =>
          typeof value === 'string' && !hopByHop.has(name) ? [[name, value]] : [],
        ),
      );
      const { method = 'GET', url: path = '/' } = request;
      const relayed = { method, path, headers, body: Buffer.concat(chunks).toString('utf8') };
      requests.push(relayed);
      requests.splice(0, requests.length - maxKept);
      const answer = await send(target, relayed);
      response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body);
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    pass(pass) {
      passes = pass;
      if (!pass) server.closeAllConnections();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Sends a request as it is; the status and the body of the answer. */
export async function send(
  target: string,
  { method, path, headers, body }: RelayedRequest,
): Promise<{ readonly status: number; readonly type: string; readonly body: string }> {
  const response = await fetch(`${target}${path}`, {
    method,
    headers: { ...headers },
    ...(method === 'GET' || method === 'HEAD' ? {} : { body }),
    redirect: 'manual',
    signal: AbortSignal.timeout(20_000),
  });
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? 'text/plain',
    body: await response.text(),
  };
}

// An API server for tests: HTTPS on a free loopback port with certificates of an authority of its own. What each path answers is a value,
// and it can misbehave below HTTP as well. For tests only.

import type { ServerResponse } from 'node:http';
import { createServer as createHttpsServer, type Server } from 'node:https';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { type Authority, type Certificate, createAuthority } from '../../lab/processes/certificates.ts';

export type FakeApiReply =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly delayMs?: number;
    }
  /** Reads the request and says nothing. */
  | 'hang'
  /** Ends the connection after the request. */
  | 'cut'
  /** Answers something that is not HTTP. */
  | 'garbage';

export interface FakeApiRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  /** Common name of the client certificate, when one was shown and verified. */
  readonly clientName: string | undefined;
}

/** What happens to a new connection: TLS, silence, an end, or a plain-text answer. */
export type FakeConnectionMode = 'tls' | 'stall' | 'close' | 'plain';

export interface FakeApiServer {
  /** `https://127.0.0.1:<port>`. */
  readonly url: string;
  readonly port: number;
  readonly authority: Authority;
  readonly requests: readonly FakeApiRequest[];
  /** Connections accepted so far. */
  connections(): number;
  /** Another answer for a path (without query) from now on. */
  answer(path: string, reply: FakeApiReply): void;
  accept(mode: FakeConnectionMode): void;
  close(): Promise<void>;
}

export interface FakeApiOptions {
  /** Default: 127.0.0.1 for a year. */
  readonly validMs?: number;
  readonly addresses?: readonly string[];
  readonly authority?: Authority;
}

const flowHeaders = {
  'X-Kubernetes-PF-FlowSchema-UID': '11111111-aaaa-4bbb-8ccc-000000000001',
  'X-Kubernetes-PF-PriorityLevel-UID': '22222222-aaaa-4bbb-8ccc-000000000002',
};
/** What a healthy API server answers; any other path is 404. */
export const healthyReplies: Readonly<Record<string, FakeApiReply>> = {
  '/livez': { status: 200, body: 'ok' },
  '/readyz': { status: 200, body: '[+]ping ok\n[+]etcd ok\nreadyz check passed\n' },
  '/api/v1/namespaces/default': { status: 200, headers: flowHeaders, body: '{"kind":"Namespace"}' },
  '/api/v1/namespaces/lifeboat/configmaps/lifeboat-probe': {
    status: 200,
    headers: flowHeaders,
    body: '{"kind":"ConfigMap"}',
  },
};

const yearMs = 365 * 86_400_000;

/** Starts it on 127.0.0.1; the caller closes it. */
export async function startApiServer(options: FakeApiOptions = {}): Promise<FakeApiServer> {
  const authority = options.authority ?? (await createAuthority('fake cluster'));
  const serving = await authority.issueServer(
    ['kubernetes'],
    options.addresses ?? ['127.0.0.1'],
    options.validMs ?? yearMs,
  );
  const replies = new Map(Object.entries(healthyReplies));
  const requests: FakeApiRequest[] = [];
  const sockets = new Set<Socket>();
  let mode: FakeConnectionMode = 'tls';
  let accepted = 0;
  const https = startHttps(serving, authority, requests, replies);
  const tcp = createTcpServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    if (mode === 'tls') https.emit('connection', socket);
    else if (mode === 'close') socket.destroy();
    else if (mode === 'plain') socket.end('HTTP/1.0 400 Bad Request\r\n\r\n');
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const address = tcp.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    authority,
    requests,
    connections: () => accepted,
    answer: (path, reply) => {
      replies.set(path, reply);
    },
    accept: (next) => {
      mode = next;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => tcp.close(resolve));
    },
  };
}

function startHttps(
  serving: Certificate,
  authority: Authority,
  requests: FakeApiRequest[],
  replies: ReadonlyMap<string, FakeApiReply>,
): Server {
  // As kube-apiserver: a client certificate is asked for and not demanded.
  const tls = {
    cert: serving.certificate,
    key: serving.key,
    ca: authority.certificate,
    requestCert: true,
    rejectUnauthorized: false,
  };
  const server = createHttpsServer(tls, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers, socket } = request;
      const peer = 'authorized' in socket && socket.authorized === true && 'getPeerCertificate' in socket;
      const clientName = peer
        ? (socket as unknown as { getPeerCertificate(): { subject: { CN: string } } }).getPeerCertificate().subject.CN
        : undefined;
      requests.push({ method, path: url, headers, body: Buffer.concat(chunks).toString('utf8'), clientName });
      const path = url.split('?')[0] ?? '';
      respond(response, replies.get(path) ?? { status: 404, body: '{"kind":"Status","code":404}' });
    });
  });
  server.on('tlsClientError', (_, socket) => socket.destroy());
  return server;
}

function respond(response: ServerResponse, reply: FakeApiReply): void {
  const { socket } = response;
  if (reply === 'hang') return;
  if (reply === 'cut') socket?.destroy();
  else if (reply === 'garbage') socket?.end('SSH-2.0-nothing\r\n');
  else {
    setTimeout(() => {
      response.writeHead(reply.status, reply.headers).end(reply.body ?? '');
    }, reply.delayMs ?? 0);
  }
}

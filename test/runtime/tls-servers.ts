// The TLS servers that the workerd tests talk to: good ones, and one for each thing that can be wrong. Started in Node by servers.ts.
import { connect, type Socket } from 'node:net';
import { TLSSocket, type TlsOptions } from 'node:tls';
import { type Certificate, createAuthority } from '../../lab/processes/certificates.ts';
import { startApiServer } from '../fakes/api-server.ts';
import { type ByteServer, startByteServer } from '../fakes/byte-server.ts';
import { type FakeAnswer, startDnsServer } from '../fakes/dns-server.ts';

/** Ports on 127.0.0.1. Each TLS server takes lines: `big` is answered with `bigOctets`, `who` with the name of the client, else an echo. */
export interface ProvidedTls {
  readonly bigOctets: number;
  readonly ca: string;
  readonly strangeCa: string;
  readonly client: Certificate;
  readonly strangeClient: Certificate;
  readonly ports: Readonly<Record<ServerName, number>>;
}

export type ServerName =
  | 'good'
  | 'old' // TLS 1.2 only
  | 'mutual' // demands a client certificate
  | 'mutualOld'
  | 'otherName'
  | 'expired'
  | 'plain' // answers in plain text
  | 'silent'
  | 'cutting' // ends in the middle of a record
  | 'hasty' // ends before the handshake
  | 'dns' // DNS over TLS, demands a client certificate
  | 'api';

const bigOctets = 5_000_000;

declare module 'vitest' {
  interface ProvidedContext {
    readonly tls: ProvidedTls;
  }
}

export async function startTlsServers(
  zone: FakeAnswer,
): Promise<{ readonly provided: ProvidedTls; close(): Promise<void> }> {
  const authority = await createAuthority('Test Root');
  const strange = await createAuthority('Strange Root');
  const good = tlsOf(await authority.issueServer(['dns.test'], ['127.0.0.1']));
  const mutual = { ...good, ca: authority.certificate, requestCert: true };
  const old = { maxVersion: 'TLSv1.2' } as const;
  const dns = await startDnsServer(zone, { tls: mutual });
  const api = await startApiServer({ authority });
  const servers: Readonly<Record<Exclude<ServerName, 'dns' | 'api'>, ByteServer>> = {
    good: await startByteServer(serveLines, good),
    old: await startByteServer(serveLines, { ...good, ...old }),
    mutual: await startByteServer(serveLines, mutual),
    mutualOld: await startByteServer(serveLines, { ...mutual, ...old }),
    otherName: await startByteServer(serveLines, tlsOf(await authority.issueServer(['other.test'], ['192.0.2.1']))),
    expired: await startByteServer(serveLines, tlsOf(await authority.issueServer([], ['127.0.0.1'], -60_000))),
    plain: await startByteServer((socket) => socket.end('HTTP/1.0 400 Bad Request\r\n\r\n')),
    silent: await startByteServer((socket) => socket.resume()),
    cutting: await startCutting(good),
    hasty: await startByteServer((socket) => socket.once('data', () => socket.destroy())),
  };
  const ports = Object.fromEntries(Object.entries(servers).map(([name, { endpoint }]) => [name, endpoint.port]));
  return {
    provided: {
      bigOctets,
      ca: authority.certificate,
      strangeCa: strange.certificate,
      client: await authority.issueClient('watchdog', []),
      strangeClient: await strange.issueClient('stranger', []),
      ports: { ...ports, dns: dns.endpoint.port, api: api.port } as ProvidedTls['ports'],
    },
    async close() {
      await Promise.all([...Object.values(servers), dns, api].map((server) => server.close()));
    },
  };
}

function tlsOf({ certificate, key }: Certificate): TlsOptions {
  return { cert: certificate, key };
}

function serveLines(socket: Socket): void {
  socket.on('data', async (bytes: Buffer) => {
    const line = bytes.toString('latin1');
    if (line === 'who\n') {
      socket.write(socket instanceof TLSSocket ? nameOf(socket) : 'nobody');
    } else if (line === 'big\n') {
      await sendBig(socket);
    } else {
      socket.write(bytes);
    }
  });
}

function nameOf(socket: TLSSocket): string {
  const { subject } = socket.getPeerCertificate();
  return subject === undefined ? 'nobody' : String(subject.CN);
}

/** As fast as the peer takes it. */
async function sendBig(socket: Socket): Promise<void> {
  const chunk = Buffer.alloc(50_000, 7);
  for (let at = 0; at < bigOctets && !socket.destroyed; at += chunk.length) {
    await new Promise((resolve) => socket.write(chunk, resolve));
  }
  socket.end();
}

/** Lets 30 kB of a TLS stream through, then cuts the TCP connection below it. */
async function startCutting(options: TlsOptions): Promise<ByteServer> {
  const behind = await startByteServer((socket) => socket.write(Buffer.alloc(200_000, 1)), options);
  const front = await startByteServer((socket) => {
    const upstream = connect(behind.endpoint.port, '127.0.0.1');
    let passed = 0;
    socket.pipe(upstream);
    upstream.on('error', () => socket.destroy());
    upstream.on('data', (bytes: Buffer) => {
      const rest = bytes.subarray(0, 30_000 - passed);
      passed += rest.length;
      socket.write(rest);
      if (passed >= 30_000) {
        socket.end();
        upstream.destroy();
      }
    });
  });
  return {
    ...front,
    async close() {
      await front.close();
      await behind.close();
    },
  };
}

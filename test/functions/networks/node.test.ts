import type { Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type TlsOptions as ClientTlsOptions,
  type Connection,
  networkReasonOf,
} from '../../../functions/lib/network.ts';
import { createNodeNetwork } from '../../../functions/networks/node.ts';
import { createAuthority } from '../../../lab/processes/certificates.ts';
import { type ByteServer, startByteServer } from '../../fakes/byte-server.ts';
import { startDnsServer } from '../../fakes/dns-server.ts';

const network = createNodeNetwork();
const signal = AbortSignal.timeout(5_000);
const text = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : new TextDecoder().decode(bytes));
const bytes = (from: string) => new TextEncoder().encode(from);
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));
const echo = (socket: Socket) => socket.on('data', (chunk) => socket.write(chunk));

let server: ByteServer | undefined;
afterEach(() => server?.close());

const failing = async (work: Promise<unknown>) => {
  const error: unknown = await work.then(
    () => undefined,
    (e) => e,
  );
  return { error, reason: networkReasonOf(error) };
};

describe('connect', () => {
  it('carries bytes both ways until the peer ends', async () => {
    server = await startByteServer((socket) => socket.on('data', (chunk) => socket.end(chunk)));
    const connection = await network.connect(server.endpoint, signal);
    await connection.write(bytes('hello'));
    expect(text(await connection.read())).toBe('hello');
    expect(await connection.read()).toBeUndefined();
    expect(await connection.read()).toBeUndefined();
  });

  it('closes at once, twice if asked', async () => {
    server = await startByteServer(echo);
    const connection = await network.connect(server.endpoint, signal);
    connection.close();
    connection.close();
    await settled();
    expect(server.openConnections()).toBe(0);
  });

  it('tells refused, unknown host, reset and abort apart', async () => {
    server = await startByteServer((socket) => socket.on('data', () => socket.resetAndDestroy()));
    const { endpoint } = server;
    const connection = await network.connect(endpoint, signal);
    await connection.write(bytes('x'));
    const reset = await failing(connection.read());
    expect(reset).toMatchObject({ reason: 'closed', error: { code: 'network' } });
    await server.close();
    expect(await failing(network.connect(endpoint, signal))).toMatchObject({
      reason: 'refused',
      error: { code: 'network', message: expect.stringMatching(/127\.0\.0\.1:\d+: connection refused/) },
    });
    expect(await failing(network.connect({ host: 'no-such-host.invalid', port: 1 }, signal))).toMatchObject({
      reason: 'unreachable',
      error: { code: 'network' },
    });
    const gone = await failing(network.connect(endpoint, AbortSignal.abort()));
    expect(gone.error).toMatchObject({ name: 'LifeboatError', code: 'timeout' });
  });

  it('ends a waiting read and the connection when the signal aborts', async () => {
    server = await startByteServer(() => {});
    const controller = new AbortController();
    const connection = await network.connect(server.endpoint, controller.signal);
    const read = failing(connection.read());
    controller.abort();
    expect((await read).error).toMatchObject({ name: 'LifeboatError', code: 'timeout' });
    expect((await failing(connection.write(bytes('x')))).error).toMatchObject({ code: 'timeout' });
    await settled();
    expect(server.openConnections()).toBe(0);
  });

  it('holds a fast sender back', async () => {
    let sent = 0;
    server = await startByteServer((socket) => {
      const push = () => {
        while (sent < 200_000_000) {
          sent += 1_000_000;
          if (!socket.write(new Uint8Array(1_000_000))) return;
        }
      };
      socket.on('drain', push);
      push();
    });
    const connection = await network.connect(server.endpoint, signal);
    expect((await connection.read())?.length).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    // Kernel buffers take some megabytes; the rest waits at the sender.
    expect(sent).toBeLessThan(40_000_000);
    connection.close();
  });
});

describe('startTls', async () => {
  const authority = await createAuthority('Test Root');
  const other = await createAuthority('Other Root');
  const good = await authority.issueServer(['api.example'], ['127.0.0.1']);
  const listen = async (tls: TlsOptions) => {
    server = await startByteServer(echo, tls);
    return network.connect(server.endpoint, signal);
  };
  const identity = { cert: good.certificate, key: good.key };
  const goodOptions = { serverName: 'api.example', ca: authority.certificate };

  it.each(['api.example', '127.0.0.1'])('verifies %s and shows the peer', async (serverName) => {
    const secure = await network.startTls(await listen(identity), { ...goodOptions, serverName }, signal);
    expect(secure.tls).toMatchObject({ protocol: 'TLSv1.3', subject: 'CN=api.example', issuer: 'CN=Test Root' });
    expect(secure.tls?.notAfter).toBeGreaterThan(Date.now() + 80_000_000);
    expect(secure.tls?.notAfter).toBeLessThan(Date.now() + 90_000_000);
    await secure.write(bytes('hello'));
    expect(text(await secure.read())).toBe('hello');
    secure.close();
    await settled();
    expect(server?.openConnections()).toBe(0);
  });

  const refusing = async (tls: TlsOptions, options: Partial<ClientTlsOptions>) => {
    const { error } = await failing(network.startTls(await listen(tls), { ...goodOptions, ...options }, signal));
    await settled();
    expect(server?.openConnections()).toBe(0);
    return error;
  };

  it('refuses another authority, name, address, an ended certificate and an old protocol', async () => {
    const expired = await authority.issueServer(['api.example'], [], -60_000);
    const old = { cert: expired.certificate, key: expired.key };
    const cases = [
      await refusing(identity, { ca: other.certificate }),
      await refusing(identity, { serverName: 'evil.example' }),
      await refusing(identity, { serverName: '127.0.0.2' }),
      await refusing(old, {}),
      await refusing({ ...identity, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }, {}),
    ];
    for (const error of cases) expect(error).toMatchObject({ name: 'LifeboatError', code: 'tls' });
    expect(cases.map((error) => (error as Error).message)).toEqual([
      expect.stringMatching(/unable to get local issuer certificate|unable to verify/),
      expect.stringMatching(/evil\.example/),
      expect.stringMatching(/127\.0\.0\.2/),
      expect.stringMatching(/expired/),
      expect.stringMatching(/protocol version|unsupported protocol/),
    ]);
  });

  it('does not trust the platform when it has an authority of its own, and trusts only the platform when it has none', async () => {
    const { error } = await failing(network.startTls(await listen(identity), { serverName: 'api.example' }, signal));
    expect(error).toMatchObject({ code: 'tls' });
  });

  it('says `credential` for a certificate or key that cannot be read', async () => {
    for (const bad of [
      { certificate: 'PEM', key: good.key },
      { certificate: good.certificate, key: 'PEM' },
    ]) {
      expect(await refusing(identity, bad)).toMatchObject({
        code: 'credential',
        message: expect.stringMatching(/the CA, client certificate or key given cannot be used/),
      });
    }
  });

  it('shows a client certificate', async () => {
    const client = await authority.issueClient('lifeboat', []);
    let seen: unknown;
    server = await startByteServer(
      (socket) => {
        seen =
          'getPeerCertificate' in socket &&
          (socket as unknown as import('node:tls').TLSSocket).getPeerCertificate().subject.CN;
        socket.end('x');
      },
      { ...identity, ca: authority.certificate, requestCert: true, rejectUnauthorized: true },
    );
    const plain = await network.connect(server.endpoint, signal);
    const secure = await network.startTls(
      plain,
      { ...goodOptions, ...{ certificate: client.certificate, key: client.key } },
      signal,
    );
    expect(text(await secure.read())).toBe('x');
    expect(seen).toBe('lifeboat');
  });

  it('says `tls` when the server wants a client certificate that is not there', async () => {
    const tls = { ...identity, ca: authority.certificate, requestCert: true, rejectUnauthorized: true };
    const work = listen(tls).then((plain) => network.startTls(plain, goodOptions, signal));
    // With TLS 1.3 the server's refusal comes after our side of the handshake, with the first read.
    const { error } = await failing(work.then((secure: Connection) => secure.read()));
    expect(error).toMatchObject({ name: 'LifeboatError', code: expect.stringMatching(/^(tls|network)$/) });
  });

  it('gives a peer that does not speak TLS, is silent or closes its own words', async () => {
    server = await startByteServer((socket) =>
      socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    const garbage = network.startTls(await network.connect(server.endpoint, signal), goodOptions, signal);
    expect((await failing(garbage)).error).toMatchObject({ code: 'tls' });
    await server.close();

    server = await startByteServer((socket) => socket.on('data', () => socket.end()));
    const closing = network.startTls(await network.connect(server.endpoint, signal), goodOptions, signal);
    expect(await failing(closing)).toMatchObject({ reason: 'closed', error: { code: 'network' } });
    await server.close();

    server = await startByteServer((socket) => socket.resume());
    const short = AbortSignal.timeout(40);
    const silent = network.startTls(await network.connect(server.endpoint, short), goodOptions, short);
    expect((await failing(silent)).error).toMatchObject({ code: 'timeout' });
    await settled();
    expect(server.openConnections()).toBe(0);
  });
});

describe('exchange', () => {
  const ask = (port: number, end: AbortSignal = signal, host = '127.0.0.1') => {
    if (network.exchange === undefined) throw new Error('no UDP');
    const query = Uint8Array.of(0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 97, 0, 0, 1, 0, 1);
    return network.exchange({ host, port }, query, (reply) => reply.length === 3, end);
  };

  it('drops what is not accepted and takes the first that is, by address and by name', async () => {
    const dns = await startDnsServer(() => ({
      messages: [Uint8Array.of(1), Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6)],
    }));
    expect(await ask(dns.endpoint.port)).toEqual(Uint8Array.of(1, 2, 3));
    expect(await ask(dns.endpoint.port, signal, 'localhost').catch((e) => networkReasonOf(e))).toSatisfy(
      // localhost may be ::1 here, where nobody listens.
      (value) => value === 'refused' || value instanceof Uint8Array,
    );
    await dns.close();
  });

  it('tells a closed port, silence and abort', async () => {
    const dns = await startDnsServer(() => ({}));
    expect((await failing(ask(dns.endpoint.port, AbortSignal.timeout(30)))).error).toMatchObject({ code: 'timeout' });
    expect((await failing(ask(dns.endpoint.port, AbortSignal.abort()))).error).toMatchObject({ code: 'timeout' });
    await dns.close();
    expect(await failing(ask(dns.endpoint.port))).toMatchObject({ reason: 'refused', error: { code: 'network' } });
    expect(await failing(ask(53, signal, 'no-such-host.invalid'))).toMatchObject({ reason: 'unreachable' });
  });
});

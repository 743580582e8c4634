import { afterEach, describe, expect, it } from 'vitest';
import { createLimiter } from '../../../functions/lib/limiter.ts';
import { limitNetwork } from '../../../functions/networks/limited.ts';
import { createNodeNetwork } from '../../../functions/networks/node.ts';
import { createAuthority } from '../../../lab/processes/certificates.ts';
import { type ByteServer, startByteServer } from '../../fakes/byte-server.ts';

let server: ByteServer | undefined;
afterEach(() => server?.close());

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('a limited network', () => {
  it('dials the next when one is closed, and no more than allowed', async () => {
    server = await startByteServer((socket) => socket.resume());
    const { endpoint, openConnections } = server;
    const network = limitNetwork(createNodeNetwork(), createLimiter(2));
    const signal = AbortSignal.timeout(5_000);
    const [first, second] = [await network.connect(endpoint, signal), await network.connect(endpoint, signal)];
    const third = network.connect(endpoint, signal);
    await settled();
    expect(openConnections()).toBe(2);
    first.close();
    first.close();
    const connection = await third;
    await settled();
    expect(openConnections()).toBe(2);
    second.close();
    connection.close();
  });

  it('gives the place back when the deadline passes, when nobody listens, and when TLS fails', async () => {
    server = await startByteServer((socket) => socket.resume());
    const { endpoint } = server;
    const network = limitNetwork(createNodeNetwork(), createLimiter(1));
    await network.connect(endpoint, AbortSignal.timeout(50));
    await expect(network.connect(endpoint, AbortSignal.timeout(10))).rejects.toMatchObject({ code: 'timeout' });
    await settled();
    await settled();
    await expect(network.connect({ host: '127.0.0.1', port: 1 }, AbortSignal.timeout(1_000))).rejects.toMatchObject({
      code: 'network',
    });
    const plain = await network.connect(endpoint, AbortSignal.timeout(1_000));
    const tls = network.startTls(plain, { serverName: '127.0.0.1' }, AbortSignal.timeout(100));
    await expect(tls).rejects.toMatchObject({ name: 'LifeboatError' });
    (await network.connect(endpoint, AbortSignal.timeout(1_000))).close();
  });

  it('holds one place for a connection that goes over to TLS', async () => {
    const authority = await createAuthority('Root');
    const identity = await authority.issueServer([], ['127.0.0.1']);
    server = await startByteServer((socket) => socket.end('hello'), {
      cert: identity.certificate,
      key: identity.key,
    });
    const network = limitNetwork(createNodeNetwork(), createLimiter(1));
    const signal = AbortSignal.timeout(5_000);
    for (let i = 0; i < 2; i++) {
      const plain = await network.connect(server.endpoint, signal);
      const tls = await network.startTls(plain, { serverName: '127.0.0.1', ca: authority.certificate }, signal);
      expect(tls.tls?.protocol).toMatch(/TLS/);
      tls.close();
    }
  });
});

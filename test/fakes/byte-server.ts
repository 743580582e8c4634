// A TCP or TLS server for tests that says what a test wants, octet by octet, and sees what it got. Loopback only.
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { Endpoint } from '../../functions/lib/network.ts';

export interface ByteServer {
  readonly endpoint: Endpoint;
  openConnections(): number;
  close(): Promise<void>;
}

/** Starts a server on a free port; `serve` is called for each connection (with TLS: after the handshake). */
export async function startByteServer(serve: (socket: Socket) => void, tls?: TlsOptions): Promise<ByteServer> {
  const sockets = new Set<Socket>();
  const accept = (socket: Socket) => {
    socket.on('error', () => socket.destroy());
    serve(socket);
  };
  const server = tls === undefined ? createServer(accept) : createTlsServer(tls, accept);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    openConnections: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

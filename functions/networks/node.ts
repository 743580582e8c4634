// The network port on Node: node:net, node:tls, node:dgram. Each call is a new socket; nothing is pooled, cached or repeated.
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls';
import { assert } from '../lib/assert.ts';
import { formatEndpoint } from '../lib/endpoint.ts';
import { LifeboatError, messageOf } from '../lib/errors.ts';
import {
  type Connection,
  type Endpoint,
  type Network,
  type NetworkReason,
  networkError,
  type TlsOptions,
  type TlsPeer,
} from '../lib/network.ts';
import { timeoutOf } from './deadline.ts';

/** The network of this machine. */
export function createNodeNetwork(): Network {
  const sockets = new WeakMap<Connection, { readonly socket: Socket; readonly peer: string }>();
  const open = (socket: Socket, peer: string, signal: AbortSignal, tls?: TlsPeer): Connection => {
    const connection = connectionOver(socket, peer, signal, tls);
    sockets.set(connection, { socket, peer });
    return connection;
  };
  return {
    async connect(endpoint, signal) {
      const peer = formatEndpoint(endpoint);
      const socket = connectTcp({ ...endpoint, noDelay: true });
      await settle(socket, 'connect', `connecting to ${peer}`, signal);
      return open(socket, peer, signal);
    },
    async startTls(connection, options, signal) {
      const plain = sockets.get(connection);
      assert(plain !== undefined, 'startTls takes a connection of the same network');
      const socket = startHandshake(plain, options);
      await settle(socket, 'secureConnect', `TLS with ${plain.peer}`, signal);
      return open(socket, plain.peer, signal, peerOf(socket));
    },
    exchange: exchangeDatagram,
  };
}

/** A connection in pull mode: the stream's own buffer (64 KiB) is the limit, the kernel holds the rest back. */
function connectionOver(socket: Socket, peer: string, signal: AbortSignal, tls: TlsPeer | undefined): Connection {
  let failure: LifeboatError | undefined;
  let ended = false;
  let wake = () => {};
  const abort = () => {
    failure ??= timeoutOf(signal, `the connection to ${peer}`);
    socket.destroy();
    wake();
  };
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  socket.on('error', (error) => {
    failure ??= failureOf(error, `the connection to ${peer}`);
    wake();
  });
  socket.on('end', () => {
    ended = true;
    wake();
  });
  socket.on('close', () => {
    signal.removeEventListener('abort', abort);
    ended = true;
    wake();
  });
  socket.on('readable', () => wake());
  return {
    ...(tls === undefined ? {} : { tls }),
    async read() {
      for (;;) {
        if (failure !== undefined) throw failure;
        const chunk: Uint8Array | null = socket.read();
        if (chunk !== null) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
        if (ended) return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async write(bytes) {
      if (failure !== undefined) throw failure;
      const error = await new Promise<unknown>((resolve) => {
        // On destroy the callback comes with an error too: this always settles.
        socket.write(bytes, resolve);
      });
      if (error) throw failure ?? failureOf(error, `the connection to ${peer}`);
    },
    close() {
      socket.destroy();
    },
  };
}

/** Waits for the socket's event of success; on an error or abort the socket is destroyed and the reason thrown. */
function settle(socket: Socket, event: 'connect' | 'secureConnect', what: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: LifeboatError) => {
      signal.removeEventListener('abort', onAbort);
      socket.off(event, onEvent).off('error', onError).off('close', onClose);
      if (error === undefined) return resolve();
      // What the dying socket still says is of no interest.
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const onAbort = () => done(timeoutOf(signal, what));
    const onEvent = () => done();
    const onError = (error: unknown) => done(failureOf(error, what));
    const onClose = () => done(networkError('closed', `${what}: the peer closed the connection`));
    socket.on(event, onEvent).on('error', onError).on('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

/** node:tls throws at once for PEM that it cannot read. */
function startHandshake({ socket, peer }: { readonly socket: Socket; readonly peer: string }, options: TlsOptions) {
  try {
    return connectTls(tlsOptionsOf(socket, options));
  } catch (error) {
    socket.destroy();
    throw new LifeboatError(
      'credential',
      `TLS with ${peer}: the CA, client certificate or key given cannot be used: ${messageOf(error)}`,
    );
  }
}

function tlsOptionsOf(socket: Socket, options: TlsOptions): ConnectionOptions {
  const { serverName, ca, certificate, key } = options;
  return {
    socket,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    // SNI takes no addresses (RFC 6066 section 3); the certificate is checked against the address all the same.
    ...(isIP(serverName) === 0 ? { servername: serverName } : { servername: '' }),
    checkServerIdentity: (_, peer) => checkServerIdentity(serverName, peer),
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
  };
}

function peerOf(socket: TLSSocket): TlsPeer {
  const protocol = socket.getProtocol() ?? 'unknown';
  const leaf = socket.getPeerX509Certificate();
  if (leaf === undefined) return { protocol };
  const oneLine = (text: string) => text.split('\n').join(', ');
  return { protocol, notAfter: Date.parse(leaf.validTo), subject: oneLine(leaf.subject), issuer: oneLine(leaf.issuer) };
}

function exchangeDatagram(
  endpoint: Endpoint,
  datagram: Uint8Array,
  accept: (reply: Uint8Array) => boolean,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const what = `UDP with ${formatEndpoint(endpoint)}`;
  return new Promise((resolve, reject) => {
    let socket: DatagramSocket | undefined;
    let over = false;
    const done = () => {
      over = true;
      signal.removeEventListener('abort', onAbort);
      socket?.close();
    };
    const fail = (error: unknown) => {
      if (over) return;
      done();
      reject(failureOf(error, what));
    };
    const onAbort = () => fail(timeoutOf(signal, what));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) return onAbort();
    lookup(endpoint.host).then(({ address, family }) => {
      if (over) return;
      const opened = createSocket(family === 6 ? 'udp6' : 'udp4');
      socket = opened;
      opened.on('error', fail);
      opened.on('message', (reply) => {
        const bytes = Uint8Array.from(reply);
        if (over || !accept(bytes)) return;
        done();
        resolve(bytes);
      });
      // A connected socket takes datagrams of this peer only, and hears of "port unreachable".
      opened.connect(endpoint.port, address, () => {
        if (!over) opened.send(datagram, (error) => error && fail(error));
      });
    }, fail);
  });
}

const reasons: Readonly<Record<string, readonly [NetworkReason, string]>> = {
  ECONNREFUSED: ['refused', 'connection refused: nothing listens on that port'],
  ENOTFOUND: ['unreachable', 'no such host name'],
  EAI_AGAIN: ['unreachable', 'the host name could not be looked up'],
  EHOSTUNREACH: ['unreachable', 'no route to the host'],
  ENETUNREACH: ['unreachable', 'no route to the network'],
  ENETDOWN: ['unreachable', 'the network of this machine is down'],
  EHOSTDOWN: ['unreachable', 'the host is down'],
  EADDRNOTAVAIL: ['unreachable', 'no route to that address'],
  ETIMEDOUT: ['unreachable', 'the network gave up'],
  ECONNRESET: ['closed', 'the peer reset the connection'],
  EPIPE: ['closed', 'the peer closed the connection'],
  ERR_STREAM_DESTROYED: ['closed', 'the connection is closed'],
  ERR_STREAM_WRITE_AFTER_END: ['closed', 'the connection is closed'],
};

/** What a socket threw, as the one error class. Everything that the TLS layer reports is `tls`. */
function failureOf(error: unknown, what: string): LifeboatError {
  if (error instanceof LifeboatError) return error;
  const code = codeOf(error);
  const known = reasons[code];
  if (known !== undefined) return networkError(known[0], `${what}: ${known[1]} (${code})`, error);
  if (
    /^(E?PROTO|ERR_(SSL|TLS|OSSL)_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_|INVALID_|CRL_|ERROR_IN_)/.test(
      code,
    )
  ) {
    return new LifeboatError('tls', `${what}: ${messageOf(error)} (${code})`, { cause: error });
  }
  return networkError('other', `${what}: ${messageOf(error)}${code === '' ? '' : ` (${code})`}`, error);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

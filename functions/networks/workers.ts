// The network port on workerd: connect() of cloudflare:sockets. It has no UDP, no certificate authorities of one's own, no client
// certificates, no server name apart from the dialled host (its option for that is rejected) and no time limits. Time limits are made
// here; what is asked for and cannot be had is told as an error and never silently left out.
import { connect } from 'cloudflare:sockets';
import { assert } from '../lib/assert.ts';
import { formatEndpoint } from '../lib/endpoint.ts';
import { LifeboatError, messageOf } from '../lib/errors.ts';
import { type Connection, type Network, type NetworkReason, networkError, type TlsPeer } from '../lib/network.ts';

interface Held {
  readonly socket: Socket;
  readonly peer: string;
  /** What was dialled, which is the only name that the platform verifies. */
  readonly host: string;
  /** Gives the streams back, so that startTls can take the socket over. */
  release(): void;
}

/** The network of a Worker. In production its targets must be public addresses other than Cloudflare's own. */
export function createWorkersNetwork(): Network {
  const sockets = new WeakMap<Connection, Held>();
  const open = (socket: Socket, host: string, peer: string, signal: AbortSignal, tls?: TlsPeer): Connection => {
    const { connection, release } = connectionOver(socket, peer, signal, tls);
    sockets.set(connection, { socket, peer, host, release });
    return connection;
  };
  return {
    async connect({ host, port }, signal) {
      const peer = formatEndpoint({ host, port });
      const what = `connecting to ${peer}`;
      if (signal.aborted) throw timeoutOf(signal, what);
      // A host name resolved by the platform; `starttls` is plain until startTls is called.
      const hostname = host.includes(':') ? `[${host}]` : host;
      const socket = connect({ hostname, port }, { secureTransport: 'starttls', allowHalfOpen: false });
      socket.closed.catch(() => {});
      await orAbort(socket.opened, socket, what, signal);
      return open(socket, host, peer, signal);
    },
    async startTls(connection, { serverName, ca, certificate, key }, signal) {
      const plain = sockets.get(connection);
      assert(plain !== undefined, 'startTls takes a connection of the same network');
      const what = `TLS with ${plain.peer}`;
      if (ca !== undefined || certificate !== undefined || key !== undefined) {
        const wanted = ca !== undefined ? 'a certificate authority of your own' : 'a client certificate';
        throw new LifeboatError(
          'tls',
          `${what}: sockets of Workers cannot use ${wanted}; probe from a Node process, or give the server a public certificate`,
        );
      }
      if (serverName.toLowerCase() !== plain.host.toLowerCase()) {
        throw new LifeboatError(
          'tls',
          `${what}: sockets of Workers verify the host that was dialled, not ${serverName}; connect by that name`,
        );
      }
      plain.release();
      const socket = plain.socket.startTls();
      socket.closed.catch(() => {});
      await orAbort(socket.opened, socket, what, signal).catch((error: unknown) => {
        if (error instanceof LifeboatError && error.code === 'timeout') throw error;
        throw new LifeboatError(
          'tls',
          `${messageOf(error)} (wrong name, unknown authority, or no TLS: the platform does not say which)`,
          { cause: error },
        );
      });
      return open(socket, plain.host, plain.peer, signal, { protocol: 'unknown' });
    },
  };
}

function connectionOver(
  socket: Socket,
  peer: string,
  signal: AbortSignal,
  tls: TlsPeer | undefined,
): { readonly connection: Connection; readonly release: () => void } {
  const what = `the connection to ${peer}`;
  const reader: ReadableStreamDefaultReader<Uint8Array> = socket.readable.getReader();
  const writer: WritableStreamDefaultWriter<Uint8Array> = socket.writable.getWriter();
  const connection: Connection = {
    ...(tls === undefined ? {} : { tls }),
    async read() {
      const { value, done } = await orAbort(reader.read(), socket, what, signal);
      return done ? undefined : value;
    },
    async write(bytes) {
      await orAbort(writer.write(bytes), socket, what, signal);
    },
    close() {
      shut(socket);
    },
  };
  const release = () => {
    reader.releaseLock();
    writer.releaseLock();
  };
  return { connection, release };
}

/** The outcome of the work, or `timeout` as soon as the signal aborts; the socket is closed then. */
async function orAbort<T>(work: Promise<T>, socket: Socket, what: string, signal: AbortSignal): Promise<T> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      shut(socket);
      reject(timeoutOf(signal, what));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([work, aborted]);
  } catch (error) {
    throw failureOf(error, what);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function shut(socket: Socket): void {
  socket.close().catch(() => {});
}

/** The platform tells failures in words only. */
function failureOf(error: unknown, what: string): LifeboatError {
  if (error instanceof LifeboatError) return error;
  const text = messageOf(error);
  return networkError(reasonOf(text), `${what}: ${text}`, error);
}

function reasonOf(text: string): NetworkReason {
  if (/refused/i.test(text)) return 'refused';
  if (/connection lost|reset|closed|disconnected|broken pipe/i.test(text)) return 'closed';
  if (/unreachable|no route|not known|resolve|lookup/i.test(text)) return 'unreachable';
  return 'other';
}

function timeoutOf(signal: AbortSignal, what: string): LifeboatError {
  const reason: unknown = signal.reason;
  return reason instanceof LifeboatError && reason.code === 'timeout'
    ? reason
    : new LifeboatError('timeout', `${what}: the deadline passed`);
}

// The network port on workerd: connect() of cloudflare:sockets. It has no UDP and no time limits, and its own TLS has no certificate
// authorities of one's own, no client certificates and no server name apart from the dialled host (its option for that is rejected). Time
// limits are made here, TLS with an authority is Go's (tls/); what cannot be had is told as an error and never silently left out.
import { connect } from 'cloudflare:sockets';
import { assert } from '../lib/assert.ts';
import { formatEndpoint } from '../lib/endpoint.ts';
import { LifeboatError, messageOf } from '../lib/errors.ts';
import {
  type Connection,
  type Network,
  type NetworkReason,
  networkError,
  type TlsOptions,
  type TlsPeer,
} from '../lib/network.ts';
import { orAbort, timeoutOf } from './deadline.ts';
import { startTlsOver } from './tls/connection.ts';
import type { GoTls } from './tls/instance.ts';

interface Held {
  readonly socket: Socket;
  readonly peer: string;
  /** What was dialled, which is the only name that the platform verifies. */
  readonly host: string;
  /** Gives the streams back, so that startTls can take the socket over. */
  release(): void;
}

export interface WorkersNetworkOptions {
  /** Starts Go's TLS (tls/workers.ts); absent: only what the platform's own TLS can do. */
  readonly startTlsInstance?: () => GoTls;
  /** Dials through a binding instead (Workers VPC), which leads to private addresses as well. */
  readonly through?: Pick<Fetcher, 'connect'>;
}

/**
 * The network of a Worker. In production its targets must be public addresses other than Cloudflare's own.
 * All its connections share one TLS instance, made when the first one needs it and made anew when it has crashed. The network may outlive
 * a request and serve several at once: a connection and all its promises belong to the request that made it, the instance has none.
 */
export function createWorkersNetwork({ startTlsInstance, through }: WorkersNetworkOptions = {}): Network {
  const sockets = new WeakMap<Connection, Held>();
  let instance: GoTls | undefined;
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
      const socket =
        through === undefined
          ? connect({ hostname, port }, { secureTransport: 'starttls', allowHalfOpen: false })
          : through.connect({ hostname, port }, { secureTransport: 'starttls', allowHalfOpen: false });
      socket.closed.catch(() => {});
      await settle(socket.opened, socket, what, signal);
      return open(socket, host, peer, signal);
    },
    async startTls(connection, options, signal) {
      const plain = sockets.get(connection);
      assert(plain !== undefined, 'startTls takes a connection of the same network');
      if (options.ca !== undefined && startTlsInstance !== undefined) {
        if (instance === undefined || instance.ended !== undefined) instance = startTlsInstance();
        return startTlsOver(instance, connection, plain.peer, { ...options, ca: options.ca }, signal);
      }
      checkPlatform(plain, options, startTlsInstance !== undefined);
      const what = `TLS with ${plain.peer}`;
      plain.release();
      const socket = plain.socket.startTls();
      socket.closed.catch(() => {});
      await settle(socket.opened, socket, what, signal).catch((error: unknown) => {
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

/** Throws `tls` for what the platform's own TLS cannot do. */
function checkPlatform(plain: Held, { serverName, ca, certificate, key }: TlsOptions, hasOwn: boolean): void {
  const what = `TLS with ${plain.peer}`;
  const remedy = hasOwn ? 'set the authority to verify against (ca)' : 'probe from a Node process';
  if (ca !== undefined || certificate !== undefined || key !== undefined) {
    const wanted = ca !== undefined ? 'a certificate authority of your own' : 'a client certificate';
    throw new LifeboatError('tls', `${what}: the platform's TLS cannot use ${wanted}; ${remedy}`);
  }
  if (serverName.toLowerCase() !== plain.host.toLowerCase()) {
    throw new LifeboatError(
      'tls',
      `${what}: the platform's TLS verifies the host that was dialled, not ${serverName}; ${remedy}, or connect by that name`,
    );
  }
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
      const { value, done } = await settle(reader.read(), socket, what, signal);
      return done ? undefined : value;
    },
    async write(bytes) {
      await settle(writer.write(bytes), socket, what, signal);
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

/** As `orAbort`, with the platform's failures in our words. */
async function settle<T>(work: Promise<T>, socket: Socket, what: string, signal: AbortSignal): Promise<T> {
  try {
    return await orAbort(work, () => shut(socket), what, signal);
  } catch (error) {
    throw failureOf(error, what);
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

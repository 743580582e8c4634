// A network with a limit on what is open at the same time: a Worker may have six connections, and waits without a word for the
// seventh, so that a hung peer would hold up everybody else. https://developers.cloudflare.com/workers/platform/limits/#simultaneous-open-connections
import { formatEndpoint } from '../lib/endpoint.ts';
import { LifeboatError } from '../lib/errors.ts';
import type { Limiter } from '../lib/limiter.ts';
import type { Connection, Network } from '../lib/network.ts';

/** The same network; a connection holds its place from before it is dialled until it is closed, or its signal aborts. */
export function limitNetwork(network: Network, limiter: Limiter): Network {
  const leaving = new WeakMap<Connection, () => void>();
  const inner = new WeakMap<Connection, Connection>();
  const wrap = (connection: Connection, leave: () => void): Connection => {
    const wrapped: Connection = {
      ...(connection.tls === undefined ? {} : { tls: connection.tls }),
      read: () => connection.read(),
      write: (bytes) => connection.write(bytes),
      close() {
        leave();
        connection.close();
      },
    };
    leaving.set(wrapped, leave);
    inner.set(wrapped, connection);
    return wrapped;
  };
  return {
    async connect(endpoint, signal) {
      const leave = await enter(limiter, signal, `connecting to ${formatEndpoint(endpoint)}`);
      signal.addEventListener('abort', leave, { once: true });
      try {
        return wrap(await network.connect(endpoint, signal), leave);
      } catch (error) {
        leave();
        throw error;
      }
    },
    async startTls(connection, options, signal) {
      const leave = leaving.get(connection) ?? (() => {});
      try {
        return wrap(await network.startTls(inner.get(connection) ?? connection, options, signal), leave);
      } catch (error) {
        leave();
        throw error;
      }
    },
    ...(network.exchange === undefined ? {} : { exchange: network.exchange }),
  };
}

async function enter(limiter: Limiter, signal: AbortSignal, what: string): Promise<() => void> {
  try {
    return await limiter.enter(signal);
  } catch (error) {
    if (error instanceof LifeboatError && error.code === 'timeout') throw error;
    throw new LifeboatError('timeout', `${what}: no place among the open connections within the deadline`, {
      cause: error,
    });
  }
}

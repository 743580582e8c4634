// TLS over an open connection: moves bytes between the connection and a session of Go's TLS. In pull mode: it reads from the peer only
// when its own reader asks, and waits for each write, so that no buffer grows. Every promise here belongs to this connection.
import { LifeboatError } from '../../lib/errors.ts';
import { type Connection, networkError, type TlsOptions } from '../../lib/network.ts';
import { orAbort, timeoutOf } from '../deadline.ts';
import type { GoTls } from './instance.ts';
import type { Session } from './session.ts';

/** What one TLS record holds (RFC 8446 section 5.1). */
const recordOctets = 16_384;

/** Shakes hands over the connection, which is closed when that fails. `peer` names it in messages. */
export async function startTlsOver(
  go: GoTls,
  plain: Connection,
  peer: string,
  options: TlsOptions & { readonly ca: string },
  signal: AbortSignal,
): Promise<Connection> {
  const what = `TLS with ${peer}`;
  try {
    const session = openSession(go, options, what);
    try {
      await orAbort(shakeHands(session, plain, what), () => plain.close(), what, signal);
      return connectionOver(session, plain, peer, signal);
    } catch (error) {
      session.close();
      throw error;
    }
  } catch (error) {
    plain.close();
    throw error;
  }
}

function openSession(go: GoTls, options: TlsOptions & { readonly ca: string }, what: string): Session {
  try {
    return go.open(options);
  } catch (error) {
    if (error instanceof LifeboatError) throw new LifeboatError(error.code, `${what}: ${error.message}`);
    throw error;
  }
}

async function shakeHands(session: Session, plain: Connection, what: string): Promise<void> {
  await flush(session, plain);
  while (session.peer === undefined) {
    session.feed(await plain.read());
    if (session.end !== undefined) {
      // The alert that says why goes out as far as it gets: the reason is known here already.
      flush(session, plain).catch(() => {});
      throw failureOf(session, what);
    }
    await flush(session, plain);
  }
}

/** What is outgoing leaves in the order in which it was encrypted: it is taken and handed over in one step. */
async function flush(session: Session, plain: Connection): Promise<void> {
  const bytes = session.takeOutgoing();
  if (bytes !== undefined) await plain.write(bytes);
}

function connectionOver(session: Session, plain: Connection, peer: string, signal: AbortSignal): Connection {
  const what = `the TLS connection to ${peer}`;
  const close = () => {
    signal.removeEventListener('abort', close);
    session.close();
    // close_notify (RFC 8446 section 6.1), as far as it gets: nobody waits for it.
    flush(session, plain).catch(() => {});
    plain.close();
  };
  signal.addEventListener('abort', close, { once: true });
  return {
    ...(session.peer === undefined ? {} : { tls: session.peer }),
    async read() {
      for (;;) {
        if (signal.aborted) throw timeoutOf(signal, what);
        const data = session.takeData();
        if (data !== undefined) return data;
        if (session.end?.how === 'eof') return undefined;
        if (session.end !== undefined) throw failureOf(session, what);
        session.feed(await orAbort(plain.read(), close, what, signal));
        // What Go answers by itself: a key update, an alert.
        if (session.end === undefined) await orAbort(flush(session, plain), close, what, signal);
      }
    },
    async write(bytes) {
      for (let at = 0; at < bytes.length; at += recordOctets) {
        if (signal.aborted) throw timeoutOf(signal, what);
        session.write(bytes.subarray(at, at + recordOctets));
        if (session.end !== undefined) throw failureOf(session, what);
        await orAbort(flush(session, plain), close, what, signal);
      }
    },
    close,
  };
}

function failureOf({ end }: Session, what: string): LifeboatError {
  switch (end?.how) {
    case 'tls':
    case 'crashed':
      return new LifeboatError('tls', `${what}: ${end.reason}`);
    default:
      return networkError('closed', `${what}: ${end?.reason || 'the peer closed the connection'}`);
  }
}

// DNS messages over one TCP connection: two octets of length, then the message. RFC 1035 section 4.2.2, RFC 7766 section 8.
// It knows frames only, never what is in them.
import { concatBytes } from '../lib/bytes.ts';
import { formatEndpoint } from '../lib/endpoint.ts';
import { LifeboatError } from '../lib/errors.ts';
import { type Connection, type Endpoint, type Network, networkError } from '../lib/network.ts';

/** The longest message with its length prefix. */
export const maxFrameOctets = 0xffff + 2;

export interface StreamOptions {
  /** Limit on all octets read, length prefixes included. */
  readonly maxBytes: number;
  /** The caller's deadline; it also ends the connection. */
  readonly signal: AbortSignal;
}

/**
 * Sends one message over a new TCP connection and yields the messages that come back, each in its own memory, until the peer ends or the
 * caller stops. The end in the middle of a message is an error `network`; more than `maxBytes` is an error `limit`.
 */
export async function* stream(
  network: Network,
  server: Endpoint,
  message: Uint8Array,
  options: StreamOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const connection = await network.connect(server, options.signal);
  try {
    const prefix = Uint8Array.of(message.length >>> 8, message.length & 0xff);
    await connection.write(concatBytes([prefix, message]));
    yield* frames(connection, server, options.maxBytes);
  } finally {
    connection.close();
  }
}

async function* frames(connection: Connection, server: Endpoint, maxBytes: number): AsyncGenerator<Uint8Array> {
  // Chunks are joined only when a whole frame is there: a peer that sends octet by octet costs no more than any other.
  let chunks: Uint8Array[] = [];
  let held = 0;
  let wanted = 2;
  let total = 0;
  for (;;) {
    const chunk = await connection.read();
    if (chunk === undefined) break;
    total += chunk.length;
    if (total > maxBytes)
      throw new LifeboatError('limit', `the answer of ${formatEndpoint(server)} exceeds ${maxBytes} octets`);
    chunks.push(chunk);
    held += chunk.length;
    while (held >= wanted) {
      const [only] = chunks;
      const bytes: Uint8Array = chunks.length === 1 && only !== undefined ? only : concatBytes(chunks);
      wanted = 2 + (((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0));
      const rest = held >= wanted ? bytes.subarray(wanted) : bytes;
      chunks = [rest];
      held = rest.length;
      if (rest === bytes) break;
      yield bytes.slice(2, wanted);
      wanted = 2;
    }
  }
  if (held > 0) {
    throw networkError('closed', `${formatEndpoint(server)} closed the TCP connection in the middle of a message`);
  }
}

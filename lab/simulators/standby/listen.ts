// The sockets: UDP and TCP on one address, with a limit or a deadline on everything that a client could draw out. It knows no DNS but the
// length in front of a message over TCP (RFC 1035 section 4.2.2).
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Responder } from './responder.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Listener {
  close(): void;
}

const maxConnections = 256;
/** Nothing came and nothing went. RFC 7766 section 6.2.3. */
const idleTimeoutMs = 10_000;
/** From a request's first octet to its last. */
const requestTimeoutMs = 10_000;
const lengthOctets = 2;

/** Resolves when both sockets are bound; `responder` is asked for what answers only then. Rejects when the address cannot be had. */
export async function listen(address: Address, responder: () => Responder): Promise<Listener> {
  const udp = createSocket(address.host.includes(':') ? 'udp6' : 'udp4');
  const sockets = new Set<Socket>();
  // A client may close its half when it has asked.
  const tcp = createServer({ allowHalfOpen: true, noDelay: true });
  tcp.maxConnections = maxConnections;
  try {
    await bound(udp, tcp, address);
  } catch (error) {
    udp.close();
    tcp.close();
    throw error;
  }
  const respond = responder();
  udp.on('message', (bytes, from) => {
    // Port 0 cannot be answered.
    if (from.port === 0) return;
    for (const message of respond(bytes, 'udp')) udp.send(message, from.port, from.address, () => {});
  });
  udp.on('error', () => {});
  tcp.on('error', () => {});
  tcp.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setTimeout(idleTimeoutMs, () => socket.destroy());
    serve(socket, respond).catch(() => socket.destroy());
  });
  return {
    close() {
      udp.close();
      tcp.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function bound(udp: UdpSocket, tcp: Server, { host, port }: Address): Promise<void> {
  udp.bind({ address: host, port, exclusive: true });
  await once(udp, 'listening');
  tcp.listen({ host, port, exclusive: true });
  await once(tcp, 'listening');
}

/** One request after the other: what comes meanwhile waits in the kernel, so that one connection holds two messages at most. */
async function serve(socket: Socket, respond: Responder): Promise<void> {
  let pending = Buffer.alloc(0);
  let deadline: NodeJS.Timeout | undefined;
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      pending = Buffer.concat([pending, chunk]);
      for (let size = wholeSize(pending); size !== undefined; size = wholeSize(pending)) {
        clearTimeout(deadline);
        deadline = undefined;
        const request = pending.subarray(lengthOctets, size);
        pending = pending.subarray(size);
        for (const message of respond(request, 'tcp')) await send(socket, message);
      }
      if (pending.length > 0) deadline ??= setTimeout(() => socket.destroy(), requestTimeoutMs);
    }
    socket.end();
  } finally {
    clearTimeout(deadline);
  }
}

/** Octets of the first message with its length; undefined while it is not whole. */
function wholeSize(pending: Buffer): number | undefined {
  if (pending.length < lengthOctets) return undefined;
  const size = lengthOctets + pending.readUInt16BE(0);
  return pending.length < size ? undefined : size;
}

/** Waits for a client that reads slowly, which the idle timeout ends when it does not read at all. Also lets other clients have their turn. */
async function send(socket: Socket, message: Buffer): Promise<void> {
  const length = Buffer.alloc(lengthOctets);
  length.writeUInt16BE(message.length);
  await new Promise<void>((resolve, reject) => {
    socket.write(Buffer.concat([length, message]), (error) => (error ? reject(error) : resolve()));
  });
}

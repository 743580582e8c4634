// UDP and TCP on one address: sockets, deadlines and limits. It knows nothing of DNS but the length before each message over TCP.
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import type { Address } from './arguments.ts';
import { addressText } from './arguments.ts';
import type { Transport } from './plugin.ts';

/** The answers to one message; a rejection is logged and counts as none. */
export type Answerer = (octets: Buffer, transport: Transport, client: string) => Promise<readonly Buffer[]>;

export interface Listener {
  close(): Promise<void>;
}

/** Those of CoreDNS (core/dnsserver/server.go): for the first query of a connection, and between two. */
const firstQueryMs = 3_000;
const idleMs = 10_000;
/** CoreDNS has no such limits; they keep one client from filling the memory. */
const mostConnections = 1_000;
const mostQueriesPerConnection = 100_000;
const mostDatagramsAtOnce = 5_000;

/** Listens on both; rejects with one clear line when the address is taken. */
export async function listen(address: Address, answer: Answerer): Promise<Listener> {
  const tcp = createServer({ noDelay: true }, (socket) => void serveConnection(socket, answer).catch(logFault));
  tcp.maxConnections = mostConnections;
  const sockets = new Set<Socket>();
  tcp.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const udp = createSocket(address.host.includes(':') ? 'udp6' : 'udp4');
  serveDatagrams(udp, answer);
  await Promise.all([listenTcp(tcp, address), listenUdp(udp, address)]);
  tcp.on('error', logFault);
  udp.on('error', logFault);
  return {
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => tcp.close(() => resolve())),
        new Promise<void>((resolve) => udp.close(() => resolve())),
      ]);
    },
  };
}

function serveDatagrams(udp: UdpSocket, answer: Answerer): void {
  let underWay = 0;
  let isOpen = true;
  udp.once('close', () => {
    isOpen = false;
  });
  udp.on('message', (octets: Buffer, from: RemoteInfo) => {
    if (underWay >= mostDatagramsAtOnce) return;
    underWay++;
    answer(octets, 'udp', from.address)
      .then((answers) => {
        for (const each of isOpen ? answers : []) udp.send(each, from.port, from.address, () => undefined);
      })
      .catch(logFault)
      .finally(() => underWay--);
  });
}

/** One query after the other, as the real one; several may wait in the connection. */
async function serveConnection(socket: Socket, answer: Answerer): Promise<void> {
  const client = socket.remoteAddress ?? '';
  let pending: Buffer = Buffer.alloc(0);
  let queries = 0;
  socket.setTimeout(firstQueryMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      pending = Buffer.concat([pending, chunk]);
      for (let message = firstMessage(pending); message !== undefined; message = firstMessage(pending)) {
        pending = pending.subarray(2 + message.length);
        if (++queries > mostQueriesPerConnection) return void socket.end();
        for (const each of await answer(message, 'tcp', client)) await write(socket, each);
        socket.setTimeout(idleMs);
      }
    }
  } catch (error) {
    // A connection that the client gave up, or the deadline ended, is no fault.
    if (!socket.destroyed) throw error;
  } finally {
    socket.end();
  }
}

function firstMessage(pending: Buffer): Buffer | undefined {
  if (pending.length < 2) return undefined;
  const length = pending.readUInt16BE(0);
  return pending.length < 2 + length ? undefined : pending.subarray(2, 2 + length);
}

function write(socket: Socket, octets: Buffer): Promise<void> {
  const prefix = Buffer.alloc(2);
  prefix.writeUInt16BE(octets.length);
  return new Promise((resolve, reject) =>
    socket.write(Buffer.concat([prefix, octets]), (error) => (error == null ? resolve() : reject(error))),
  );
}

function listenTcp(server: Server, address: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen('tcp', address, error)));
    server.listen({ host: address.host, port: address.port, exclusive: true }, resolve);
  });
}

function listenUdp(socket: UdpSocket, address: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => reject(cannotListen('udp', address, error)));
    socket.bind({ address: address.host, port: address.port, exclusive: true }, resolve);
  });
}

function cannotListen(transport: Transport, address: Address, error: NodeJS.ErrnoException): Error {
  return new Error(`cannot listen on ${addressText(address)} (${transport}): ${error.code ?? error.message}`);
}

function logFault(error: unknown): void {
  console.error(`[ERROR] ${error instanceof Error ? error.message : String(error)}`);
}

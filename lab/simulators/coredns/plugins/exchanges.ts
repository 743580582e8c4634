// One query to one server and its answer, over UDP or TCP, with a deadline. It retries nothing and judges no answer.
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { Address } from '../arguments.ts';
import { decodeMessage, encodeMessage, type Message } from '../wire.ts';

/** An idle socket is kept as long, plugin/pkg/proxy defaultExpire. */
const idleSocketMs = 10_000;
const mostIdleSockets = 200;

/** Connected sockets, so that a refused port is heard of; one query at a time on each, the longest idle one first. */
export function createUdpSockets(address: Address) {
  const idle: { readonly socket: UdpSocket; readonly timer: NodeJS.Timeout }[] = [];

  const open = (): Promise<UdpSocket> =>
    new Promise((resolve, reject) => {
      const socket = createSocket(address.host.includes(':') ? 'udp6' : 'udp4');
      socket.once('error', reject);
      socket.connect(address.port, address.host, () => {
        socket.off('error', reject);
        resolve(socket);
      });
    });

  const take = async (): Promise<UdpSocket> => {
    const kept = idle.shift();
    if (kept === undefined) return open();
    clearTimeout(kept.timer);
    kept.socket.removeAllListeners();
    return kept.socket;
  };

  const give = (socket: UdpSocket): void => {
    if (idle.length >= mostIdleSockets) return void socket.close();
    const drop = (): void => {
      const at = idle.findIndex((each) => each.socket === socket);
      if (at < 0) return;
      idle.splice(at, 1);
      socket.close();
    };
    const timer = setTimeout(drop, idleSocketMs).unref();
    socket.on('error', drop);
    idle.push({ socket, timer });
  };

  return {
    async exchange(message: Message, timeoutMs: number): Promise<Message> {
      const octets = encodeMessage(message);
      const socket = await take();
      try {
        const answer = await overSocket(socket, octets, message.id, timeoutMs);
        give(socket);
        return answer;
      } catch (error) {
        socket.on('error', () => undefined);
        socket.close();
        throw error;
      }
    },
    close() {
      for (const { socket, timer } of idle.splice(0)) {
        clearTimeout(timer);
        socket.close();
      }
    },
  };
}

/** Sends, and waits for the answer with this id: another one came too late for its own query. */
function overSocket(socket: UdpSocket, octets: Buffer, id: number, timeoutMs: number): Promise<Message> {
  return new Promise((resolve, reject) => {
    const finish = (end: () => void): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      end();
    };
    const fail = (error: unknown): void => finish(() => reject(error));
    const timer = setTimeout(fail, timeoutMs, new Error(`no answer in ${timeoutMs} ms`));
    socket.once('error', fail);
    socket.on('message', (datagram) => {
      if (datagram.length < 2 || datagram.readUInt16BE(0) !== id) return;
      try {
        const answer = decodeMessage(datagram);
        finish(() => resolve(answer));
      } catch (error) {
        fail(error);
      }
    });
    socket.send(octets, (error) => (error === null ? undefined : fail(error)));
  });
}

/** A connection for each query. */
export function overTcp(address: Address, message: Message, timeoutMs: number): Promise<Message> {
  const octets = encodeMessage(message);
  const prefix = Buffer.alloc(2);
  prefix.writeUInt16BE(octets.length);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.host, port: address.port, noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    let pending: Buffer = Buffer.alloc(0);
    socket.once('close', () => {
      clearTimeout(timer);
      reject(new Error('the connection ended without an answer'));
    });
    socket.once('error', reject);
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      if (pending.length < 2 || pending.length < 2 + pending.readUInt16BE(0)) return;
      try {
        const answer = decodeMessage(pending.subarray(2, 2 + pending.readUInt16BE(0)));
        if (answer.id === message.id) resolve(answer);
        else reject(new Error('an answer to another query'));
      } catch (error) {
        reject(error);
      }
      socket.destroy();
    });
    socket.write(Buffer.concat([prefix, octets]));
  });
}

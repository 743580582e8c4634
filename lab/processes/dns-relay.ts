// A relay before a DNS server, UDP and TCP on one port: it counts what reaches the server, and breaks the way there. It never looks into
// a message.
import { createSocket, type Socket } from 'node:dgram';
import type { DnsAddress } from './dns-client.ts';
import { freePort } from './ports.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

export interface DnsRelay {
  readonly address: DnsAddress;
  /** The TCP side, to be stalled, cut or spoiled. */
  readonly tcp: TcpProxy;
  /** Datagrams and TCP connections that came so far. */
  queries(): number;
  /** False: datagrams are counted and dropped. */
  passUdp(pass: boolean): void;
  close(): Promise<void>;
}

const idleMs = 10_000;

/** Listens on a free loopback port and forwards to `target`. */
export async function startDnsRelay(target: DnsAddress): Promise<DnsRelay> {
  const host = '127.0.0.1';
  const port = await freePort(host);
  const tcp = await startTcpProxy(target, { host, port });
  const front = createSocket('udp4');
  const back = new Map<string, Socket>();
  let datagrams = 0;
  let passes = true;

  /** The socket that stands for one client towards the target. */
  const socketOf = (client: DnsAddress): Socket => {
    const key = `${client.host}:${client.port}`;
    const known = back.get(key);
    if (known !== undefined) return known;
    const socket = createSocket('udp4');
    back.set(key, socket);
    const end = (): void => {
      if (back.delete(key)) socket.close();
    };
    const timer = setTimeout(end, idleMs).unref();
    socket.on('message', (message) => {
      timer.refresh();
      front.send(message, client.port, client.host);
    });
    socket.on('error', end);
    return socket;
  };
  front.on('message', (message, client) => {
    datagrams++;
    if (passes) socketOf({ host: client.address, port: client.port }).send(message, target.port, target.host);
  });
  await new Promise<void>((resolve, reject) => {
    front.once('error', reject);
    front.bind({ address: host, port, exclusive: true }, resolve);
  });

  return {
    address: { host, port },
    tcp,
    queries: () => datagrams + tcp.accepted(),
    passUdp(pass) {
      passes = pass;
    },
    async close() {
      front.close();
      for (const socket of back.values()) socket.close();
      back.clear();
      await tcp.close();
    },
  };
}

// Free loopback ports, for TCP and UDP at once. It never takes one from the kernel's ephemeral range: while a part is killed, a client
// that tries to reach it could be given the very same port as its source and connect to itself.
import { createSocket } from 'node:dgram';
import { createServer, isIPv6 } from 'node:net';

const lowest = 20_000;
const highest = 32_000;
const maxTries = 200;
const given = new Set<number>();

/** A port that nothing listens on, on any loopback address, and that this process has not been given before. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let i = 0; i < maxTries; i++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (given.has(port)) continue;
    if (await isFree(port, host)) {
      given.add(port);
      return port;
    }
  }
  throw new Error(`no free port between ${lowest} and ${highest} on ${host} in ${maxTries} tries`);
}

/** Whether nothing listens on this port. */
export async function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return (await tcpFree(host, port)) && (await udpFree(host, port));
}

function tcpFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function udpFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}

// A TCP proxy on loopback that can break the path between two parts: drop, delay, stall, cut. It never looks into the bytes.
import { createServer, connect as openSocket, type Socket } from 'node:net';
import type { DnsAddress } from './dns-client.ts';
import { freePort } from './ports.ts';

/**
 * - `pass` forwards; what was stalled goes on
 * - `refuse` cuts every connection and answers new ones with a reset
 * - `stall` keeps every connection open and forwards nothing, new ones included (a black hole behind an open port)
 * - `delay` forwards each chunk `ms` later
 * - `cut` ends each connection after `bytes` from the target, counted per connection from its start
 * - `spoil` turns one bit of the byte at `at` from the target, counted like that
 */
export type ProxyMode =
  | { readonly kind: 'pass' }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'stall' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'cut'; readonly bytes: number }
  | { readonly kind: 'spoil'; readonly at: number };

export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /** Applies to open and to new connections from now on. */
  set(mode: ProxyMode): void;
  /** Connections accepted so far. */
  accepted(): number;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly target: Socket;
  fromTarget: number;
}

/** Listens on a free port (or `port`) and forwards to `target`; starts with `pass`. */
export async function startTcpProxy(
  target: DnsAddress,
  options: { readonly host?: string; readonly port?: number } = {},
): Promise<TcpProxy> {
  const host = options.host ?? '127.0.0.1';
  const port = options.port ?? (await freePort(host));
  const pairs = new Set<Pair>();
  let mode: ProxyMode = { kind: 'pass' };
  let accepted = 0;

  const cut = (pair: Pair): void => {
    pairs.delete(pair);
    pair.client.resetAndDestroy();
    pair.target.resetAndDestroy();
  };
  const forward = (pair: Pair, to: Socket, chunk: Buffer): void => {
    if (mode.kind === 'delay') setTimeout(() => to.write(chunk), mode.ms);
    else if (mode.kind === 'cut' && to === pair.client) {
      const left = mode.bytes - pair.fromTarget;
      pair.fromTarget += chunk.length;
      if (left > 0) to.write(chunk.subarray(0, left));
      if (chunk.length >= left) to.end(() => cut(pair));
    } else {
      if (to === pair.client) {
        if (mode.kind === 'spoil') spoil(chunk, mode.at - pair.fromTarget);
        pair.fromTarget += chunk.length;
      }
      to.write(chunk);
    }
  };

  const server = createServer({ pauseOnConnect: true }, (client) => {
    accepted++;
    if (mode.kind === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const pair: Pair = { client, target: openSocket(target.port, target.host), fromTarget: 0 };
    pairs.add(pair);
    client.on('data', (chunk: Buffer) => forward(pair, pair.target, chunk));
    pair.target.on('data', (chunk: Buffer) => forward(pair, client, chunk));
    for (const [one, other] of [
      [client, pair.target],
      [pair.target, client],
    ] as const) {
      one.on('error', () => cut(pair));
      one.once('end', () => other.end());
      one.once('close', () => {
        // Stalled, one side may outlive the other: it is still there to be cut.
        if (pair.client.destroyed && pair.target.destroyed) pairs.delete(pair);
      });
    }
    if (mode.kind === 'stall') pause(pair);
    else client.resume();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, resolve);
  });

  return {
    host,
    port,
    set(next) {
      mode = next;
      for (const pair of pairs) {
        if (next.kind === 'refuse') cut(pair);
        else if (next.kind === 'stall') pause(pair);
        else resume(pair);
      }
    },
    accepted: () => accepted,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const pair of pairs) cut(pair);
      await closed;
    },
  };
}

function spoil(chunk: Buffer, at: number): void {
  const byte = chunk[at];
  if (byte !== undefined) chunk[at] = byte ^ 1;
}

function pause(pair: Pair): void {
  pair.client.pause();
  pair.target.pause();
}

function resume(pair: Pair): void {
  pair.client.resume();
  pair.target.resume();
}

// One TLS session as its owner sees it: what Go has said about it and nobody has fetched yet. No I/O and no promises, so that whoever
// makes Go run cannot touch what belongs to another request.
import { concatBytes } from '../../lib/bytes.ts';
import type { TlsPeer } from '../../lib/network.ts';

/** How a session ended: `eof` by the peer, in order; `closed` the wire was cut; `tls` not verified, or against the protocol; `crashed` Go's. */
export interface SessionEnd {
  readonly how: 'eof' | 'closed' | 'tls' | 'crashed';
  /** In Go's own words; empty for `eof`. */
  readonly reason: string;
}

export interface Session {
  /** Set when the handshake is done. */
  readonly peer: TlsPeer | undefined;
  readonly end: SessionEnd | undefined;
  /** Bytes for the peer that have not been fetched; undefined: none. */
  takeOutgoing(): Uint8Array | undefined;
  /** Decrypted bytes that have not been fetched; undefined: none. */
  takeData(): Uint8Array | undefined;
  /** Bytes from the peer; undefined: it has ended the stream. */
  feed(bytes: Uint8Array | undefined): void;
  /** Encrypts: the outcome is outgoing. A failure is `end`. */
  write(bytes: Uint8Array): void;
  /** Frees everything; what is outgoing then is the farewell. May be called twice. */
  close(): void;
}

/** What Go says about a session, as `tell` in main.go has it. */
export type Said =
  | readonly [kind: 'send' | 'data', bytes: Uint8Array]
  | readonly [kind: 'ready', protocol: string, notAfter: number, subject: string, issuer: string]
  | readonly [kind: 'ended', how: SessionEnd['how'], reason: string];

/** The queues of a session: bounded, because Go is fed one chunk at a time and decrypts it at once. */
export interface SessionState {
  peer: TlsPeer | undefined;
  end: SessionEnd | undefined;
  outgoing: Uint8Array[];
  data: Uint8Array[];
  /** Milliseconds since the epoch. */
  usedAt: number;
}

export function hear(state: SessionState, said: Said): void {
  switch (said[0]) {
    case 'send':
      state.outgoing.push(said[1]);
      return;
    case 'data':
      state.data.push(said[1]);
      return;
    case 'ready': {
      const [, protocol, notAfter, subject, issuer] = said;
      state.peer = { protocol, notAfter, subject, issuer };
      return;
    }
    case 'ended':
      state.end ??= { how: said[1], reason: said[2] };
  }
}

/** All of a queue as one piece; the queue is empty then. */
export function takeAll(queue: Uint8Array[]): Uint8Array | undefined {
  const chunks = queue.splice(0);
  const [only] = chunks;
  return chunks.length <= 1 ? only : concatBytes(chunks);
}

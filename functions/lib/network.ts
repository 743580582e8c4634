// The network port: byte streams, TLS over them, and datagrams where the platform has them. Implemented in functions/networks/.
// No pooling and no caching behind it: each call is a new connection, so that a probe measures the peer and nothing else.
import { LifeboatError } from './errors.ts';

/** Where to connect: `host` is an IP address or a host name, without brackets. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What the peer showed in the TLS handshake. */
export interface TlsPeer {
  /** `TLSv1.2` or `TLSv1.3`. */
  readonly protocol: string;
  /** End of the leaf certificate's validity, milliseconds since the epoch; absent where the platform hides it. */
  readonly notAfter?: number;
  /** Subject and issuer of the leaf, in one line each; absent where the platform hides them. */
  readonly subject?: string;
  readonly issuer?: string;
}

export interface TlsOptions {
  /** Name (SNI and verification) or IP address that the certificate must carry; default: the endpoint's host. */
  readonly serverName: string;
  /** PEM bundle to verify against, and nothing else; absent: the platform's own roots. */
  readonly ca?: string;
  /** PEM client certificate chain and its key. */
  readonly certificate?: string;
  readonly key?: string;
}

/** A byte stream. All methods reject with LifeboatError `timeout`, `network` or `tls`. */
export interface Connection {
  /** The next bytes; undefined when the peer has ended the stream. */
  read(): Promise<Uint8Array | undefined>;
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the connection at once; may be called twice. */
  close(): void;
  /** Set after startTls. */
  readonly tls?: TlsPeer;
}

/** Every call takes a signal: when it aborts, the call and the connection it made end with LifeboatError `timeout`. */
export interface Network {
  connect(endpoint: Endpoint, signal: AbortSignal): Promise<Connection>;
  /**
   * TLS over an open connection; verification failures reject with code `tls` and the reason in words, a CA, certificate or key that
   * cannot be read with `credential`.
   */
  startTls(connection: Connection, options: TlsOptions, signal: AbortSignal): Promise<Connection>;
  /**
   * Sends one datagram and resolves with the first reply that `accept` takes (others are dropped: a forged or late answer).
   * Absent on platforms without UDP (workerd).
   */
  exchange?(
    endpoint: Endpoint,
    datagram: Uint8Array,
    accept: (reply: Uint8Array) => boolean,
    signal: AbortSignal,
  ): Promise<Uint8Array>;
}

/**
 * What a LifeboatError `network` means: `refused` nobody listens there; `unreachable` no route, no such host or no answer of the network;
 * `closed` the peer ended the connection; `other` the platform hides it.
 */
const networkReasons = ['refused', 'unreachable', 'closed', 'other'] as const;
export type NetworkReason = (typeof networkReasons)[number];

/** A LifeboatError `network` that says which of the reasons it is; `error` is what the platform threw. */
export function networkError(reason: NetworkReason, message: string, error?: unknown): LifeboatError {
  return new LifeboatError('network', message, { cause: { networkReason: reason, error } });
}

/** The reason of anything thrown; `other` for what carries none. */
export function networkReasonOf(error: unknown): NetworkReason {
  const cause: unknown = error instanceof LifeboatError ? error.cause : undefined;
  const reason =
    typeof cause === 'object' && cause !== null && 'networkReason' in cause ? cause.networkReason : undefined;
  return networkReasons.find((one) => one === reason) ?? 'other';
}

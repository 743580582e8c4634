// The port of snapshot sources, and the pure rule that says when a capture may be made. It must not talk to anybody.
import type { Endpoint } from '../lib/network.ts';
import type { Snapshot } from './snapshot.ts';

/** Why a server was not captured from: before, during and after the transfer. */
export const captureRefusals = [
  'unsynced', // SERVFAIL or serial 0: CoreDNS has no API data
  'behind', // other replicas have left it behind
  'down', // no answer to the serial question
  'serial-unknown', // it answers, but not with CoreDNS's own serial: a cache, or somebody else
  'refused', // REFUSED: no transfer for this address or key
  'notauth', // NOTAUTH: not its zone, or another key
  'server-failure',
  'empty', // SOA and SOA only, or nothing in it that is a service
  'truncated', // the stream ended before the closing SOA
  'bad-mac',
  'bad-key',
  'bad-time',
  'missing-mac',
  'too-large', // more bytes or records than allowed
  'malformed',
  'tls', // over TLS, and the server could not be verified
  'timeout',
  'network',
  'serial-zero',
  'missing-names',
] as const;
export type CaptureRefusal = (typeof captureRefusals)[number];

/** What was tried with one server and did not give a snapshot. */
export interface CaptureAttempt {
  /** `10.0.0.10:53`. */
  readonly server: string;
  readonly reason: CaptureRefusal;
  /** One line for a person, with numbers. */
  readonly evidence: string;
}

export type CaptureResult =
  | {
      readonly status: 'captured';
      /** Not yet numbered (`number` 0). */
      readonly snapshot: Snapshot;
      /** Bytes received in all transfers of this capture, those refused included. */
      readonly bytes: number;
      readonly tookMs: number;
      /** Servers that were tried or looked at before, in order. */
      readonly attempts: readonly CaptureAttempt[];
      /** Things worth showing: the zone changed during the transfer, … */
      readonly notes: readonly string[];
    }
  | {
      readonly status: 'refused';
      readonly bytes: number;
      readonly tookMs: number;
      readonly attempts: readonly CaptureAttempt[];
    };

/** A server that the caller has proof against (probes: compareReplicas), with its evidence. */
export interface AvoidedServer {
  readonly server: string;
  readonly evidence: string;
}

export interface CaptureOptions {
  /** Never captured from, reason `behind`; default none. */
  readonly avoid?: readonly AvoidedServer[];
  readonly signal?: AbortSignal;
  /** Called now and then while a transfer runs. */
  readonly onProgress?: (progress: {
    readonly server: string;
    readonly records: number;
    readonly bytes: number;
  }) => void;
}

export interface SnapshotSource {
  /** Tries the servers in the order of preference; never throws for a server's fault. */
  capture(servers: readonly Endpoint[], options?: CaptureOptions): Promise<CaptureResult>;
}

/** What the live serial of a server is, or why it cannot be told. */
export type SerialAnswer =
  | { readonly status: 'serial'; readonly serial: number; readonly evidence: string }
  | { readonly status: 'unsynced' | 'down' | 'unknown'; readonly evidence: string };

/** Asks one server for its live serial, past all caches; never rejects for the server's fault. Made by probes/dns-serial.ts. */
export type AskSerial = (server: Endpoint, signal?: AbortSignal) => Promise<SerialAnswer>;

/** A capture that was made, also one that was refused after bytes had come. */
export interface CaptureRecord {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly bytes: number;
}

export interface CaptureLimits {
  readonly leastIntervalMs: number;
  readonly bytesPerHour: number;
}

export type CapturePermit =
  | { readonly status: 'allowed' }
  | { readonly status: 'too-soon' | 'over-budget'; readonly waitMs: number; readonly reason: string };

const hourMs = 3_600_000;

/**
 * May a capture be made now? The next one is taken to be as large as the largest of the last hour, and room for one more is kept
 * back for the last capture in an outage: `urgent` (that one) uses the room and needs no interval.
 * `history` in any order; entries older than an hour do not count. `waitMs`: ask again then.
 */
export function mayCapture(
  history: readonly CaptureRecord[],
  now: number,
  limits: CaptureLimits,
  options: { readonly urgent?: boolean } = {},
): CapturePermit {
  const { leastIntervalMs, bytesPerHour } = limits;
  const urgent = options.urgent === true;
  const recent = history.filter(({ at }) => at > now - hourMs);
  // An instant after `now` means that the clock was set back: it must not block captures until the clock has caught up.
  const last = Math.max(...recent.map(({ at }) => at).filter((at) => at <= now));
  const waitMs = last + leastIntervalMs - now;
  if (!urgent && waitMs > 0) {
    return {
      status: 'too-soon',
      waitMs,
      reason: `the last capture was ${now - last} ms ago, the least interval is ${leastIntervalMs} ms`,
    };
  }
  const expected = Math.max(0, ...recent.map(({ bytes }) => bytes));
  const needed = urgent ? expected : 2 * expected;
  const used = recent.reduce((sum, { bytes }) => sum + bytes, 0);
  if (used + needed <= bytesPerHour) return { status: 'allowed' };
  const oldest = Math.min(now, ...recent.map(({ at }) => at));
  return {
    status: 'over-budget',
    waitMs: Math.max(1, oldest + hourMs - now),
    reason: `${used} bytes were transferred in the last hour and the next capture needs some ${expected}${urgent ? '' : ' (and as much kept back for an outage)'}; the budget is ${bytesPerHour} bytes an hour`,
  };
}

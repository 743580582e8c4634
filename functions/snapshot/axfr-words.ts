// The words of captures by zone transfer: why a server was refused, and what its live serial is. Whoever transfers is sources/axfr.ts; a
// vantage's report holds the same codes (vantage/protocol/report.ts).
import type { Endpoint } from '../lib/network.ts';
import type { RefusalKind } from '../model/source.ts';

/** What each code means to whoever does not read it: before, during and after the transfer. */
export const axfrRefusals = {
  /** SERVFAIL or serial 0: CoreDNS has no API data. */
  unsynced: 'unsynced',
  /** Other replicas have left it behind. */
  behind: 'behind',
  /** No answer to the serial question. */
  down: 'unreachable',
  /** It answers, but not with CoreDNS's own serial: a cache, or somebody else. */
  'serial-unknown': 'unverified',
  /** REFUSED: no transfer for this address or key. */
  refused: 'denied',
  /** NOTAUTH: not its zone, or another key. */
  notauth: 'denied',
  'server-failure': 'failed',
  /** SOA and SOA only, or nothing in it that is a service. */
  empty: 'incomplete',
  /** The stream ended before the closing SOA. */
  truncated: 'incomplete',
  'bad-mac': 'unverified',
  'bad-key': 'denied',
  'bad-time': 'denied',
  'missing-mac': 'unverified',
  /** More bytes or records than allowed. */
  'too-large': 'too-large',
  malformed: 'malformed',
  /** Over TLS, and the server could not be verified. */
  tls: 'unverified',
  timeout: 'timed-out',
  network: 'unreachable',
  'serial-zero': 'unsynced',
  'missing-names': 'incomplete',
} as const satisfies Readonly<Record<string, RefusalKind>>;
export type AxfrRefusal = keyof typeof axfrRefusals;
export const axfrRefusalCodes = Object.keys(axfrRefusals) as AxfrRefusal[];

/** What the live serial of a server is, or why it cannot be told. */
export type SerialAnswer =
  | { readonly status: 'serial'; readonly serial: number; readonly evidence: string }
  | { readonly status: 'unsynced' | 'down' | 'unknown'; readonly evidence: string };

/** Asks one server for its live serial, past all caches; never rejects for the server's fault. Made by probes/dns-serial.ts. */
export type AskSerial = (server: Endpoint, signal?: AbortSignal) => Promise<SerialAnswer>;

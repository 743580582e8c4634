// The provider port: one standby zone at one DNS host. It says what the host takes, reads what the zone holds and applies one atomic batch at a
// time. One folder a kind of host, with its own cost of a batch.
// It never decides what to change, in which order, or whether it is safe.

import type { ProviderCapabilities } from '../plan/capabilities.ts';
import type { Marker } from '../plan/marker.ts';
import type { Change } from '../plan/plan.ts';
import type { Name } from '../records/name.ts';
import type { Rrset } from '../records/rrset.ts';

export type { ProviderCapabilities } from '../plan/capabilities.ts';

/**
 * What a host calls single records (ids), by keys of its provider's own. Nobody else looks into them: they go with the batch that follows, and are
 * compared with nothing and stored nowhere.
 */
export type Handles = Readonly<Record<string, string>>;

/** What the zone's marker says. */
export interface MarkerRead {
  /** undefined: no marker yet. */
  readonly marker: Marker | undefined;
  /** Of what was read; left out by hosts that name records by their content. */
  readonly handles?: Handles;
}

/** What the zone holds now: everything Lifeboat owns there, without marker, SOA and apex NS. */
export interface ZoneState extends MarkerRead {
  readonly rrsets: readonly Rrset[];
  /** Names of ours at which the zone holds what could not be read; left out when there are none. */
  readonly unread?: readonly Name[];
}

/** One atomic step: applied whole, and only if the marker is still `expected` (undefined: only if there is none). */
export interface Batch {
  readonly expected: Marker | undefined;
  readonly next: Marker;
  /** Not over the capabilities, and nothing that Lifeboat does not own: LifeboatError `limit` or `internal` before any I/O otherwise. */
  readonly changes: readonly Change[];
  /** Those of the reading that the changes were made over, and of the batches since. */
  readonly handles?: Handles;
}

export type ApplyOutcome =
  /** It is served. `handles`: of what it wrote, the marker included. */
  | { readonly status: 'applied'; readonly handles?: Handles }
  /**
   * The host has taken it whole: the marker is moved for every writer, both readings show it, and the next batch may be sent; its name servers
   * follow. `settled` ends when they have, and throws `timeout` when the signal comes first (Route 53: INSYNC of GetChange, asked sparingly).
   */
  | {
      readonly status: 'accepted';
      readonly handles?: Handles;
      readonly settled: (signal: AbortSignal) => Promise<void>;
    }
  /** Somebody else moved the marker, or an expected record is not there: nothing was written. */
  | { readonly status: 'conflict'; readonly reason: string }
  /** The server said no, or its answer cannot be believed (credential, policy): trying again does not help, and is not done. */
  | { readonly status: 'refused'; readonly reason: string };

export interface Provider {
  /** For people and logs: `rfc2136 127.0.0.1:53 cluster.local.`; never a secret. */
  readonly label: string;
  readonly zone: Name;
  /** What the host takes; limits that live in the account or at the server are read there. */
  describe(signal: AbortSignal): Promise<ProviderCapabilities>;
  /** Reads the marker alone, uncached, where the zone is written. Throws LifeboatError on faults, as `readZone` does. */
  readMarker(signal: AbortSignal): Promise<MarkerRead>;
  /** Reads the whole zone from the authoritative server, uncached. Throws LifeboatError on faults. */
  readZone(signal: AbortSignal): Promise<ZoneState>;
  /** Throws LifeboatError `timeout` or `network` when it is not known whether the batch was applied: read again. */
  apply(batch: Batch, signal: AbortSignal): Promise<ApplyOutcome>;
}

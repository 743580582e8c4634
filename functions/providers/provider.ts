// The provider port: one standby zone at one DNS host. It reads what the zone holds and applies one atomic batch at a time.
// It never decides what to change, in which order, or whether it is safe.

import type { Marker } from '../plan/marker.ts';
import type { Change } from '../plan/plan.ts';
import type { Name } from '../records/name.ts';
import type { Rrset } from '../records/rrset.ts';

/** What a provider can do, as data; plan/batches.ts cuts a plan accordingly before any I/O. */
export interface ProviderCapabilities {
  /** Largest number of values and of value characters in one batch; a replace counts `replaceCost` times. */
  readonly maxValuesPerBatch: number;
  readonly maxCharactersPerBatch: number;
  readonly replaceCost: 1 | 2;
  readonly maxValuesPerRrset: number;
}

/** What the zone holds now: everything Lifeboat owns there, without marker, SOA and apex NS. */
export interface ZoneState {
  readonly rrsets: readonly Rrset[];
  /** undefined: no marker yet. */
  readonly marker: Marker | undefined;
}

/** One atomic step: applied whole, and only if the marker is still `expected` (undefined: only if there is none). */
export interface Batch {
  readonly expected: Marker | undefined;
  readonly next: Marker;
  readonly changes: readonly Change[];
}

export type ApplyOutcome =
  | { readonly status: 'applied' }
  /** Somebody else moved the marker, or an expected record is not there: nothing was written. */
  | { readonly status: 'conflict'; readonly reason: string }
  /** The server said no (credential, policy): nothing was written, trying again does not help. */
  | { readonly status: 'refused'; readonly reason: string };

export interface Provider {
  /** For people and logs: `rfc2136 127.0.0.1:53 cluster.local.`; never a secret. */
  readonly label: string;
  readonly zone: Name;
  readonly capabilities: ProviderCapabilities;
  /** Reads the whole zone from the authoritative server, uncached. Throws LifeboatError on faults. */
  read(signal: AbortSignal): Promise<ZoneState>;
  /** Throws LifeboatError `timeout` or `network` when it is not known whether the batch was applied: read again. */
  apply(batch: Batch, signal: AbortSignal): Promise<ApplyOutcome>;
}

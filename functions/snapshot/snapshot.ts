// The snapshot model: a numbered, immutable set of records with where it came from. Pure data; made by snapshot/build.ts, stored by codec.ts.
import { assertNever } from '../lib/assert.ts';
import type { Name } from '../records/name.ts';
import type { Rrset } from '../records/rrset.ts';

/** Where the records came from. */
export type SnapshotOrigin =
  /** As it is stored since there were snapshots: a source's own kind is `source`. */
  | { readonly kind: 'axfr'; readonly server: string; readonly signed: boolean }
  | { readonly kind: 'file'; readonly path: string }
  /** `verified`: nobody on the way could have changed it. */
  | { readonly kind: 'source'; readonly source: string; readonly place: string; readonly verified: boolean };

/** How new the records are, in the source's own measure. */
export type Freshness =
  /** Of the SOA: for CoreDNS, the Unix second of the last change that this replica saw. */
  | { readonly kind: 'serial'; readonly serial: number }
  /** Of a list of the Kubernetes API; opaque. */
  | { readonly kind: 'resource-version'; readonly resourceVersion: string }
  /** Milliseconds since the epoch. */
  | { readonly kind: 'instant'; readonly at: number };

/** What was in the source and is not in the snapshot, and why. */
export interface Dropped {
  readonly name: Name;
  /** As text, since it may be one that Lifeboat does not read: `A`, `TYPE65280`. */
  readonly type: string;
  readonly count: number;
  readonly reason: string;
}

export interface SnapshotCounts {
  readonly records: number;
  readonly rrsets: number;
  readonly byType: Readonly<Record<string, number>>;
  /** By Kubernetes namespace: the label left of `svc`. */
  readonly byNamespace: Readonly<Record<string, number>>;
}

export interface Snapshot {
  readonly format: 1;
  readonly cluster: string;
  /** Counts up by one per stored snapshot of a cluster; 0 before it is stored. */
  readonly number: number;
  /** Milliseconds since the epoch, when the transfer ended. */
  readonly takenAt: number;
  readonly origin: SnapshotOrigin;
  readonly zone: Name;
  readonly freshness: Freshness;
  readonly counts: SnapshotCounts;
  /** `sha256:<hex>` over the canonical form of zone and rrsets (snapshot/digest.ts). */
  readonly digest: string;
  readonly dropped: readonly Dropped[];
  /**
   * Names of services at which the source holds what could not be read, in canonical order; left out when there are none. What they should
   * hold is not known, so nothing that a standby holds there is taken away (plan/unread.ts).
   */
  readonly unread?: readonly Name[];
  /** In canonical order; no SOA, no NS of the apex. */
  readonly rrsets: readonly Rrset[];
}

/** The source that it was captured from, and where; undefined: from none. */
export function capturedFrom(
  origin: SnapshotOrigin,
): { readonly source: string; readonly place: string; readonly verified: boolean } | undefined {
  switch (origin.kind) {
    case 'axfr':
      return { source: 'axfr', place: origin.server, verified: origin.signed };
    case 'source':
      return origin;
    case 'file':
      return undefined;
    default:
      return assertNever(origin, 'origin');
  }
}

export function originWords(origin: SnapshotOrigin): string {
  switch (origin.kind) {
    case 'axfr':
      return `${origin.server}, ${origin.signed ? 'signed (TSIG)' : 'not signed'}`;
    case 'source':
      return `${origin.source} ${origin.place}, ${origin.verified ? 'verified' : 'not verified'}`;
    case 'file':
      return `file ${origin.path}`;
    default:
      return assertNever(origin, 'origin');
  }
}

export function freshnessWords(freshness: Freshness): string {
  switch (freshness.kind) {
    case 'serial':
      return `serial ${freshness.serial}`;
    case 'resource-version':
      return `resourceVersion ${freshness.resourceVersion}`;
    case 'instant':
      return `as of ${new Date(freshness.at).toISOString()}`;
    default:
      return assertNever(freshness, 'freshness');
  }
}

/** For people, a line each: what was left out and why; beyond `most` they are counted. */
export function leftOutWords(dropped: readonly Dropped[], most = 20): readonly string[] {
  const lines = dropped
    .slice(0, most)
    .map(({ name, type, count, reason }) => `left out: ${name} ${type} (${count}): ${reason}`);
  const more = dropped.length - most;
  return more > 0 ? [...lines, `left out: ${more} more`] : lines;
}

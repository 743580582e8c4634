// The snapshot model: a numbered, immutable set of records with where it came from. Pure data; made by snapshot/build.ts.
import type { Name } from '../records/name.ts';
import type { RecordType, Rrset } from '../records/rrset.ts';

/** Where the records came from. */
export type SnapshotOrigin =
  | { readonly kind: 'axfr'; readonly server: string; readonly signed: boolean }
  | { readonly kind: 'file'; readonly path: string };

/** What was in the source and is not in the snapshot, and why. */
export interface Dropped {
  readonly name: Name;
  readonly type: RecordType;
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
  /** The SOA serial of the source: for CoreDNS, the Unix second of the last change that this replica saw. */
  readonly serial: number;
  readonly counts: SnapshotCounts;
  /** `sha256:<hex>` over the canonical form of zone and rrsets (snapshot/digest.ts). */
  readonly digest: string;
  readonly dropped: readonly Dropped[];
  /** In canonical order; no SOA, no NS of the apex. */
  readonly rrsets: readonly Rrset[];
}

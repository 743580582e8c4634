// The snapshot model: a numbered, immutable set of records with where it came from. Pure data; made by snapshot/build.ts.
import type { Name } from '../records/name.ts';
import type { Rrset } from '../records/rrset.ts';

/** Where the records came from. */
export type SnapshotOrigin =
  | { readonly kind: 'axfr'; readonly server: string; readonly signed: boolean }
  | { readonly kind: 'file'; readonly path: string };

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
  /** The SOA serial of the source: for CoreDNS, the Unix second of the last change that this replica saw. */
  readonly serial: number;
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

/** For people, a line each: what was left out and why; beyond `most` they are counted. */
export function leftOutWords(dropped: readonly Dropped[], most = 20): readonly string[] {
  const lines = dropped
    .slice(0, most)
    .map(({ name, type, count, reason }) => `left out: ${name} ${type} (${count}): ${reason}`);
  const more = dropped.length - most;
  return more > 0 ? [...lines, `left out: ${more} more`] : lines;
}

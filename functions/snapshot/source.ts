// The port of snapshot sources. It must not talk to anybody; how often one may be asked is in budget.ts, when in decision/machine/captures.ts, which in sources.ts there.
import type { RefusalKind, SourceTerms } from '../model/source.ts';
import type { Snapshot } from './snapshot.ts';

/** What was tried in one place and did not give a snapshot. */
export interface CaptureAttempt {
  /** A replica `10.0.0.10:53`, the API server. */
  readonly place: string;
  readonly kind: RefusalKind;
  /** The source's own word for it, for people: `bad-mac`. Nothing is decided by it. */
  readonly code: string;
  /** One line for a person, with numbers. */
  readonly evidence: string;
}

/** What a capture has cost, one that was refused as well. */
export interface CaptureCost {
  /** Bytes received, those of refused attempts included. */
  readonly bytes: number;
  /** Requests to a server that others need as well, where the source makes such; default none. */
  readonly requests?: number;
  readonly tookMs: number;
  /** Places that were tried or looked at in vain, in order. */
  readonly attempts: readonly CaptureAttempt[];
}

export type CaptureResult =
  | (CaptureCost & {
      readonly status: 'captured';
      /** Not yet numbered (`number` 0). */
      readonly snapshot: Snapshot;
      /** Things worth showing: the zone changed during the transfer, … */
      readonly notes: readonly string[];
    })
  | (CaptureCost & { readonly status: 'refused' });

export interface CaptureOptions {
  readonly signal?: AbortSignal;
  /** Called now and then while a transfer runs. */
  readonly onProgress?: (progress: {
    readonly place: string;
    readonly records: number;
    readonly bytes: number;
  }) => void;
}

export interface SnapshotSource {
  /** Tries these places in their order, and no others; never throws for a place's fault. */
  capture(places: readonly string[], options?: CaptureOptions): Promise<CaptureResult>;
}

/** A source of the configuration, with its terms. Made in one place: functions/entry/wire-cluster.ts. */
export interface ConfiguredSource extends SourceTerms {
  readonly source: SnapshotSource;
}

// The port of snapshot sources. It must not talk to anybody; how often one may be asked is in budget.ts, when in decision/machine/captures.ts, which in sources.ts there.
import type { CaptureAttempt, SourceTerms } from '../model/source.ts';
import type { Snapshot } from './snapshot.ts';

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
  | (CaptureCost & { readonly status: 'refused' })
  /** Others were asked, and that is stored: they answer later, to whichever life is there (tasks/capture/answered.ts). */
  | (CaptureCost & { readonly status: 'asked' });

export interface CaptureOptions {
  /**
   * Allows the source to ask others and to answer later: an opaque text that it keeps with the question and gives back with the answer. The same
   * again is the same question. Without it the source answers now.
   */
  readonly ticket?: string;
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

// Events: everything the machine ever hears of. No behaviour.

import type { OperatorCommand } from '../../model/outage.ts';
import type { RefusalKind } from '../../model/source.ts';
import type { Observation } from '../health/observation.ts';
import type { CaptureEffect, FreezeEffect, PublishEffect } from './effect.ts';

/** The marker of a standby as it was seen or written. */
export interface MarkerSeen {
  readonly generation: number;
  /** The other deployment of this cluster that keeps the zone; null: none does. */
  readonly keeper: string | null;
  /** The activation that it is frozen by; 0: it is not. */
  readonly frozen: number;
  /** The snapshot that it names, of which `partial` says that it is not there wholly. Left out in states of older versions. */
  readonly snapshot?: number;
}

/** A source that gave no snapshot: of its last attempt the kind. */
export interface TriedSource {
  readonly source: string;
  readonly kind: RefusalKind;
}

export type ClusterEvent =
  /** One round of one vantage: all that it saw of each target it names. It replaces what that vantage saw of them before. */
  | {
      readonly kind: 'observed';
      readonly vantage: string;
      readonly group: string;
      readonly observations: readonly Observation[];
    }
  /** A snapshot was taken and is stored under its number; one whose content is that of an older one may keep the older number. */
  | {
      readonly kind: 'captured';
      readonly effect: CaptureEffect;
      readonly snapshot: number;
      /** The source that gave it; none where a person brought it along. */
      readonly source?: string;
      /** Those that were asked in vain before. */
      readonly tried?: readonly TriedSource[];
    }
  /** No snapshot. `postponedMs`: it was not even tried and may be asked for again after this long (least interval, byte budget). */
  | {
      readonly kind: 'capture-refused';
      readonly effect: CaptureEffect;
      readonly reason: string;
      readonly postponedMs?: number;
      readonly tried?: readonly TriedSource[];
      /** Lives that ended while they took in what came for it: it is asked for again later and later. */
      readonly endedLives?: number;
    }
  /** Others were asked for it, and that is stored: the answer may come to another life. `elsewhere` false: they could not, and it is made here. */
  | { readonly kind: 'capture-asked'; readonly effect: CaptureEffect; readonly elsewhere: boolean }
  /** Others were asked for the one with these numbers (CaptureEffect), and nobody knows of it any more: what was stored of it is lost. */
  | { readonly kind: 'capture-lost'; readonly askedAt: number; readonly activation: number }
  /**
   * The standby holds the snapshot, but for `heldDeletes` record sets whose delete was held back. `activation`: the number in its marker,
   * so that a machine whose store was lost goes on counting where the zone stands. `adopted`: the zone was not as it is known here, and
   * nothing was deleted. `changed`: the zone was read whole, and so many record sets had other values than they have now; left out where
   * its marker was gone by. `isServed` false: the host has taken it, and its name servers do not show it yet, or that is not known.
   */
  | {
      readonly kind: 'published';
      readonly effect: PublishEffect;
      readonly heldDeletes: number;
      readonly activation: number;
      readonly marker?: MarkerSeen;
      readonly adopted?: 'marker-gone' | 'taken-over';
      readonly changed?: number;
      readonly isServed?: false;
    }
  /**
   * It does not, or not wholly. `refused` by a guard; `frozen` by somebody's marker, whose activation number is `activation`;
   * `kept` by another deployment of this cluster; `foreign`: another cluster's; `conflict` another writer; `denied` by the DNS host;
   * `mismatch` when read back; `stopped` by ourselves, since something else is due now; `fault` anything thrown.
   */
  | {
      readonly kind: 'publish-failed';
      readonly effect: PublishEffect;
      readonly status:
        | 'refused'
        | 'frozen'
        | 'kept'
        | 'foreign'
        | 'conflict'
        | 'denied'
        | 'mismatch'
        | 'stopped'
        | 'fault';
      readonly reason: string;
      readonly activation?: number;
      readonly marker?: MarkerSeen;
    }
  /** `isServed` as above. */
  | {
      readonly kind: 'frozen';
      readonly effect: FreezeEffect;
      readonly marker?: MarkerSeen;
      readonly isServed?: false;
    }
  /** `activation`: the number in somebody's newer marker, when that is why. `status` as above; none: a fault. */
  | {
      readonly kind: 'freeze-failed';
      readonly effect: FreezeEffect;
      readonly reason: string;
      readonly activation?: number;
      readonly status?: 'frozen' | 'kept' | 'foreign';
      readonly marker?: MarkerSeen;
    }
  | {
      readonly kind: 'operator';
      readonly command: OperatorCommand;
      readonly who: string;
      readonly why: string;
      /** Of `failback`: also what another deployment of this cluster keeps, its freeze included. */
      readonly takeOver?: boolean;
      /** Of `failback`: although it is not known that what was failed over for is over. */
      readonly force?: boolean;
      /** Of `hold`: it ends by itself after this long. */
      readonly forMs?: number;
    }
  /**
   * What the marker of a standby says, read without writing. A store that is new or was lost learns from it which activations the zone has
   * seen. `freeze`: by whom it is frozen, in words; empty: it is not. `foreign`: whose it is, in words, when it is another cluster's.
   */
  | {
      readonly kind: 'marker-read';
      readonly standby: string;
      readonly activation: number;
      readonly freeze: string;
      readonly foreign?: string;
      readonly marker?: MarkerSeen;
    }
  /**
   * Requests in the name of a vantage (null: they named none that is known) that were refused: so many since the last such event. `refusal`
   * is the word for the last one, `reason` the sentence.
   */
  | {
      readonly kind: 'vantage-refused';
      readonly vantage: string | null;
      readonly refusal: string;
      readonly reason: string;
      readonly count: number;
    }
  /** A new process took over: what the old one was doing will not be reported any more. */
  | { readonly kind: 'restarted' }
  /** Time passes: timers, backoffs, observations that grew too old. */
  | { readonly kind: 'tick' };

// Effects: what the machine wants done, as data. Whoever carries them out reports the outcome as an event. No behaviour.
import type { Intent } from '../../model/intent.ts';
import type { CaptureAttempt } from '../../model/source.ts';
import type { Standing } from '../../model/standing.ts';
import type { Telling } from '../../model/telling.ts';

/** A source that tells the truth now, and the places where it may be asked, best first. */
export interface CaptureFrom {
  readonly source: string;
  readonly places: readonly string[];
}

/**
 * Take a snapshot from the first of `from` that gives one. `final`: the last one of the activation, which needs no least interval;
 * `activation` is its number then, else 0. Answer: `captured` or `capture-refused`; before it perhaps `capture-asked`.
 */
export interface CaptureEffect {
  readonly kind: 'capture';
  readonly final: boolean;
  readonly activation: number;
  readonly from: readonly CaptureFrom[];
  /** Milliseconds since the epoch. */
  readonly askedAt: number;
  /** Was the cluster healthy then? */
  readonly healthy: boolean;
  /** What others did in vain who were asked for it: it is captured from here now. */
  readonly inVain?: InVain;
}

export interface InVain {
  readonly attempts: readonly CaptureAttempt[];
  /** Lives that ended while they took in what came. */
  readonly endedLives: number;
}

/**
 * Bring one standby to a stored snapshot. `deletes: 'held'` lets adds and changes out only. The intent `activate` leaves the zone
 * frozen, the others leave it warm. Answer: `published` or `publish-failed`.
 */
export interface PublishEffect {
  readonly kind: 'publish';
  readonly standby: string;
  readonly snapshot: number;
  /** The instant that the snapshot is at least as new as; milliseconds since the epoch. */
  readonly asOf: number;
  readonly deletes: 'allowed' | 'held';
  readonly intent: Intent;
  readonly standing: Standing;
  /** Move the marker even when nothing else has changed. */
  readonly renew: boolean;
  /**
   * How to learn what the zone holds: by its marker, where that fits what was left there (functions/plan/inventory.ts), or read whole: it is
   * known to be damaged, or is given back after an outage.
   */
  readonly read: 'marker' | 'zone';
}

/**
 * Freeze what a standby holds: the marker alone, no records. Asked for when no publication could do it: there is no snapshot, a guard
 * refused it, or it failed for too long. Answer: `frozen` or `freeze-failed`.
 */
export interface FreezeEffect {
  readonly kind: 'freeze';
  readonly standby: string;
  readonly activation: number;
  readonly standing: Standing;
}

/**
 * In the order in which they are to be done: pages, resolves, then work. The state and the pages belong into the store in one write,
 * before anything else is done: that is what "recorded and paged first" means, and what makes a crash in between lose nothing.
 */
export type Effect =
  /** Open an incident, or remind of one (`repeat` above 0). */
  | { readonly kind: 'page'; readonly telling: Telling }
  /** Close an incident that was paged under the same dedup key. */
  | { readonly kind: 'resolve'; readonly telling: Telling }
  | CaptureEffect
  | PublishEffect
  | FreezeEffect
  /** The answer to an operator: what happens now, or why nothing does. */
  | Reply;

/** `canForce`: with `force` it would be accepted. */
export type Reply =
  | { readonly kind: 'reply'; readonly status: 'accepted'; readonly reason: string }
  | { readonly kind: 'reply'; readonly status: 'refused'; readonly reason: string; readonly canForce: boolean };

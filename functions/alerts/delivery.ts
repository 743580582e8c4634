// A delivery: one alert on its way to one channel, and how sending it went. Pure data.
import type { Alert } from './alert.ts';

/**
 * Who may have deliveries under way. `watch`: the one that keeps on, whose next life follows the last one; `command`: a command by hand, which
 * nobody follows.
 */
export const seats = ['watch', 'command'] as const;
export type Seat = (typeof seats)[number];

/** One life of a process, or of an object that the platform may end at any moment. */
export interface Claimant {
  readonly seat: Seat;
  /** Unique for each life. */
  readonly life: string;
}

/** Being sent by this life. After `until` (milliseconds since the epoch) it is taken for dead. */
export interface Claim extends Claimant {
  readonly until: number;
}

export interface Delivery {
  /** Unique for this alert and channel, the same in every attempt: receivers can drop what they have seen. */
  readonly id: string;
  /** The channel's id in the configuration. */
  readonly channel: string;
  readonly alert: Alert;
  /** Milliseconds since the epoch. */
  readonly enqueuedAt: number;
  /** Failures so far. */
  readonly failures: number;
  /** Not to be sent before; milliseconds since the epoch. */
  readonly notBefore: number;
  readonly lastFailure: string;
  /** Who is sending it now; null: nobody. */
  readonly claim: Claim | null;
}

/** Not delivered, and never will be: shown until newer ones push it out. */
export interface DeadDelivery {
  readonly delivery: Delivery;
  readonly diedAt: number;
  readonly reason: string;
}

export type SendResult =
  /** `memory`: what the channel wants to know with the next delivery about this incident; absent: what it knows already. */
  | { readonly status: 'delivered'; readonly memory?: string }
  /** Trying again can help, and it may have arrived all the same. `afterMs`: the receiver asks for this wait. */
  | { readonly status: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** The receiver refuses it: not taken, and not before somebody mends something. */
  | { readonly status: 'rejected'; readonly reason: string };

/** What becomes of a delivery: `gone` when the configuration does not have its channel any more. */
export type Settlement = SendResult | { readonly status: 'gone'; readonly reason: string };

/** A delivery that nobody has tried to send yet. */
export function newDelivery(id: string, channel: string, alert: Alert, now: number): Delivery {
  return { id, channel, alert, enqueuedAt: now, failures: 0, notBefore: now, lastFailure: '', claim: null };
}

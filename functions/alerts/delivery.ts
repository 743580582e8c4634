// A delivery: one alert on its way to one channel, and how sending it went. Pure data.
import type { Alert } from './alert.ts';

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
}

/** Not delivered, and never will be: shown until newer ones push it out. */
export interface DeadDelivery {
  readonly delivery: Delivery;
  readonly diedAt: number;
  readonly reason: string;
}

export type SendResult =
  | { readonly status: 'delivered' }
  /** Trying again can help. `afterMs`: the receiver asks for this wait. */
  | { readonly status: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** Trying again cannot help. */
  | { readonly status: 'rejected'; readonly reason: string };

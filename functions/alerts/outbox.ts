// The outbox: what is still to be told to whom, as one document. Keep it in one write with the machine's state, then a crash between deciding
// and telling loses nothing. What goes in is in enqueue.ts, who sends what and when in claims.ts, what comes of it in settle.ts, what gives
// way when there is too much in shed.ts.
import type { Severity } from '../model/severity.ts';
import type { DeadDelivery, Delivery } from './delivery.ts';

export interface Failing {
  /** Milliseconds since the epoch: the first failure after which nothing was delivered any more. */
  readonly since: number;
  /** Was anything refused since? Else it is out of reach. */
  readonly refused: boolean;
  readonly reason: string;
}

export interface Group {
  /** By dedup key: the incidents that are told by the group alone, and their summaries. */
  readonly members: Readonly<Record<string, string>>;
  /** The number of the group's last trigger, and the largest reminder of a member that it has told. */
  readonly repeat: number;
  readonly reminded: number;
  readonly since: number;
}

/** What a receiver surely has of an open incident (receipts.ts). */
export interface Receipt {
  readonly channel: string;
  readonly dedupKey: string;
  readonly severity: Severity;
  /** In the channel's own form; empty: nothing. */
  readonly memory: string;
}

export interface Outbox {
  readonly format: 1;
  /** The number of deliveries ever put in. */
  readonly sequence: number;
  /** Oldest first. */
  readonly pending: readonly Delivery[];
  /** By dedup key: incidents that were triggered and not resolved, with the last reminder's number. */
  readonly open: Readonly<Record<string, number>>;
  /** By dedup key: the channels whose receivers have a trigger of it, or may have (no answer came), and no resolve yet. */
  readonly shown: Readonly<Record<string, readonly string[]>>;
  /** What receivers surely have of open incidents, and what their channels remember of it; the newest last. */
  readonly receipts: readonly Receipt[];
  /** By channel: those that took nothing at the last attempt. */
  readonly failing: Readonly<Record<string, Failing>>;
  /** By the group's own dedup key. */
  readonly groups: Readonly<Record<string, Group>>;
  /** The newest 100 that were given up, oldest first, and how many there ever were. */
  readonly dead: readonly DeadDelivery[];
  readonly deadTotal: number;
}

export const emptyOutbox: Outbox = {
  format: 1,
  sequence: 0,
  pending: [],
  open: {},
  shown: {},
  receipts: [],
  groups: {},
  failing: {},
  dead: [],
  deadTotal: 0,
};

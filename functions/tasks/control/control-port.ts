// The control port of one cluster: how the API and the page see it and act on it. A port: everything that goes in and comes out is plain data, so
// that the control port may lie behind a remote call (a Durable Object) or in the same process. Types only.

import type { Finding } from '../../decision/incidents/findings.ts';
import type { Phase } from '../../decision/machine/state.ts';
import type { OperatorCommand } from '../../model/outage.ts';
import type { Freshness, SnapshotCounts } from '../../snapshot/snapshot.ts';
import type { ClusterRecord } from '../cluster/record.ts';
import type { HeldByStandby } from '../publish/holds.ts';

export interface ClusterControl {
  /** All there is to see now. */
  view(): Promise<ClusterView>;
  /** Carries out an operator's command or lets held deletes out, or says in words what that would do. */
  order(order: Order | ReleaseOrder): Promise<OrderAnswer>;
  /** The document of a kept snapshot; undefined when it is not kept. */
  snapshot(number: number): Promise<string | undefined>;
  /** `text/event-stream`: an event `view` at once and after each step. */
  events(): Promise<ReadableStream<Uint8Array>>;
  /** A signed request of an in-network vantage, as it came. */
  report(request: VantageRequest): Promise<ReportAnswer>;
}

/** Instants are milliseconds since the epoch, of the control port's own clock. */
export interface ClusterView {
  readonly at: number;
  /** Verdicts are judged anew for `at`: what has grown too old says so. */
  readonly record: ClusterRecord;
  /** What is wrong at `at`, by the rules of the machine. */
  readonly findings: readonly Finding[];
  /** What is held back from each standby; by id. */
  readonly held: HeldByStandby;
  readonly snapshots: { readonly numbers: readonly number[]; readonly latest?: SnapshotSummary };
  readonly watch: WatchStatus;
  readonly vantages: readonly VantageStatus[];
}

export interface SnapshotSummary {
  readonly number: number;
  readonly takenAt: number;
  /** Where its source counts in serials; another measure is in `freshness`. */
  readonly serial?: number;
  readonly freshness?: Freshness;
  readonly digest: string;
  readonly counts: SnapshotCounts;
}

/** How Lifeboat itself is. */
export interface WatchStatus {
  readonly intervalMs: number;
  /** So many good rounds in a row are no chance: the policy's. */
  readonly healthyRounds: number;
  /** When the last round ended; null: none yet. */
  readonly lastRoundAt: number | null;
  /** When the backstop last had to start a watch that had stopped; null: never. */
  readonly rearmedAt: number | null;
  /** What is wrong with Lifeboat itself, one sentence each: its store, a secret that is missing. */
  readonly troubles: readonly string[];
}

export interface VantageStatus {
  readonly id: string;
  readonly group: string;
  readonly kind: 'edge' | 'inside';
  /** When it last delivered observations that were taken; null: never. */
  readonly lastSeenAt: number | null;
  /** Requests of it, or in its name, that were refused since the watch began, and why the last one was. */
  readonly refused: number;
  readonly lastRefusal: string;
}

/** One line. */
export const maxWhyCharacters = 500;

export interface Order {
  readonly command: OperatorCommand;
  /** The id of the token; goes into the history and the page. */
  readonly who: string;
  readonly why: string;
  /** Of a failback: also what another deployment of this cluster keeps. */
  readonly takeOver?: boolean;
  /** Of a failback: although it is not known that the outage is over. */
  readonly force?: boolean;
  /** Of a hold: it ends by itself after so many milliseconds. */
  readonly forMs?: number;
  /** Only say what would be done. */
  readonly dryRun: boolean;
  /** The same key with the same order is answered as when it was accepted, and done once. A refused one may be given again. */
  readonly idempotencyKey?: string;
}

/** Lets out what is held back from one standby, as it was shown. */
export interface ReleaseOrder extends Pick<Order, 'who' | 'why' | 'dryRun' | 'idempotencyKey'> {
  readonly command: 'release-deletes';
  readonly standby: string;
  /** Of the view that the operator saw; a dry run needs none. */
  readonly digest: string;
}

export type OrderAnswer =
  /** `canForce`: it would be refused, but not with `force`. */
  | { readonly status: 'planned'; readonly words: readonly string[]; readonly canForce: boolean }
  /** The machine's answer; the work goes on after it. `phase`: the one after the command. */
  | { readonly status: 'accepted' | 'refused'; readonly reason: string; readonly phase: Phase }
  /** The idempotency key belongs to another order. */
  | { readonly status: 'key-reused'; readonly reason: string };

export interface VantageRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Why a vantage's request was not taken. */
export const reportRefusals = [
  'malformed',
  'unknown-vantage',
  'bad-signature',
  'clock-skew',
  'replayed',
  'flooding',
  'unwanted',
  'conflict',
] as const;
export type ReportRefusal = (typeof reportRefusals)[number];

export type ReportAnswer =
  /** `wants`: what the vantage is asked to do next. `dropped`: why parts of the report are not taken. */
  | { readonly status: 'taken'; readonly wants: readonly CaptureRequest[]; readonly dropped?: string }
  | { readonly status: 'refused'; readonly refusal: ReportRefusal; readonly reason: string };

/** A snapshot that the watch waits for: to be captured from the first good place of `from`, and put under this number. */
export interface CaptureRequest {
  readonly kind: 'capture';
  readonly number: number;
  readonly source: string;
  readonly from: readonly string[];
  /** Not needed any more after this instant. */
  readonly until: number;
}

// The state of one cluster's machine: everything it remembers, as one JSON document. No behaviour but the empty state.
import type { Incident } from '../../model/incident.ts';
import type { Cause, finals } from '../../model/outage.ts';
import type { Severity } from '../../model/severity.ts';
import type { RefusalKind } from '../../model/source.ts';
import type { Observation } from '../health/observation.ts';
import type { Recent, Tracked } from '../health/recent.ts';
import type { Verdict } from '../health/verdict.ts';
import type { MarkerSeen } from './event.ts';

/** The kinds of target whose outages a quorum confirms. */
export const reachKinds = ['apiserver', 'dns'] as const;
export type ReachKind = (typeof reachKinds)[number];

/**
 * `watching` peace; `suspected` bad rounds, not enough yet; `confirmed` enough of them (left within the same step);
 * `active` an activation is open; `recovering` it is being given back; `held` a person, or too many activations, stopped the machine.
 */
export const phases = ['watching', 'suspected', 'confirmed', 'active', 'recovering', 'held'] as const;
export type Phase = (typeof phases)[number];

export interface Activation {
  /** Counts up by one per activation of a cluster; a frozen zone yields only to a larger one or to a failback. */
  readonly number: number;
  readonly cause: Cause;
  readonly reason: string;
  /** Who failed over; null when the machine did. */
  readonly by: string | null;
  readonly startedAt: number;
  /** Publishing waits while it is `pending`. */
  readonly final: (typeof finals)[number];
  readonly finalReason: string;
}

/** Consecutive rounds of one target. Rounds further apart than three intervals are not consecutive. */
export interface Streak {
  /** Rounds that said down or stale. */
  readonly down: number;
  /** Rounds that said down, stale or degraded. */
  readonly bad: number;
  /** Rounds in which only the readiness of the API server was amiss: neither bad nor healthy. */
  readonly notReady: number;
  readonly healthy: number;
  readonly unknown: number;
  /** Milliseconds since the epoch: when the last round looked that was counted; null: none yet. */
  readonly countedAt: number | null;
  /** The last rounds, in a row or not (recent.ts); one that was not to be had is `u`, one whose credential was refused `.`. */
  readonly recent: Recent;
  /** Bad or unknown rounds come and go, too often for peace. */
  readonly isUnsteady: boolean;
  /** Since when it was not healthy; null: it is. */
  readonly unfitSince: number | null;
}

/** What is open for a person to see; its key is the alert's dedup key. */
export interface OpenIncident {
  readonly openedAt: number;
  readonly pagedAt: number;
  /** How often it was repeated as a reminder. */
  readonly repeat: number;
  readonly severity: Severity;
  /** As they were last told. */
  readonly facts: Incident;
}

/** Work that an effect asked for: under way, or to be tried again not before an instant. */
export interface Job {
  readonly runningSince: number | null;
  /** Failures in a row. */
  readonly failures: number;
  readonly notBefore: number;
  readonly lastFailure: string;
}

export interface CaptureState extends Job {
  /** Number of the newest snapshot, and the instant that it is at least as new as: when its capture was asked for. Null: never. */
  readonly snapshot: number | null;
  readonly asOf: number | null;
  /**
   * Was the cluster healthy when that capture was asked for, and when it was made? Only then may what is missing in it be deleted. The newest
   * one counts, also where its content is that of an older snapshot and has its number.
   */
  readonly healthy: boolean;
  /** When a capture was last asked for, and for which activation's final one; 0: an ordinary one. */
  readonly askedAt: number | null;
  readonly askedFor: number;
  /** Others were asked for the one under way: it does not end with the life that asked. */
  readonly isElsewhere: boolean;
  /** Processes in a row that ended while they made one. */
  readonly deaths: number;
  /** By id, those that gave nothing when they were last asked. */
  readonly sources: Readonly<Record<string, SourceState>>;
}

export interface SourceState {
  /** In a row. */
  readonly failures: number;
  readonly failedAt: number;
  readonly kind: RefusalKind;
}

export interface StandbyState extends Job {
  /** The provider's, as it was when this was stored; for people, and to know the standby again when its id is changed (standby-names.ts). */
  readonly label: string;
  /** Since when this standby is known. */
  readonly since: number;
  /** When a publication last succeeded, the snapshot it left there, and the instant that is at least as new as. Null: never. */
  readonly publishedAt: number | null;
  readonly snapshot: number | null;
  readonly asOf: number | null;
  /** Number of our activation that it is frozen for, by us or by the deployment that keeps it (`marker`); 0: for none. */
  readonly frozen: number;
  /** Number of the last activation whose publication came to its end here, well or not: only the freeze may be left to do. */
  readonly settled: number;
  /** Deletes that guards held back in the last publication that was allowed to delete. */
  readonly heldDeletes: number;
  /** Somebody else's freeze, in words; empty: none. */
  readonly fence: string;
  /** Another cluster's names are in the zone, in words; empty: none are known to be. */
  readonly foreign: string;
  /** The marker as it was last seen or written; null: never. */
  readonly marker: MarkerState | null;
  /** When the zone was last not as it is known here, and was written all the same: its marker gone, or another deployment's. Null: never. */
  readonly adopted: { readonly at: number; readonly because: 'marker-gone' | 'taken-over' } | null;
  /** A capture taken since, published there, ends the activation for this standby; null: nothing is owed to it. */
  readonly giveBack: GiveBack | null;
  /** How often the zone was written again because it was found damaged, within the last hour of that, and when last. */
  readonly rewrites: number;
  readonly rewrittenAt: number | null;
  /** When it is read whole next, as long as it is frozen: what is taken out by hand moves no marker. 0: at once. */
  readonly readNextAt: number;
  /** When such a reading last found what the freeze had left there changed, and how many record sets were put back. Null: never. */
  readonly putBack: { readonly at: number; readonly sets: number } | null;
  /** Until then its name servers may show what was there before: what is seen there is not judged. */
  readonly settlesUntil: number;
}

export interface GiveBack {
  readonly since: number;
  /** Who failed back; null when the machine did. */
  readonly by: string | null;
  /** Also what another deployment of this cluster keeps. */
  readonly takeOver?: boolean;
}

export interface MarkerState extends MarkerSeen {
  /** Since when it stands at this generation: how long its writer may have been gone. */
  readonly since: number;
}

/** What is known of a vantage that is expected to deliver. */
export interface VantageState {
  /** Since when it is listened for. */
  readonly since: number;
  /** When a round of it was last taken in that was fresh; null: never. */
  readonly heardAt: number | null;
  /** Such rounds one after the other, up to `healthyRounds`. */
  readonly rounds: number;
  /** When the machine last ran, and so could have heard of it. */
  readonly listenedAt: number;
}

/** A spell of refused requests in one name. */
export interface RefusalState {
  readonly since: number;
  readonly lastAt: number;
  readonly count: number;
  /** The last one: its word, and the sentence. */
  readonly refusal: string;
  readonly reason: string;
}

export interface Transition {
  readonly at: number;
  readonly from: Phase;
  readonly to: Phase;
  readonly reason: string;
  /** Who asked for it; null when the machine did. */
  readonly by: string | null;
}

export interface ClusterState {
  readonly format: 1;
  readonly cluster: string;
  readonly phase: Phase;
  /** When the phase began, and why. */
  readonly since: number;
  readonly reason: string;
  /** What the phase is about; null in peace. */
  readonly cause: Cause | null;
  /** When the hold of a person ends by itself; null: it does not, or there is none. */
  readonly holdUntil: number | null;
  /** The open activation; it stays through `recovering` and `held` until the failback is done. */
  readonly activation: Activation | null;
  /** The largest activation number that was used or seen in a marker. */
  readonly lastActivation: number;
  /** Instants of the machine's own activations within the last hour. */
  readonly activatedAt: readonly number[];
  /** The newest round of each vantage and target, as long as it counts. */
  readonly observations: readonly Observation[];
  /** By target key: `apiserver`, `dns 10.0.0.10:53`. */
  readonly verdicts: Readonly<Record<string, Verdict>>;
  readonly streaks: Readonly<Record<string, Streak>>;
  /** Refused credentials by vantage and target: `rack apiserver`, `rack dns 10.0.0.10:53` (credentials.ts); those that were taken all along are not here. */
  readonly credentials: Readonly<Record<string, Tracked>>;
  /** By kind of target, as long as the quorum could not be reached (reach.ts). */
  readonly reach: Readonly<Partial<Record<ReachKind, Tracked>>>;
  /** By dedup key. */
  readonly incidents: Readonly<Record<string, OpenIncident>>;
  readonly capture: CaptureState;
  /** By id. */
  readonly standbys: Readonly<Record<string, StandbyState>>;
  /** By id; those of the policy. */
  readonly vantages: Readonly<Record<string, VantageState>>;
  /** By id of the vantage; under an empty one what named none. */
  readonly refusals: Readonly<Record<string, RefusalState>>;
  /** The newest 100, oldest first. */
  readonly transitions: readonly Transition[];
}

export const maxTransitions = 100;
export const maxObservations = 4096;
/** 64 replicas and the API server, with every signal of each. */
export const maxObservationsOfVantage = 256;

const idle: Job = { runningSince: null, failures: 0, notBefore: 0, lastFailure: '' };

export const noStreak: Streak = {
  down: 0,
  bad: 0,
  notReady: 0,
  healthy: 0,
  unknown: 0,
  countedAt: null,
  recent: '',
  isUnsteady: false,
  unfitSince: null,
};

/** A cluster that was never looked at. `now` in milliseconds since the epoch. */
export function initialState(cluster: string, now: number): ClusterState {
  return {
    format: 1,
    cluster,
    phase: 'watching',
    since: now,
    reason: 'the watch begins',
    cause: null,
    holdUntil: null,
    activation: null,
    lastActivation: 0,
    activatedAt: [],
    observations: [],
    verdicts: {},
    streaks: {},
    credentials: {},
    reach: {},
    incidents: {},
    capture: {
      ...idle,
      snapshot: null,
      asOf: null,
      healthy: false,
      askedAt: null,
      askedFor: 0,
      isElsewhere: false,
      deaths: 0,
      sources: {},
    },
    standbys: {},
    vantages: {},
    refusals: {},
    transitions: [],
  };
}

/** A standby that was never published to. */
export function initialStandby(now: number): StandbyState {
  return {
    ...idle,
    label: '',
    since: now,
    publishedAt: null,
    snapshot: null,
    asOf: null,
    frozen: 0,
    settled: 0,
    heldDeletes: 0,
    fence: '',
    giveBack: null,
    foreign: '',
    marker: null,
    adopted: null,
    rewrites: 0,
    rewrittenAt: null,
    readNextAt: 0,
    putBack: null,
    settlesUntil: 0,
  };
}

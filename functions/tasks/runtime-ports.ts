// What a platform gives the runtime of a cluster, and what it gets. Types only; runtime.ts is the runtime.
import type { ClusterEvent } from '../decision/machine/event.ts';
import type { ClusterState } from '../decision/machine/state.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Store } from '../stores/store.ts';
import type { CaptureAnswer } from './capture/answered.ts';
import type { ClusterPorts } from './cluster/ports.ts';
import type { ClusterControl, VantageStatus } from './control/control-port.ts';
import type { WatchHooks } from './loop/controller.ts';
import type { Backstop } from './watch-status.ts';

export interface ClusterRuntime {
  readonly control: ClusterControl;
  /** One round, what follows from it begun, and what is due sent. Never throws. */
  tick(): Promise<void>;
  /** Until no work is under way. */
  rest(): Promise<void>;
  /** Rests, then says that this life is over. For who opens a runtime for one invocation; without it the next life waits for `lifeMs`. */
  end(): Promise<void>;
}

/** Everything that depends on the network and the secrets. */
export interface ClusterReach
  extends Pick<ClusterPorts, 'probe' | 'askCorednsVersion' | 'askOpenTransfer' | 'sources' | 'standbys'> {
  readonly vantages: Vantages;
}

/** The vantages that look from elsewhere and deliver what they saw. */
export interface Vantages {
  readonly report: ClusterControl['report'];
  readonly statuses: (state: ClusterState) => Promise<readonly VantageStatus[]>;
  /** Of the captures that they are asked for now (capture/ticket.ts). */
  readonly tickets: () => Promise<readonly string[]>;
  /** Once a tick: tells of refused requests, and ends captures that did not come. */
  readonly flush: () => Promise<void>;
}

export interface ReachNeeds {
  /** Goes on when the platform's own does not. */
  readonly store: Store;
  /** Tells the machine what a vantage delivered; through when it is stored. */
  readonly hear: (event: ClusterEvent) => Promise<void>;
  /** Keeps a snapshot that was asked for; its number. */
  readonly keep: (fresh: Snapshot) => Promise<number>;
  /** Tells the machine what came of a capture that others were asked for; through when it is stored. */
  readonly answered: (answer: CaptureAnswer) => Promise<void>;
}

export interface RuntimePorts
  extends Pick<ClusterPorts, 'config' | 'cluster' | 'clock' | 'life' | 'lifeMs' | 'channels' | 'heartbeat'> {
  /** As the platform has it: what it does not take is kept in memory, and told. */
  readonly store: Store;
  /** Rejects where it cannot be wired (a secret is missing, say): then nothing is watched, and that is told. */
  readonly openReach: (needs: ReachNeeds) => Promise<ClusterReach>;
  /** What goes on without, one sentence each: a channel whose secret is missing. */
  readonly lacking: readonly string[];
  /** Where something starts a watch that has stopped. */
  readonly backstop?: Backstop;
  readonly log: WatchHooks;
}

/** What a runtime has whether or not its reach can be wired. */
export type KnownPorts = Omit<ClusterPorts, keyof ClusterReach> & { readonly storeTrouble: () => string | undefined };

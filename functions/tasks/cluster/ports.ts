// What the tasks of one cluster work with: its configuration and the ports that the entry has wired. No behaviour.

import type { Channel } from '../../alerts/channels/channel.ts';
import type { SendResult } from '../../alerts/delivery.ts';
import type { ClusterConfig, Config } from '../../config/schema.ts';
import type { ExpectedStandby } from '../../decision/health/expected-standby.ts';
import type { Observation } from '../../decision/health/observation.ts';
import { type Lookers, type Policy, policyFrom } from '../../decision/machine/policy.ts';
import type { StandbyName } from '../../decision/machine/standby-names.ts';
import type { Clock } from '../../lib/deps.ts';
import { LifeboatError } from '../../lib/errors.ts';
import type { Limiter } from '../../lib/limiter.ts';
import type { Endpoint } from '../../lib/network.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Name } from '../../records/name.ts';
import type { ConfiguredSource } from '../../snapshot/source.ts';
import type { Store } from '../../stores/store.ts';

export interface Heartbeat {
  /** From one to the next. */
  readonly intervalMs: number;
  /** Ends within its deadline and never rejects; no reason holds the address. */
  readonly send: () => Promise<SendResult>;
}

export type AskedVersion =
  | { readonly status: 'known'; readonly version: string }
  | { readonly status: 'unknown'; readonly evidence: string };

/** `open`: whoever can reach the replica can read the whole zone. */
export interface OpenTransfer {
  readonly status: 'open' | 'closed' | 'unknown';
  readonly evidence: string;
}

/** `interrupted`: it had stopped, and goes on. `stopped`: nothing is watched until somebody mends `what`. */
export interface WatchTrouble {
  readonly kind: 'interrupted' | 'stopped';
  readonly what: string;
}

/** One standby: what its configuration says and the provider that writes it, made in one place (entry/wire-cluster.ts). */
export interface Standby {
  /** What the state, holds, incidents, metrics and the API go by. */
  readonly id: string;
  readonly provider: Provider;
  /** Deadline of one read or one batch. */
  readonly timeoutMs: number;
  readonly zone: Name;
}

export interface ClusterPorts {
  readonly config: Config;
  readonly cluster: ClusterConfig;
  readonly clock: Clock;
  /** Which life of this process or object it is: what a life has under way nobody reports when it is over. */
  readonly life: string;
  /**
   * How long a life goes on at most, where the next may begin before it has ended (lives.ts); without it a new life means that the last one is
   * over.
   */
  readonly lifeMs?: number;
  readonly store: Store;
  /** One place: who changes the record in this process does so one after the other. */
  readonly recordTurn: Limiter;
  /** Why Lifeboat's own state is in memory only, where it may be (the watch); undefined: it is stored. */
  readonly storeTrouble?: () => string | undefined;
  /** Why the watch itself cannot be relied on, where something looks after it (a Worker); undefined: it can. */
  readonly watchTrouble?: () => WatchTrouble | undefined;
  /** Ids of the vantages that deliver from elsewhere and whose silence pages; none where this process is the only one. */
  readonly expectedVantages?: readonly string[];
  /** How many vantages look at each kind of target, where it is not this process alone. */
  readonly lookers?: Lookers;
  /**
   * One round over all targets of the cluster, from all vantages that are asked; each observation names its own. Never throws for a target.
   * Standbys are asked as they are expected to be (standby-expectations.ts).
   */
  readonly probe: (expected: readonly ExpectedStandby[]) => Promise<readonly Observation[]>;
  /** The version of the CoreDNS at this address, where it can be asked; never throws for its target. */
  readonly askCorednsVersion: (server: Endpoint) => Promise<AskedVersion>;
  /** Does the replica at this address hand its zone to anybody? Never throws for its target. */
  readonly askOpenTransfer: (server: Endpoint) => Promise<OpenTransfer>;
  /** In the order of preference. */
  readonly sources: readonly ConfiguredSource[];
  readonly standbys: readonly Standby[];
  readonly channels: readonly Channel[];
  /** The dead man's switch of the watch, where one is configured. */
  readonly heartbeat?: Heartbeat;
}

/** How the standbys are called, in what is stored and for people. */
export function standbyNames({ standbys }: Pick<ClusterPorts, 'standbys'>): readonly StandbyName[] {
  return standbys.map(({ id, provider }) => ({ id, label: provider.label }));
}

/** The machine's policy of this cluster. */
export function policyOf(ports: ClusterPorts): Policy {
  return policyFrom(
    ports.cluster,
    ports.standbys.map(({ id }) => id),
    ports.config.alerts.remindAfterMs,
    ports.expectedVantages ?? [],
    ports.config.writer,
    ports.lookers,
    ports.sources,
  );
}

/** The standby with this id; `input` when the configuration no longer has it. */
export function standbyOf(ports: ClusterPorts, id: string): Standby {
  const standby = ports.standbys.find((candidate) => candidate.id === id);
  if (standby !== undefined) return standby;
  throw new LifeboatError('input', `the configuration of cluster ${ports.cluster.id} has no standby "${id}"`);
}

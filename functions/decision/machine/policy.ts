// What the machine is told to do when: the policy of one cluster, in milliseconds and rounds. Made once from the configuration.
import { majorityOf } from '../../config/cluster/policy.ts';
import { type ClusterConfig, defaultWriter, type StandbyConfig } from '../../config/schema.ts';
import { sourcesOf } from '../../config/sources/index.ts';
import { standbyKinds } from '../../config/standby/index.ts';
import { formatEndpoint } from '../../lib/endpoint.ts';
import type { SourceTerms } from '../../model/source.ts';
import { keySuffixOf } from '../incidents/key.ts';

export interface Policy {
  readonly cluster: string;
  /** Ids of the DNS targets, in the order of preference: `10.0.0.10:53`. Observations of others are ignored. */
  readonly dnsServers: readonly string[];
  /** Ids of the standby zones. */
  readonly standbys: readonly string[];
  /** Those of them that no network leads to: that one answers says nothing about the network. */
  readonly localStandbys: readonly string[];
  /** Ids of the vantages besides this process that must go on delivering; their silence pages. */
  readonly vantages: readonly string[];
  /** From one probe round to the next. An observation counts for three of these. */
  readonly intervalMs: number;
  readonly downRounds: number;
  readonly degradedRounds: number;
  readonly healthyRounds: number;
  readonly dwellMs: number;
  /** What comes and goes is told when so many of the last so many rounds were not good. */
  readonly window: Window;
  /** By kind of target. */
  readonly quorum: Readonly<Record<WatchedKind, Quorum>>;
  readonly maintenance: readonly MaintenanceWindow[];
  readonly failback: ClusterConfig['policy']['failback'];
  readonly maxActivationsPerHour: number;
  readonly dnsStaleAfterMs: number;
  /** In the order of preference. */
  readonly sources: readonly Pick<SourceTerms, 'id' | 'usableWhile'>[];
  readonly captureIntervalMs: number;
  readonly captureLeastIntervalMs: number;
  /** Deadline of one transfer; a capture that tries every server may take as many of these. */
  readonly captureTimeoutMs: number;
  readonly publishStaleAfterMs: number;
  /** A marker of another deployment that stands still for this long is taken over; ours is moved three times as often. */
  readonly leaseMs: number;
  readonly remindAfterMs: number;
  /** At the end of each dedup key: tells the alerts of several deployments of one cluster apart. */
  readonly keySuffix: string;
}

export interface Window {
  readonly rounds: number;
  readonly bad: number;
}

/** When an outage is expected: nothing is activated by the machine meanwhile. Instants are milliseconds since the epoch, times of day UTC. */
export type MaintenanceWindow =
  | { readonly kind: 'once'; readonly from: number; readonly to: number }
  | {
      readonly kind: 'weekly';
      /** On which it begins. */
      readonly days: readonly ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[];
      /** Minutes since midnight; an end that is not after the begin is of the next day. */
      readonly fromMinute: number;
      readonly toMinute: number;
    };

/** Kinds of target that vantages vote about. */
export type WatchedKind = 'apiserver' | 'dns';

export interface Quorum {
  /** Vantages that must say so. */
  readonly downs: number;
  /** Groups they must come from. */
  readonly groups: number;
}

/** The part of a cluster's configuration that the machine needs. */
export type PolicySource = Pick<ClusterConfig, 'id' | 'policy' | 'maintenance'> & {
  readonly dns: Pick<ClusterConfig['dns'], 'servers'>;
  readonly standby: readonly Pick<StandbyConfig, 'id' | 'kind'>[];
  readonly probe: Pick<ClusterConfig['probe'], 'intervalMs'>;
  readonly snapshot: Pick<ClusterConfig['snapshot'], 'intervalMs' | 'leastIntervalMs' | 'timeoutMs' | 'bytesPerHour'>;
  readonly publish: Pick<ClusterConfig['publish'], 'staleAfterMs' | 'leaseMs'>;
};

/**
 * The policy of a configured cluster. `standbys`: the ids of those that are wired; `remindAfterMs`: `alerts.remindAfterMs`; `vantages`: the
 * ids of those that are expected to deliver; `writer`: the configuration's; `lookers`: how many look at each kind of target; `sources`: those
 * that are wired, default the configuration's.
 */
export function policyFrom(
  source: PolicySource,
  standbys: readonly string[],
  remindAfterMs: number,
  vantages: readonly string[] = [],
  writer: string = defaultWriter,
  lookers: Lookers = oneLooker,
  sources: readonly Pick<SourceTerms, 'id' | 'usableWhile'>[] = sourcesOf(source.snapshot),
): Policy {
  const { dns, probe, snapshot, publish, policy } = source;
  return {
    cluster: source.id,
    dnsServers: dns.servers.map(formatEndpoint),
    standbys,
    localStandbys: source.standby.filter(({ kind }) => standbyKinds[kind].isLocal).map(({ id }) => id),
    vantages,
    intervalMs: probe.intervalMs,
    downRounds: policy.downRounds,
    degradedRounds: policy.degradedRounds,
    healthyRounds: policy.healthyRounds,
    dwellMs: policy.dwellMs,
    window: policy.window,
    quorum: { apiserver: quorumOf(policy.quorum, lookers.apiserver), dns: quorumOf(policy.quorum, lookers.dns) },
    maintenance: source.maintenance.map((window) =>
      window.kind === 'once'
        ? window
        : { kind: window.kind, days: window.days, fromMinute: window.from, toMinute: window.to },
    ),
    failback: policy.failback,
    maxActivationsPerHour: policy.maxActivationsPerHour,
    dnsStaleAfterMs: policy.dnsStaleAfterMs,
    sources: sources.map(({ id, usableWhile }) => ({ id, usableWhile })),
    captureIntervalMs: snapshot.intervalMs,
    captureLeastIntervalMs: snapshot.leastIntervalMs,
    captureTimeoutMs: snapshot.timeoutMs,
    publishStaleAfterMs: publish.staleAfterMs,
    leaseMs: publish.leaseMs,
    remindAfterMs,
    keySuffix: keySuffixOf(writer),
  };
}

/** How many vantages look at each kind of target. */
export type Lookers = Readonly<Record<WatchedKind, number>>;

/** A process that looks from where it runs. */
const oneLooker: Lookers = { apiserver: 1, dns: 1 };

function quorumOf({ downs, groups }: ClusterConfig['policy']['quorum'], lookers: number): Quorum {
  return { downs: downs ?? majorityOf(lookers), groups };
}

/** Rounds that an observation counts for. */
const roundsThatCount = 3;

/** How old an observation may be and still count. */
export function maxAgeMs(policy: Pick<Policy, 'intervalMs'>): number {
  return roundsThatCount * policy.intervalMs;
}

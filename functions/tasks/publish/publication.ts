// From a machine's effect or an operator's order to a publication request: policy, must-have names, what is held. No I/O.
import type { PublishEffect } from '../../decision/machine/effect.ts';
import type { MarkerSeen } from '../../decision/machine/event.ts';
import { standingOf } from '../../decision/machine/publications.ts';
import type { ClusterState } from '../../decision/machine/state.ts';
import { own } from '../../lib/own.ts';
import type { Intent } from '../../model/intent.ts';
import { newcomer, type Standing } from '../../model/standing.ts';
import { type Deployment, keeperOf } from '../../plan/fence.ts';
import type { PlanPolicy } from '../../plan/guard-input.ts';
import type { Marker } from '../../plan/marker.ts';
import { child } from '../../records/name.ts';
import type { Rrset } from '../../records/rrset.ts';
import { type ClusterPorts, policyOf, type Standby } from '../cluster/ports.ts';
import { keepHolds } from './holds.ts';
import { keepInventory, readInventory } from './inventory.ts';
import type { PublishRequest } from './request.ts';

export interface PublicationWanted {
  readonly snapshot: PublishRequest['snapshot'];
  readonly intent: Intent;
  readonly standing: Standing;
  readonly renew?: boolean;
  /** Healthy now, and when the snapshot was captured. */
  readonly clusterHealthy: boolean;
  readonly memory: PublishRequest['memory'];
  /** Default `zone`: it is read whole. */
  readonly read?: PublishEffect['read'];
  readonly approvedChecksum?: string;
  readonly whyStop: PublishRequest['whyStop'];
  readonly onProgress?: PublishRequest['onProgress'];
}

/** The request for one standby of a cluster. */
export function requestFor(ports: ClusterPorts, standby: Standby, wanted: PublicationWanted): PublishRequest {
  const {
    snapshot,
    intent,
    standing,
    renew = false,
    clusterHealthy,
    memory,
    read = 'zone',
    approvedChecksum,
    whyStop,
    onProgress,
  } = wanted;
  return {
    snapshot: { ...snapshot, rrsets: withTtl(snapshot.rrsets, ports.cluster.publish.ttlSeconds) },
    deployment: deploymentOf(ports),
    standing,
    renew,
    intent,
    policy: planPolicy(ports, standby),
    clusterHealthy,
    memory,
    keep: (before, after) => keepHolds(ports, standby.id, before, after),
    readInventory: async () => (read === 'marker' ? readInventory(ports, standby) : undefined),
    keepInventory: (known) => keepInventory(ports, standby, known),
    whyStop,
    ...(approvedChecksum === undefined ? {} : { approvedChecksum }),
    timeoutMs: standby.timeoutMs,
    ...(onProgress === undefined ? {} : { onProgress }),
  };
}

/** Who this deployment is, for the markers. */
export function deploymentOf({ config, cluster }: ClusterPorts): Deployment {
  return { cluster: cluster.id, writer: config.writer };
}

/** How it stands to a standby, by what its store knows. */
export function standingAt(ports: ClusterPorts, machine: ClusterState, id: string, intent: Intent): Standing {
  const standby = own(machine.standbys, id);
  return standby === undefined ? newcomer : standingOf(standby, intent, policyOf(ports), ports.clock.now());
}

/** What the machine goes by in a marker that is not another cluster's. */
export function markerSeen(ports: ClusterPorts, marker: Marker): MarkerSeen {
  const { generation, phase, activation, snapshot } = marker;
  return {
    generation,
    keeper: keeperOf(marker, deploymentOf(ports)),
    frozen: phase === 'frozen' ? activation : 0,
    snapshot,
  };
}

/** What the guards go by for one standby. */
function planPolicy(ports: ClusterPorts, { zone }: Standby): PlanPolicy {
  const { snapshot, policy } = ports.cluster;
  return {
    mustHave: snapshot.mustHave.map((name) => child(name, zone)),
    maxDeleteShare: policy.maxDeleteShare,
    minDeletesToHold: policy.minDeletesToHold,
    holdExpiresAfterMs: policy.holdExpiresAfterMs,
  };
}

/** The same TTL in peace and in an outage, whatever the source said. */
function withTtl(rrsets: readonly Rrset[], ttlSeconds: number): readonly Rrset[] {
  return rrsets.map((set) => (set.ttlSeconds === ttlSeconds ? set : { ...set, ttlSeconds }));
}

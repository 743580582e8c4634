// The publication that the machine asked for: reads the stored snapshot, publishes it, keeps what is held, and says how it went.
import type { PublishEffect } from '../../decision/machine/effect.ts';
import type { ClusterEvent } from '../../decision/machine/event.ts';
import { whyStop } from '../../decision/machine/why-stop.ts';
import { assertNever } from '../../lib/assert.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Change } from '../../plan/plan.ts';
import { sameRrset } from '../../records/rrset.ts';
import { readSnapshot } from '../capture/snapshots.ts';
import { type ClusterPorts, policyOf, standbyOf } from '../cluster/ports.ts';
import { readRecord } from '../cluster/record.ts';
import { readMemory } from './holds.ts';
import { markerSeen, requestFor } from './publication.ts';
import { publishSnapshot } from './publish.ts';
import { keepSample } from './standby-expectations.ts';

export async function publish(ports: ClusterPorts, effect: PublishEffect): Promise<ClusterEvent> {
  const standby = standbyOf(ports, effect.standby);
  const snapshot = await readSnapshot(ports.store, ports.cluster.id, effect.snapshot);
  if (snapshot === undefined) {
    return {
      kind: 'publish-failed',
      effect,
      status: 'fault',
      reason: `snapshot ${effect.snapshot} is not kept any more`,
    };
  }
  const request = requestFor(ports, standby, {
    snapshot,
    intent: effect.intent,
    standing: effect.standing,
    renew: effect.renew,
    clusterHealthy: effect.deletes === 'allowed',
    memory: await readMemory(ports, standby.id),
    read: effect.read,
    whyStop: (takesAway) => whyStopNow(ports, effect, takesAway),
  });
  const outcome = await publishSnapshot({ provider: standby.provider, clock: ports.clock }, request);
  switch (outcome.status) {
    case 'published':
      // The next round draws one anew, and says so where it cannot: the zone was written all the same.
      await keepSample(ports, standby.id, request.snapshot, outcome.plan).catch(() => {});
      return {
        kind: 'published',
        effect,
        heldDeletes: outcome.plan.held.length,
        activation: outcome.marker.activation,
        marker: markerSeen(ports, outcome.marker),
        ...(outcome.adopted === null ? {} : { adopted: outcome.adopted }),
        ...(outcome.isServed ? {} : { isServed: false }),
        ...(outcome.isFromZone ? { changed: outcome.plan.changes.filter(isOfValues).length } : {}),
      };
    case 'foreign':
      return { kind: 'publish-failed', effect, status: 'foreign', reason: outcome.reason };
    case 'frozen':
    case 'kept': {
      const { status, reason, marker } = outcome;
      const failed = { kind: 'publish-failed', effect, status, reason } as const;
      if (marker === undefined) return failed;
      return { ...failed, activation: marker.activation, marker: markerSeen(ports, marker) };
    }
    case 'stopped':
    case 'refused':
    case 'conflict':
    case 'denied':
    case 'mismatch':
      return { kind: 'publish-failed', effect, status: outcome.status, reason: outcome.reason };
    default:
      return assertNever(outcome, 'publish outcome');
  }
}

/** A TTL that the configuration has changed is nobody's loss. */
function isOfValues(change: Change): boolean {
  if (change.action !== 'replace') return true;
  const { before, after } = change;
  return !sameRrset({ ...before, ttlSeconds: after.ttlSeconds }, after);
}

/** A store that does not answer stops what takes something away; what is only added in an outage must not wait for it. */
async function whyStopNow(ports: ClusterPorts, effect: PublishEffect, takesAway: boolean): Promise<string | undefined> {
  try {
    const { machine } = (await readRecord(ports)).record;
    return whyStop(machine, effect.intent, takesAway, policyOf(ports));
  } catch (error) {
    return takesAway ? `whether the cluster is healthy cannot be read: ${messageOf(error)}` : undefined;
  }
}

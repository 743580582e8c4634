// The publication that the machine asked for: reads the stored snapshot, publishes it, keeps what is held, and says how it went.
import type { PublishEffect } from '../decision/effect.ts';
import type { ClusterEvent } from '../decision/event.ts';
import { clusterHealthy } from '../decision/selectors.ts';
import { assertNever } from '../lib/assert.ts';
import { changeTarget, type Plan } from '../plan/plan.ts';
import { rrsetKey } from '../records/rrset.ts';
import { readRecord, updateRecord } from './cluster-record.ts';
import { type ClusterPorts, policyOf, providerOf } from './ports.ts';
import { requestFor } from './publication.ts';
import { publishSnapshot } from './publish.ts';
import { readSnapshot } from './snapshots.ts';

export async function publish(ports: ClusterPorts, effect: PublishEffect): Promise<ClusterEvent> {
  const provider = providerOf(ports, effect.standby);
  const snapshot = await readSnapshot(ports.store, ports.cluster.id, effect.snapshot);
  if (snapshot === undefined) {
    return {
      kind: 'publish-failed',
      effect,
      status: 'fault',
      reason: `snapshot ${effect.snapshot} is not kept any more`,
    };
  }
  const { record } = await readRecord(ports);
  const request = requestFor(ports, provider, {
    snapshot,
    intent: effect.intent,
    deletesAllowed: effect.deletes === 'allowed',
    previouslyHeld: new Map(Object.entries(record.held[effect.standby] ?? {})),
    mayStillDelete: async () => clusterHealthy((await readRecord(ports)).record.machine, policyOf(ports)),
  });
  const outcome = await publishSnapshot({ provider, clock: ports.clock }, request);
  switch (outcome.status) {
    case 'published':
      await keepHeld(ports, effect.standby, outcome.plan);
      return {
        kind: 'published',
        effect,
        heldDeletes: outcome.plan.held.length,
        activation: outcome.marker.activation,
      };
    case 'frozen':
      return {
        kind: 'publish-failed',
        effect,
        status: 'frozen',
        reason: outcome.reason,
        activation: outcome.marker.activation,
      };
    case 'stopped':
      return { kind: 'publish-failed', effect, status: 'fault', reason: outcome.reason };
    case 'refused':
    case 'conflict':
    case 'denied':
    case 'mismatch':
      return { kind: 'publish-failed', effect, status: outcome.status, reason: outcome.reason };
    default:
      return assertNever(outcome, 'publish outcome');
  }
}

/** Keeps which deletes are held, and since when, for the next plan and for `status`. */
export async function keepHeld(ports: ClusterPorts, standby: string, plan: Plan): Promise<void> {
  const held = Object.fromEntries(plan.held.map((one) => [rrsetKey(changeTarget(one.change)), one.heldSince]));
  await updateRecord(ports, (record) => ({ ...record, held: { ...record.held, [standby]: held } }));
}

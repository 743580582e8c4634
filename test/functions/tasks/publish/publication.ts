// Requests to publish for tests of the publisher: what is not said is harmless, and lets every delete through.
import { newcomer } from '../../../../functions/model/standing.ts';
import type { Deployment } from '../../../../functions/plan/fence.ts';
import { noMemory } from '../../../../functions/plan/memory.ts';
import type { Rrset } from '../../../../functions/records/rrset.ts';
import type { PublishRequest } from '../../../../functions/tasks/publish/request.ts';
import { kubernetes } from '../../plan/zone.ts';

export const deployment: Deployment = { cluster: 'prod', writer: 'one' };

export function publicationOf(rrsets: readonly Rrset[], changes: Partial<PublishRequest> = {}): PublishRequest {
  return {
    snapshot: { number: 2, rrsets },
    deployment,
    standing: newcomer,
    renew: false,
    intent: { kind: 'publish', knownActivation: 0 },
    policy: { mustHave: [kubernetes.name], maxDeleteShare: 1, minDeletesToHold: 1_000_000, holdExpiresAfterMs: 0 },
    clusterHealthy: true,
    memory: noMemory,
    keep: async () => 'kept',
    readInventory: async () => undefined,
    keepInventory: async () => {},
    whyStop: async () => undefined,
    timeoutMs: 60_000,
    ...changes,
  };
}

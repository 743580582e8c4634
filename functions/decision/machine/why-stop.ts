// Why a publication that is under way must not go on. Pure; asked before each batch by functions/tasks/publish/publish.ts, through publish-effect.ts.
import { assertNever } from '../../lib/assert.ts';
import type { Intent } from '../../model/intent.ts';
import type { Policy } from './policy.ts';
import { clusterHealthy, freezes } from './selectors.ts';
import type { ClusterState } from './state.ts';

/**
 * Why a publication that is under way must end before its next batch; undefined: it goes on. `takesAway`: the batch removes what is there.
 *
 * | since it was asked for                             | it ends                                  |
 * |----------------------------------------------------|------------------------------------------|
 * | an operator holds the cluster                      | at once                                  |
 * | an activation was opened that freezes, or a newer  | at once: that one comes next             |
 * | its activation is over                             | at once                                  |
 * | the cluster is not healthy any more                | before what takes anything away          |
 */
export function whyStop(
  state: ClusterState,
  intent: Intent,
  takesAway: boolean,
  policy: Pick<Policy, 'dnsServers' | 'healthyRounds'>,
): string | undefined {
  const { phase, activation, reason } = state;
  if (phase === 'held') return `the cluster is held: ${reason}`;
  const number = activation?.number ?? 0;
  switch (intent.kind) {
    case 'publish':
    case 'failback':
      if (phase === 'active' && freezes(state)) return `activation ${number} is open`;
      break;
    case 'activate':
      if (phase !== 'active' || number !== intent.activation) return `activation ${intent.activation} is over`;
      break;
    default:
      assertNever(intent, 'intent');
  }
  return takesAway && !clusterHealthy(state, policy) ? 'the cluster is not healthy any more' : undefined;
}

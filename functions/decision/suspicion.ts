// Is something wrong, is it certain, and is it over? The rules of hysteresis, without carrying anything out. Pure.
import type { Policy } from './policy.ts';
import { allDnsBad, apiHealthy, conditionOf, streakOf } from './selectors.ts';
import type { Cause, ClusterState } from './state.ts';
import { apiServerKey, dnsKey } from './verdict.ts';
import { counted } from './words.ts';

export interface Suspicion {
  readonly cause: Exclude<Cause, 'operator'>;
  /** Enough consecutive rounds. The dwell is the phase's business. */
  readonly confirmed: boolean;
  readonly reason: string;
}

/**
 * | API server    | DNS                  | suspicion       | confirmed after                                            |
 * |---------------|----------------------|-----------------|------------------------------------------------------------|
 * | down          | any                  | `control-plane` | `downRounds` rounds down, or `degradedRounds` rounds bad   |
 * | degraded      | any                  | `control-plane` | `degradedRounds` rounds down or degraded                   |
 * | healthy or unknown | all down or stale | `dns`        | `downRounds` rounds of every replica                       |
 * | healthy or unknown | else            | none            |                                                            |
 */
export function suspect(state: ClusterState, policy: Policy): Suspicion | undefined {
  const condition = conditionOf(state, apiServerKey);
  if (condition === 'down' || condition === 'degraded') {
    const { down, bad } = streakOf(state, apiServerKey);
    const confirmed = down >= policy.downRounds || bad >= policy.degradedRounds;
    const rounds =
      down >= policy.downRounds ? `${counted(down, 'round')} down` : `${counted(bad, 'round')} not healthy`;
    return { cause: 'control-plane', confirmed, reason: `${wordsOf(state, apiServerKey)} (${rounds} in a row)` };
  }
  if (!allDnsBad(state, policy)) return undefined;
  const rounds = Math.min(...policy.dnsServers.map((server) => streakOf(state, dnsKey(server)).down));
  const words = policy.dnsServers.map((server) => wordsOf(state, dnsKey(server))).join('; ');
  return {
    cause: 'dns',
    confirmed: rounds >= policy.downRounds,
    reason: `every CoreDNS replica is bad while the API server is not: ${words} (${rounds} rounds in a row)`,
  };
}

/** Has a suspicion proven wrong? `downRounds` good rounds, or `healthyRounds` in which nothing could be known. */
export function isCalm(state: ClusterState, policy: Policy): boolean {
  if (suspect(state, policy) !== undefined) return false;
  const settled = (key: string) => {
    const { bad, healthy, unknown } = streakOf(state, key);
    return bad === 0 && (healthy >= policy.downRounds || unknown >= policy.healthyRounds || isSilent(state, key));
  };
  return state.cause === 'dns' ? policy.dnsServers.some((server) => settled(dnsKey(server))) : settled(apiServerKey);
}

/** Is what an activation of the machine was about over? `healthyRounds` good rounds: of the API, for `dns` of any replica. */
export function isOver(state: ClusterState, policy: Policy): boolean {
  if (suspect(state, policy) !== undefined) return false;
  if (state.activation?.cause !== 'dns') return apiHealthy(state, policy);
  return policy.dnsServers.some((server) => {
    const key = dnsKey(server);
    return conditionOf(state, key) === 'healthy' && streakOf(state, key).healthy >= policy.healthyRounds;
  });
}

function isSilent(state: ClusterState, key: string): boolean {
  return state.verdicts[key]?.reason === 'no-observation';
}

function wordsOf(state: ClusterState, key: string): string {
  return state.verdicts[key]?.words ?? `${key} is unknown`;
}

// Is something wrong, is it certain, and is it over? The rules of hysteresis, without carrying anything out. Pure.
import { assertNever } from '../../lib/assert.ts';
import { duration } from '../../lib/duration.ts';
import { counted } from '../../lib/words.ts';
import type { Cause } from '../../model/outage.ts';
import { apiServerKey, dnsKey, isReadinessAlone } from '../health/verdict.ts';
import { wordsOfReason } from '../health/words.ts';
import type { Policy } from './policy.ts';
import { allDnsBad, conditionOf, streakOf } from './selectors.ts';
import type { ClusterState } from './state.ts';

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
 * | degraded, `not-ready` | as in the last two rows | none, or `dns` | it serves: a planned restart looks so for a while    |
 * | degraded      | any                  | `control-plane` | `degradedRounds` rounds down or degraded                   |
 * | healthy or unknown | all down or stale | `dns`        | `downRounds` rounds of every replica                       |
 * | healthy or unknown | else            | none            |                                                            |
 */
export function suspect(state: ClusterState, policy: Policy): Suspicion | undefined {
  const api = state.verdicts[apiServerKey];
  const isServing = api === undefined || isReadinessAlone(api);
  if (!isServing && (api.condition === 'down' || api.condition === 'degraded')) {
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

/** Has a suspicion proven wrong? `downRounds` rounds in which it serves, or `healthyRounds` in which nothing could be known. */
export function isCalm(state: ClusterState, policy: Policy): boolean {
  if (suspect(state, policy) !== undefined) return false;
  const settled = (key: string) => {
    const { bad, healthy, notReady, unknown } = streakOf(state, key);
    const serves = Math.max(healthy, notReady) >= policy.downRounds;
    return bad === 0 && (serves || unknown >= policy.healthyRounds || isSilent(state, key));
  };
  return state.cause === 'dns' ? policy.dnsServers.some((server) => settled(dnsKey(server))) : settled(apiServerKey);
}

/** Is what an activation of the machine was about over? */
export function isOver(state: ClusterState, policy: Policy): boolean {
  return suspect(state, policy) === undefined && keysOf(state, policy).some((key) => isSteady(state, key, policy));
}

/** What is known of the end of what was failed over for. */
export interface Recovery {
  /** `healthyRounds` good rounds in a row: of the API server, for the cause `dns` of any replica. */
  readonly isOver: boolean;
  /** It is healthy now: more rounds may come to be enough. */
  readonly isGrowing: boolean;
  /** `the API server is healthy for 1 of 6 rounds`. */
  readonly words: string;
}

export function recovery(state: ClusterState, policy: Policy, now: number): Recovery {
  const keys = keysOf(state, policy);
  const suspicion = suspect(state, policy);
  return {
    isOver: isOver(state, policy),
    isGrowing: suspicion === undefined && keys.some((key) => conditionOf(state, key) === 'healthy'),
    words: suspicion?.reason ?? keys.map((key) => knownOf(state, key, policy, now)).join('; '),
  };
}

/** What has to be healthy again, each by itself. */
function keysOf({ activation }: ClusterState, { dnsServers }: Policy): readonly string[] {
  return activation?.cause === 'dns' ? dnsServers.map(dnsKey) : [apiServerKey];
}

function isSteady(state: ClusterState, key: string, { healthyRounds }: Policy): boolean {
  return conditionOf(state, key) === 'healthy' && streakOf(state, key).healthy >= healthyRounds;
}

function knownOf(state: ClusterState, key: string, { healthyRounds }: Policy, now: number): string {
  const what = key === apiServerKey ? 'the API server' : key.replace(/^dns /, 'CoreDNS ');
  const verdict = state.verdicts[key];
  if (verdict === undefined) return `nothing is known of ${what}: it was never looked at`;
  const since = `since ${new Date(verdict.since).toISOString()}, for ${duration(now - verdict.since)}`;
  switch (verdict.condition) {
    case 'healthy': {
      const { healthy } = streakOf(state, key);
      return healthy >= healthyRounds
        ? `${what} is healthy ${since}`
        : `${what} is healthy for ${healthy} of ${counted(healthyRounds, 'round')}`;
    }
    case 'unknown':
      return `nothing is known of ${what} ${since} (${wordsOfReason(verdict.reason)})`;
    case 'down':
    case 'stale':
    case 'degraded':
      return `${verdict.words}, ${since}`;
    default:
      return assertNever(verdict.condition, 'condition of a verdict');
  }
}

function isSilent(state: ClusterState, key: string): boolean {
  return state.verdicts[key]?.reason === 'no-observation';
}

function wordsOf(state: ClusterState, key: string): string {
  return state.verdicts[key]?.words ?? `${key} is unknown`;
}

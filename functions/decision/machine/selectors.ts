// Questions about a state: who else needs an answer asks here, not the fields. Pure.
import type { Keeping } from '../../model/incident.ts';
import type { Observation } from '../health/observation.ts';
import { apiServerKey, dnsKey, type VerdictCondition } from '../health/verdict.ts';
import type { Policy } from './policy.ts';
import { type ClusterState, type GiveBack, noStreak, type Phase, type StandbyState, type Streak } from './state.ts';

type Rounds = Pick<Policy, 'dnsServers' | 'healthyRounds'>;

export function conditionOf(state: Pick<ClusterState, 'verdicts'>, key: string): VerdictCondition {
  return state.verdicts[key]?.condition ?? 'unknown';
}

export function streakOf(state: Pick<ClusterState, 'streaks'>, key: string): Streak {
  return state.streaks[key] ?? noStreak;
}

/**
 * May deletes go out? Only in peace or in a failback, with the API server healthy for `healthyRounds`, and not with all of DNS bad; nor while
 * either comes and goes. A publication under way asks again before each batch.
 */
export function clusterHealthy(state: ClusterState, policy: Rounds): boolean {
  if (state.phase !== 'watching' && state.phase !== 'recovering') return false;
  const isBad = (key: string) => isDown(state, key) || streakOf(state, key).isUnsteady;
  const dns = policy.dnsServers.map(dnsKey);
  return apiHealthy(state, policy) && !(dns.length > 0 && dns.every(isBad));
}

/** The API server has said healthy for `healthyRounds`, still does, and does not come and go. */
export function apiHealthy(
  state: Pick<ClusterState, 'verdicts' | 'streaks'>,
  policy: Pick<Policy, 'healthyRounds'>,
): boolean {
  const { healthy, isUnsteady } = streakOf(state, apiServerKey);
  return conditionOf(state, apiServerKey) === 'healthy' && healthy >= policy.healthyRounds && !isUnsteady;
}

/** Every replica is down or stale; unknown is not bad. */
export function allDnsBad(state: ClusterState, policy: Pick<Policy, 'dnsServers'>): boolean {
  return policy.dnsServers.length > 0 && policy.dnsServers.every((server) => isDown(state, dnsKey(server)));
}

function isDown(state: ClusterState, key: string): boolean {
  const condition = conditionOf(state, key);
  return condition === 'down' || condition === 'stale';
}

/** Servers to capture from: healthy ones first, then degraded ones, each in the order of the policy. Never a down, stale or unknown one. */
export function goodServers(
  state: Pick<ClusterState, 'verdicts'>,
  policy: Pick<Policy, 'dnsServers'>,
): readonly string[] {
  const having = (condition: VerdictCondition) =>
    policy.dnsServers.filter((server) => conditionOf(state, dnsKey(server)) === condition);
  return [...having('healthy'), ...having('degraded')];
}

/** Does an open activation freeze the standby? That of `dns` does not: the API still tells the truth to whoever can be captured from. */
export function freezes(state: ClusterState): boolean {
  return state.activation !== null && state.activation.cause !== 'dns';
}

/**
 * A freeze that the machine could not make in its outage is not made when the API server is healthy again: the standby would stop following
 * a cluster that changes. What is bad again is frozen again.
 */
export function isFreezeOver(state: ClusterState, policy: Pick<Policy, 'healthyRounds'>): boolean {
  return state.activation?.cause === 'control-plane' && apiHealthy(state, policy);
}

/** The standbys that the open activation has not frozen. */
export function unfrozenBy({ activation, standbys }: ClusterState): readonly string[] {
  if (activation === null || activation.cause === 'dns') return [];
  return Object.keys(standbys).filter((id) => (standbys[id]?.frozen ?? 0) < activation.number);
}

/**
 * The activations that an ordinary publication to a standby may take for known (WriteIntent). None while somebody's marker holds it: its
 * number was seen there, which does not make that activation ours, nor over.
 */
export function knownActivation(state: ClusterState, id: string): number {
  const standby = state.standbys[id];
  const isHeld = standby !== undefined && (standby.fence !== '' || keeperOf(standby) !== null);
  return isHeld ? 0 : state.lastActivation;
}

/** Age of what a standby holds, in milliseconds: since its capture was asked for. Null when nothing was ever published. */
export function standbyAgeMs(standby: StandbyState, now: number): number | null {
  return standby.asOf === null ? null : Math.max(0, now - standby.asOf);
}

/** What is owed to a standby since a failback began: a capture taken since, and its thaw. Null: nothing. */
export function owedTo(state: ClusterState, id: string): GiveBack | null {
  const standby = state.standbys[id];
  if (standby === undefined || standby.giveBack !== null) return standby?.giveBack ?? null;
  // A failback that an older version began: it noted nothing by standby.
  const isHeld = state.phase === 'recovering' && (standby.frozen > 0 || standby.fence !== '');
  return isHeld ? { since: state.since, by: enteredBy(state) } : null;
}

/** The failback is over, and did not reach this standby: it is given back when it can be written to again. */
export function isLeftBehind(state: ClusterState, id: string): boolean {
  return (state.phase === 'watching' || state.phase === 'suspected') && owedTo(state, id) !== null;
}

/** The phase that the machine was in at an instant, as far back as its transitions go. */
export function phaseAt(state: ClusterState, at: number): Phase {
  return state.transitions.find((transition) => transition.at > at)?.from ?? state.phase;
}

/** Is there anything that a failback could give back: an activation, or a frozen standby? */
export function hasToGiveBack({ activation, standbys }: ClusterState): boolean {
  return activation !== null || Object.values(standbys).some(({ frozen, fence }) => frozen > 0 || fence !== '');
}

/** The other deployment of this cluster that writes to a standby; null: none is known to. */
export function keeperOf({ marker }: Pick<StandbyState, 'marker'>): string | null {
  return marker?.keeper ?? null;
}

/** A zone that was adopted is left alone for so long before anything is deleted from it: a person may want to look first. */
const adoptionMs = 900_000;

export function isAdopted({ adopted }: Pick<StandbyState, 'adopted'>, now: number): boolean {
  return adopted !== null && now - adopted.at < adoptionMs;
}

/** Who keeps a zone in our place, and how; null: nobody does. */
export function keepingOf({ marker }: Pick<StandbyState, 'marker'>): Keeping | null {
  return marker === null || marker.keeper === null ? null : { by: marker.keeper, frozen: marker.frozen };
}

/** Who brought the machine into its phase; null when it went there by itself. */
export function enteredBy(state: ClusterState): string | null {
  return state.transitions.at(-1)?.by ?? null;
}

/** The newest observation of a target that has a number under `detail`. */
export function detailOf(state: ClusterState, kind: Observation['target']['kind'], detail: string): number | undefined {
  const numbers = state.observations
    .filter((seen) => seen.target.kind === kind)
    .map((seen) => seen.details?.[detail])
    .filter((value) => typeof value === 'number');
  return numbers.length === 0 ? undefined : Math.min(...numbers);
}

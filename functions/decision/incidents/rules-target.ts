// The incidents of targets: what is bad, comes and goes, or cannot be seen, and certificates near their end. Pure. Refused credentials are in
// rules-credential.ts.
import type { Spells } from '../../model/incident.ts';
import { comesBack, tallyOf } from '../health/recent.ts';
import { apiServerKey, dnsKey, isReadinessAlone, type Verdict } from '../health/verdict.ts';
import { maintenanceUntil } from '../machine/maintenance.ts';
import type { Policy } from '../machine/policy.ts';
import { allDnsBad, conditionOf, detailOf, freezes, goodServers, streakOf } from '../machine/selectors.ts';
import type { ClusterState } from '../machine/state.ts';
import { asSeen, asSeenOfApi, type Rule, spellsOf } from './rule.ts';

const leastDaysLeft = 14;

/**
 * | key                | opens after                                                                     | closes after                | severity |
 * |--------------------|---------------------------------------------------------------------------------|-----------------------------|----------|
 * | dns/ADDRESS        | `downRounds` rounds down or stale, `degradedRounds` rounds bad, or it comes and goes | `healthyRounds` good rounds, and it does not come back | warning |
 * | not-ready          | `degradedRounds` rounds in which the API server serves and says that it is not ready, or twice as long among worse ones | `window.rounds` good rounds, or enough bad ones for an outage | warning |
 * | no-healthy-replica | every replica not healthy for `degradedRounds` intervals or coming and going, not all of them down or stale: of that an activation tells | one is healthy for `healthyRounds` rounds | critical |
 * | unsteady           | the API server comes and goes, bad rather than unknown, no activation is open that freezes, and no maintenance is on | it is steady | critical |
 * | blind              | the API server unknown for `degradedRounds` intervals for another reason than the credential, or coming and going like that | a known verdict, and it does not come back | critical |
 * | certificate, token | 14 days or less to its end                                                      | more                        | warning  |
 *
 * Comes and goes: `comesAndGoes` in recent.ts. Comes back: `comesBack` there.
 */
export function targetRules(state: ClusterState, policy: Policy, now: number): readonly Rule[] {
  return [
    unsteady(state, policy, now),
    ...policy.dnsServers.map((server) => replica(state, server, policy)),
    notReady(state, policy, now),
    noHealthyReplica(state, policy, now),
    blind(state, policy, now),
    ending(state, 'certificate', 'certificateDaysLeft', 'certificate', now),
    ending(state, 'credential', 'credentialDaysLeft', 'credential-ends', now),
  ];
}

function replica(state: ClusterState, server: string, policy: Policy): Rule {
  const { down, bad, healthy, recent, isUnsteady } = streakOf(state, dnsKey(server));
  const tally = tallyOf(recent, policy);
  const verdict = state.verdicts[dnsKey(server)];
  return {
    key: `dns/${server}`,
    opens: down >= policy.downRounds || bad >= policy.degradedRounds || (isUnsteady && tally.bad >= tally.unknown),
    stays: healthy < policy.healthyRounds || isUnsteady || comesBack(recent, policy),
    shows: isUnfit(verdict) ? 'warning' : undefined,
    tell: () => ({
      severity: 'warning',
      ...asSeen(state, verdict),
      facts: {
        kind: 'dns',
        server,
        ...sightOf(verdict, isUnsteady ? spellsOf(recent, policy) : null),
        others: goodServers(state, policy).filter((other) => other !== server),
      },
    }),
  };
}

function notReady(state: ClusterState, policy: Policy, now: number): Rule {
  const { notReady: rounds, bad, down, healthy, unfitSince } = streakOf(state, apiServerKey);
  const verdict = state.verdicts[apiServerKey];
  // Between rounds that are worse, none of them enough for an outage: it has not been healthy for long, which nothing else tells.
  const lastsMs = unfitSince === null ? 0 : now - unfitSince;
  const isLong = lastsMs >= 2 * policy.degradedRounds * policy.intervalMs && !freezes(state);
  return {
    key: 'not-ready',
    opens: rounds >= policy.degradedRounds || (isLong && verdict !== undefined && isReadinessAlone(verdict)),
    // A whole window: what says so again and again is told once.
    stays: healthy < policy.window.rounds && down < policy.downRounds && bad < policy.degradedRounds,
    // Elsewhere the phase tells of it.
    shows: state.phase === 'watching' && isUnfit(verdict) && verdict?.condition !== 'unknown' ? 'warning' : undefined,
    tell: () => ({
      severity: 'warning',
      ...asSeen(state, verdict),
      facts: { kind: 'not-ready', ...sightOf(verdict, null) },
    }),
  };
}

function noHealthyReplica(state: ClusterState, policy: Policy, now: number): Rule {
  const keys = policy.dnsServers.map(dnsKey);
  const limitMs = policy.degradedRounds * policy.intervalMs;
  const isLongUnfit = (key: string) => {
    const { isUnsteady, unfitSince } = streakOf(state, key);
    return isUnsteady || (unfitSince !== null && now - unfitSince >= limitMs);
  };
  const isFit = (key: string) => {
    const { isUnsteady, healthy } = streakOf(state, key);
    return !isUnsteady && healthy >= policy.healthyRounds && conditionOf(state, key) === 'healthy';
  };
  // Who cannot see the API server either is told so once, by `blind`; when all of DNS is down, an activation tells.
  const isTold = isBlind(state, policy, now) || allDnsBad(state, policy) || state.activation?.cause === 'dns';
  const replicas = () =>
    policy.dnsServers.map((server) => {
      const { isUnsteady, recent } = streakOf(state, dnsKey(server));
      const spells = isUnsteady ? spellsOf(recent, policy) : null;
      return { server, ...sightOf(state.verdicts[dnsKey(server)], spells) };
    });
  return {
    key: 'no-healthy-replica',
    opens: keys.length > 0 && keys.every(isLongUnfit) && !isTold,
    stays: !keys.some(isFit),
    shows: keys.length > 0 && !isTold && keys.every((key) => isUnfit(state.verdicts[key])) ? 'warning' : undefined,
    tell: () => ({
      severity: 'critical',
      since: Math.max(...keys.map((key) => streakOf(state, key).unfitSince ?? now)),
      seenFrom: [...new Set(keys.flatMap((key) => state.verdicts[key]?.seenFrom ?? []))],
      evidence: keys.flatMap((key) => state.verdicts[key]?.evidence ?? []),
      facts: { kind: 'no-healthy-replica', replicas: replicas() },
    }),
  };
}

function unsteady(state: ClusterState, policy: Policy, now: number): Rule {
  const { recent, isUnsteady, down, bad: inRow } = streakOf(state, apiServerKey);
  const { bad, unknown } = tallyOf(recent, policy);
  const verdict = state.verdicts[apiServerKey];
  // An outage that lasts is told as that, and what was over before nobody was told is no news.
  const isShort = inRow > 0 && inRow < policy.degradedRounds && down < policy.downRounds;
  return {
    key: 'unsteady',
    opens: isUnsteady && bad >= unknown && isShort && !freezes(state) && maintenanceUntil(policy, now) === undefined,
    stays: isUnsteady && bad > 0,
    tell: () => ({
      severity: 'critical',
      ...asSeen(state, verdict),
      facts: { kind: 'unsteady', ...sightOf(verdict, spellsOf(recent, policy)) },
    }),
  };
}

function blind(state: ClusterState, policy: Policy, now: number): Rule {
  const verdict = state.verdicts[apiServerKey];
  const { recent, isUnsteady } = streakOf(state, apiServerKey);
  const { unknown, longUnknown } = tallyOf(recent, policy);
  // Between bad rounds the spells of what is unknown are one with them.
  const comes = unknown > 0 && (isUnsteady || comesBack(recent, policy) || longUnknown > 1);
  return {
    key: 'blind',
    opens: isBlind(state, policy, now),
    stays: comes || isUnseen(state),
    shows: isUnseen(state) ? 'critical' : undefined,
    tell: () => ({
      severity: 'critical',
      ...asSeen(state, verdict),
      facts: {
        kind: 'blind',
        ...sightOf(verdict, isUnseen(state) ? null : spellsOf(recent, policy)),
        isDoubted: verdict?.reason === 'no-quorum',
        seenFrom: verdict?.seenFrom ?? [],
        replicas: policy.dnsServers.map((server) => state.verdicts[dnsKey(server)]?.words ?? `${server} is unknown`),
      },
    }),
  };
}

function isUnseen(state: ClusterState): boolean {
  return conditionOf(state, apiServerKey) === 'unknown' && state.verdicts[apiServerKey]?.reason !== 'credential';
}

/** Nothing is known of the API server, for as long as it takes to tell, or again and again. */
function isBlind(state: ClusterState, policy: Policy, now: number): boolean {
  const { recent, isUnsteady } = streakOf(state, apiServerKey);
  const { bad, unknown } = tallyOf(recent, policy);
  const since = state.verdicts[apiServerKey]?.since;
  const lasts = isUnseen(state) && since !== undefined && now - since >= policy.degradedRounds * policy.intervalMs;
  return lasts || (isUnsteady && unknown > bad);
}

type Ending = 'certificate' | 'credential-ends';

function ending(state: ClusterState, key: string, detail: string, kind: Ending, now: number): Rule {
  const daysLeft = detailOf(state, 'apiserver', detail);
  return {
    key,
    opens: daysLeft !== undefined && daysLeft <= leastDaysLeft,
    stays: daysLeft === undefined || daysLeft <= leastDaysLeft,
    tell: () => ({
      severity: 'warning',
      ...asSeenOfApi(state, now),
      evidence: [],
      facts: { kind, daysLeft: daysLeft ?? 0 },
    }),
  };
}

function isUnfit(verdict: Verdict | undefined): boolean {
  return verdict !== undefined && verdict.condition !== 'healthy';
}

/** How a target is seen now. */
export function sightOf(verdict: Verdict | undefined, spells: Spells | null) {
  const isUnseen = verdict === undefined || verdict.reason === 'no-observation';
  return { says: verdict?.words ?? 'unknown', isHealthy: verdict?.condition === 'healthy', isUnseen, spells };
}

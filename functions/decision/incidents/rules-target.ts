// The incidents of targets: what is bad, comes and goes, or cannot be seen, and certificates near their end. Pure. Refused credentials are in
// rules-credential.ts.

import { clip } from '../../lib/clip.ts';
import { comesBack, type Recent, tallyOf } from '../health/recent.ts';
import { apiServerKey, dnsKey, isReadinessAlone, type Verdict } from '../health/verdict.ts';
import { maintenanceUntil } from '../machine/maintenance.ts';
import type { Policy } from '../machine/policy.ts';
import { allDnsBad, conditionOf, detailOf, freezes, goodServers, streakOf } from '../machine/selectors.ts';
import type { ClusterState } from '../machine/state.ts';
import { command, type Rule } from './rule.ts';
import { counted, sentence } from './words.ts';

const maxReasonCharacters = 600;
const maxLines = 16;
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
    ending(state, 'certificate', 'certificateDaysLeft', "the API server's certificate", now),
    ending(state, 'credential', 'credentialDaysLeft', 'the credential of the probes', now),
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
    tell: () => {
      const others = goodServers(state, policy).filter((other) => other !== server);
      const from =
        others.length === 0 ? 'No replica is left to capture from' : `Captures go on from ${others.join(', ')}`;
      const about = aboutVerdict(state, verdict);
      return {
        severity: 'warning',
        ...about,
        ...(isUnsteady
          ? { summary: clip(`CoreDNS ${server} ${comingAndGoing(recent, policy)}`, maxReasonCharacters) }
          : {}),
        whatLifeboatDid: `${from}. One bad replica is no outage: nothing fails over.`,
        whatToRunNext: `kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide; ${command(state.cluster, 'status')}`,
      };
    },
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
    tell: () => ({
      severity: 'warning',
      ...aboutVerdict(state, verdict),
      whatLifeboatDid: 'Nothing is deleted meanwhile. It serves ordinary clients, so nothing fails over.',
      whatToRunNext: `kubectl get --raw '/readyz?verbose'; ${command(state.cluster, 'status')}`,
    }),
  };
}

function noHealthyReplica(state: ClusterState, policy: Policy, now: number): Rule {
  const keys = policy.dnsServers.map(dnsKey);
  const limitMs = policy.degradedRounds * policy.intervalMs;
  const isUnfit = (key: string) => {
    const { isUnsteady, unfitSince } = streakOf(state, key);
    return isUnsteady || (unfitSince !== null && now - unfitSince >= limitMs);
  };
  const isFit = (key: string) => {
    const { isUnsteady, healthy } = streakOf(state, key);
    return !isUnsteady && healthy >= policy.healthyRounds && conditionOf(state, key) === 'healthy';
  };
  // Who cannot see the API server either is told so once, by `blind`; when all of DNS is down, an activation tells.
  const isTold = isBlind(state, policy, now) || allDnsBad(state, policy) || state.activation?.cause === 'dns';
  const words = () =>
    keys.map((key) => {
      const { isUnsteady, recent } = streakOf(state, key);
      return isUnsteady
        ? `${key.replace('dns', 'CoreDNS')} ${comingAndGoing(recent, policy)}`
        : (state.verdicts[key]?.words ?? key);
    });
  return {
    key: 'no-healthy-replica',
    opens: keys.length > 0 && keys.every(isUnfit) && !isTold,
    stays: !keys.some(isFit),
    tell: () => ({
      severity: 'critical',
      summary: clip(`no CoreDNS replica is known to be healthy: ${words().join('; ')}`, maxReasonCharacters),
      whatIsWrong: [...words(), ...keys.flatMap((key) => state.verdicts[key]?.evidence ?? [])]
        .slice(0, maxLines)
        .join('\n'),
      since: Math.max(...keys.map((key) => streakOf(state, key).unfitSince ?? now)),
      seenFrom: [...new Set(keys.flatMap((key) => state.verdicts[key]?.seenFrom ?? []))],
      whatLifeboatDid:
        'Failed nothing over: what is unknown, or bad now and then, is no outage of all of DNS. It goes on capturing from whichever replica answers.',
      whatToRunNext: `${command(state.cluster, 'check')}; kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide; if workloads suffer, ${command(state.cluster, 'failover')}`,
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
      ...aboutVerdict(state, verdict),
      summary: clip(
        `the API server ${comingAndGoing(recent, policy)}, never for long enough in a row to fail over; now ${verdict?.words ?? 'it is unknown'}`,
        maxReasonCharacters,
      ),
      whatLifeboatDid:
        'Went on capturing and publishing, and deletes nothing meanwhile. It opens no activation for this by itself, since between the bad rounds the API server is there.',
      whatToRunNext: `${command(state.cluster, 'status')}; if workloads suffer, ${command(state.cluster, 'failover')}`,
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
    tell: () => {
      const words = isUnseen(state)
        ? (verdict?.words ?? 'unknown')
        : `the API server ${comingAndGoing(recent, policy)}`;
      const about = aboutVerdict(state, verdict);
      const isDoubted = verdict?.reason === 'no-quorum';
      const dns = policy.dnsServers.map((server) => state.verdicts[dnsKey(server)]?.words ?? `${server} is unknown`);
      return {
        severity: 'critical',
        ...about,
        summary: clip(
          isDoubted ? `an outage that Lifeboat cannot confirm: ${words}` : `Lifeboat is blind: ${words}`,
          maxReasonCharacters,
        ),
        whatIsWrong: [about.whatIsWrong, ...dns].slice(0, maxLines).join('\n'),
        whatLifeboatDid: isDoubted
          ? `Failed nothing over: it is bad as seen from ${verdict.seenFrom.join(' and ')} only, and the quorum asks for more. Nobody says that it is healthy.`
          : 'Did not count it as down: unknown is not down. An outage now would not be seen.',
        whatToRunNext: `${command(state.cluster, 'check')}; look at the network between Lifeboat and the cluster; if it is the cluster that is down, ${command(state.cluster, 'failover')}`,
      };
    },
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

/** `comes and goes: bad in 75 and unknown in 3 of the last 120 rounds`. */
function comingAndGoing(recent: Recent, policy: Policy): string {
  const { bad, unknown } = tallyOf(recent, policy);
  const parts = [bad > 0 ? `bad in ${bad}` : '', unknown > 0 ? `unknown in ${unknown}` : ''].filter(Boolean);
  return `comes and goes: ${parts.join(' and ')} of the last ${counted(policy.window.rounds, 'round')}`;
}

function ending(state: ClusterState, key: string, detail: string, what: string, now: number): Rule {
  const days = detailOf(state, 'apiserver', detail);
  return {
    key,
    opens: days !== undefined && days <= leastDaysLeft,
    stays: days === undefined || days <= leastDaysLeft,
    tell: () => ({
      severity: 'warning',
      summary: `${what} ${endOf(days ?? 0)}`,
      whatIsWrong: `${sentence(what)} ${endOf(days ?? 0)}: told from ${leastDaysLeft} days on.`,
      since: now,
      seenFrom: state.verdicts[apiServerKey]?.seenFrom ?? [],
      whatLifeboatDid: 'Nothing: probes go on until it has ended, and then see nothing.',
      whatToRunNext: `renew it, then ${command(state.cluster, 'check')}`,
    }),
  };
}

function endOf(days: number): string {
  if (days <= 0) return 'has ended';
  return days < 1 ? 'ends in less than a day' : `ends in ${counted(Math.floor(days), 'day')}`;
}

export function aboutVerdict(state: ClusterState, verdict: Verdict | undefined) {
  return {
    summary: clip(verdict?.words ?? 'unknown', maxReasonCharacters),
    whatIsWrong: [verdict?.words ?? 'unknown', ...(verdict?.evidence ?? [])].join('\n'),
    since: verdict?.since ?? state.since,
    seenFrom: verdict?.seenFrom ?? [],
  };
}

// The incidents of single targets: a bad CoreDNS replica, a refused credential, blindness, certificates near their end. Pure.
import { targetsOf } from './assess.ts';
import type { Target } from './observation.ts';
import type { Policy } from './policy.ts';
import { command, type Rule } from './rule.ts';
import { conditionOf, detailOf, goodServers, streakOf } from './selectors.ts';
import type { ClusterState } from './state.ts';
import { apiServerKey, dnsKey, targetKey, type Verdict } from './verdict.ts';
import { clip, counted, sentence, wordsOfTarget } from './words.ts';

const maxReasonCharacters = 600;
const leastDaysLeft = 14;

/**
 * | key                                 | opens after                                                    | closes after                | severity |
 * |-------------------------------------|----------------------------------------------------------------|-----------------------------|----------|
 * | dns/ADDRESS                         | `downRounds` rounds down or stale, or `degradedRounds` rounds bad | `healthyRounds` good rounds | warning |
 * | credential/apiserver, credential/dns/ADDRESS | `downRounds` rounds with a refused credential         | `healthyRounds` without     | critical for the API server, else warning |
 * | blind                               | the API server unknown for `degradedRounds` intervals, for another reason | a known verdict  | critical |
 * | certificate, token                  | 14 days or less to its end                                     | more                        | warning  |
 */
export function targetRules(state: ClusterState, policy: Policy, now: number): readonly Rule[] {
  return [
    ...policy.dnsServers.map((server) => replica(state, server, policy)),
    ...targetsOf(policy).map((target) => credential(state, target, policy)),
    blind(state, policy, now),
    ending(state, 'certificate', 'certificateDaysLeft', "the API server's certificate", now),
    ending(state, 'credential', 'credentialDaysLeft', 'the credential of the probes', now),
  ];
}

function replica(state: ClusterState, server: string, policy: Policy): Rule {
  const { down, bad, healthy } = streakOf(state, dnsKey(server));
  const verdict = state.verdicts[dnsKey(server)];
  return {
    key: `dns/${server}`,
    opens: down >= policy.downRounds || bad >= policy.degradedRounds,
    stays: healthy < policy.healthyRounds,
    tell: () => {
      const others = goodServers(state, policy).filter((other) => other !== server);
      const from =
        others.length === 0 ? 'No replica is left to capture from' : `Captures go on from ${others.join(', ')}`;
      return {
        severity: 'warning',
        ...aboutVerdict(state, verdict),
        whatLifeboatDid: `${from}. One bad replica is no outage: nothing fails over.`,
        whatToRunNext: `kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide; ${command(state.cluster, 'status')}`,
      };
    },
  };
}

function credential(state: ClusterState, target: Target, policy: Policy): Rule {
  const key = targetKey(target);
  const { credential: refused, accepted } = streakOf(state, key);
  const isApi = key === apiServerKey;
  return {
    key: `credential/${isApi ? key : `dns/${target.id}`}`,
    opens: refused >= policy.downRounds,
    stays: accepted < policy.healthyRounds,
    tell: () => ({
      severity: isApi ? 'critical' : 'warning',
      ...aboutVerdict(state, state.verdicts[key]),
      summary: `${wordsOfTarget(target)} refuses Lifeboat's credential, so that its health cannot be judged`,
      whatLifeboatDid:
        'Did not count it as down: unknown is not down. As long as this lasts an outage is seen late or not at all.',
      whatToRunNext: `give Lifeboat a credential that is taken, then ${command(state.cluster, 'check')}`,
    }),
  };
}

function blind(state: ClusterState, policy: Policy, now: number): Rule {
  const verdict = state.verdicts[apiServerKey];
  const isUnknown = conditionOf(state, apiServerKey) === 'unknown' && verdict?.reason !== 'credential';
  return {
    key: 'blind',
    opens: isUnknown && verdict !== undefined && now - verdict.since >= policy.degradedRounds * policy.intervalMs,
    stays: isUnknown,
    tell: () => ({
      severity: 'critical',
      ...aboutVerdict(state, verdict),
      summary: clip(`Lifeboat is blind: ${verdict?.words ?? 'unknown'}`, maxReasonCharacters),
      whatLifeboatDid: 'Did not count it as down: unknown is not down. An outage now would not be seen.',
      whatToRunNext: `${command(state.cluster, 'check')}; look at the network between Lifeboat and the cluster`,
    }),
  };
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

function aboutVerdict(state: ClusterState, verdict: Verdict | undefined) {
  return {
    summary: clip(verdict?.words ?? 'unknown', maxReasonCharacters),
    whatIsWrong: [verdict?.words ?? 'unknown', ...(verdict?.evidence ?? [])].join('\n'),
    since: verdict?.since ?? state.since,
    seenFrom: verdict?.seenFrom ?? [],
  };
}

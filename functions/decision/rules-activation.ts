// The incidents of the cluster as a whole: activations, holds, what waits for a person. Pure.
import { assertNever } from '../lib/assert.ts';
import { duration } from '../lib/duration.ts';
import type { Policy } from './policy.ts';
import { comesBack } from './recent.ts';
import { command, type Rule } from './rule.ts';
import { apiHealthy, enteredBy, freezes, goodServers, keptWords, streakOf } from './selectors.ts';
import type { Activation, ClusterState } from './state.ts';
import { suspect } from './suspicion.ts';
import { apiServerKey } from './verdict.ts';
import { clip, sentence } from './words.ts';

const maxReasonCharacters = 600;

/**
 * | key            | opens                                                                      | severity |
 * |----------------|----------------------------------------------------------------------------|----------|
 * | activation/N   | activation N is open; closed when it is given back or followed by a newer  | critical |
 * | failback-due   | what the machine failed over for is over, and a person has to fail back    | warning  |
 * | held           | too many activations: the machine holds itself                             | critical |
 * | outage-in-hold | an outage is confirmed while a person holds the machine                    | critical |
 * | standby-ages   | cause `dns`, and no capture for `dnsStaleAfterMs`                          | critical |
 */
export function activationRules(state: ClusterState, policy: Policy, now: number): readonly Rule[] {
  const { activation } = state;
  const opened = activation === null ? [] : [opening(state, activation, policy)];
  return [
    ...opened,
    failbackDue(state, policy),
    held(state),
    outageInHold(state, policy),
    standbyAges(state, policy, now),
  ];
}

function opening(state: ClusterState, activation: Activation, policy: Policy): Rule {
  const { number, reason, startedAt } = activation;
  return {
    key: `activation/${number}`,
    opens: true,
    stays: true,
    tell: () => ({
      severity: 'critical',
      summary: clip(`${outageWords[activation.cause]}, activation ${number}: ${reason}`, maxReasonCharacters),
      whatIsWrong: evidenceOf(state, reason),
      since: startedAt,
      seenFrom: state.verdicts[apiServerKey]?.seenFrom ?? [],
      whatLifeboatDid: whatIsDone(state, activation, policy),
      whatToRunNext: `${command(state.cluster, 'status')}; ${howItEnds(state, activation, policy)}`,
    }),
  };
}

const outageWords: Readonly<Record<Activation['cause'], string>> = {
  'control-plane': 'control-plane outage',
  dns: 'DNS outage',
  operator: 'failed over by hand',
};

function howItEnds({ cluster }: ClusterState, { cause }: Activation, policy: Policy): string {
  switch (cause) {
    case 'control-plane':
      return policy.failback === 'automatic'
        ? 'when the API server is healthy again it is given back by itself'
        : `when the API server is healthy again: ${command(cluster, 'failback')}`;
    case 'operator':
      return `to end it: ${command(cluster, 'failback')}`;
    case 'dns':
      return 'repair CoreDNS: when the replicas are healthy again it is given back by itself';
    default:
      return assertNever(cause, 'cause');
  }
}

function whatIsDone(state: ClusterState, activation: Activation, policy: Policy): string {
  const { number, cause, final, finalReason } = activation;
  const servers = goodServers(state, policy);
  const source =
    servers.length === 0 ? 'no CoreDNS replica is fit to be captured from' : `capturing from ${servers.join(', ')}`;
  switch (cause) {
    case 'control-plane':
    case 'operator': {
      const capture = final === 'pending' ? source : `${final}: ${finalReason}`;
      const standbys = Object.entries(state.standbys).map(([label, standby]) => {
        const why = keptWords(standby) || standby.lastFailure;
        const said = why === '' ? '' : ` (${why})`;
        return standby.frozen >= number ? `${label} is frozen${said}` : `${label} is not frozen yet${said}`;
      });
      return `Recorded activation ${number}. Last capture: ${capture}. Its adds and changes are published, nothing is deleted, then the standby is frozen: ${standbys.join('; ')}.`;
    }
    case 'dns':
      return `Recorded activation ${number}. The standby keeps its last good set and is not frozen; nothing is deleted; ${source}.`;
    default:
      return assertNever(cause, 'cause');
  }
}

function failbackDue(state: ClusterState, policy: Policy): Rule {
  const { activation } = state;
  const waits = state.phase === 'active' && activation?.cause === 'control-plane' && policy.failback === 'manual';
  return {
    key: 'failback-due',
    // What has come back within the window is likely to come back again: told once, when it has held.
    opens: waits && apiHealthy(state, policy) && !comesBack(streakOf(state, apiServerKey).recent, policy),
    stays: waits && suspect(state, policy)?.confirmed !== true,
    tell: () => ({
      severity: 'warning',
      summary: `the API server is healthy again; activation ${activation?.number} waits for your failback`,
      whatIsWrong:
        'The outage is over, but the standby is still frozen: it does not follow the cluster until somebody fails back.',
      since: state.verdicts[apiServerKey]?.since ?? state.since,
      seenFrom: state.verdicts[apiServerKey]?.seenFrom ?? [],
      whatLifeboatDid: `Saw it healthy for ${policy.healthyRounds} rounds in a row; the policy leaves the failback to a person.`,
      whatToRunNext: command(state.cluster, 'failback'),
    }),
  };
}

function held(state: ClusterState): Rule {
  const byMachine = state.phase === 'held' && enteredBy(state) === null;
  return {
    key: 'held',
    opens: byMachine,
    stays: byMachine,
    tell: () => ({
      severity: 'critical',
      summary: clip(`Lifeboat has stopped itself: ${state.reason}`, maxReasonCharacters),
      whatIsWrong: evidenceOf(state, state.reason),
      since: state.since,
      seenFrom: state.verdicts[apiServerKey]?.seenFrom ?? [],
      whatLifeboatDid: 'Stopped: nothing is captured, published or decided. The standby keeps what it has.',
      whatToRunNext: `${command(state.cluster, 'status')}; if the outage is real, ${command(state.cluster, 'failover')}; to let it watch and act again, ${command(state.cluster, 'release')}`,
    }),
  };
}

function outageInHold(state: ClusterState, policy: Policy): Rule {
  const suspicion = suspect(state, policy);
  const byPerson = state.phase === 'held' && enteredBy(state) !== null;
  return {
    key: 'outage-in-hold',
    opens: byPerson && suspicion?.confirmed === true,
    stays: byPerson && suspicion !== undefined,
    tell: () => ({
      severity: 'critical',
      summary: clip(`an outage while the cluster is held: ${suspicion?.reason ?? 'it is over'}`, maxReasonCharacters),
      whatIsWrong: evidenceOf(state, suspicion?.reason ?? state.reason),
      since: state.verdicts[apiServerKey]?.since ?? state.since,
      seenFrom: state.verdicts[apiServerKey]?.seenFrom ?? [],
      whatLifeboatDid: `Nothing: it is held (${state.reason}).`,
      whatToRunNext: `to fail over by hand, ${command(state.cluster, 'failover')}; to let Lifeboat act, ${command(state.cluster, 'release')}`,
    }),
  };
}

function standbyAges(state: ClusterState, policy: Policy, now: number): Rule {
  const { activation, capture } = state;
  const isOpen = state.phase === 'active' && !freezes(state);
  const asOf = capture.asOf ?? activation?.startedAt ?? state.since;
  const isOld = isOpen && now - asOf > policy.dnsStaleAfterMs;
  return {
    key: 'standby-ages',
    opens: isOld,
    stays: isOld,
    tell: () => ({
      severity: 'critical',
      summary: `the standby ages: its last good set is ${duration(now - asOf)} old and no CoreDNS replica can be captured from`,
      whatIsWrong: sentence(activation?.reason ?? state.reason),
      since: asOf,
      seenFrom: [],
      whatLifeboatDid: 'Kept the last good set in the standby. New and moved endpoints are missing in it.',
      whatToRunNext: `repair CoreDNS; ${command(state.cluster, 'status')}`,
    }),
  };
}

/** The reason and the evidence of the API server's verdict, one line each. */
function evidenceOf(state: ClusterState, reason: string): string {
  return [sentence(reason), ...(state.verdicts[apiServerKey]?.evidence ?? [])].join('\n');
}

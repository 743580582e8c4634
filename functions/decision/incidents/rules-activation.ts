// The incidents of the cluster as a whole: activations, and what waits for a person. Pure.
import { assertNever } from '../../lib/assert.ts';
import { clip } from '../../lib/clip.ts';
import { duration } from '../../lib/duration.ts';
import { comesBack } from '../health/recent.ts';
import { apiServerKey } from '../health/verdict.ts';
import type { Policy } from '../machine/policy.ts';
import {
  apiHealthy,
  freezes,
  goodServers,
  isFreezeOver,
  keptWords,
  streakOf,
  unfrozenBy,
} from '../machine/selectors.ts';
import type { Activation, ClusterState } from '../machine/state.ts';
import { suspect } from '../machine/suspicion.ts';
import { command, evidenceOf, type Rule } from './rule.ts';
import { sentence } from './words.ts';

const maxReasonCharacters = 600;
/** An activation that a person opened may be forgotten when the API server has been healthy for this long. */
const forgottenActivationMs = 15 * 60_000;

/**
 * | key            | opens                                                                      | severity |
 * |----------------|----------------------------------------------------------------------------|----------|
 * | activation/N   | activation N is open; closed when it is given back or followed by a newer  | critical |
 * | failback-due   | what the machine failed over for is over, and a person has to fail back;   | warning  |
 * |                | of a person's activation: the API has been healthy for 15 minutes          |          |
 * | standby-ages   | cause `dns`, and no capture for `dnsStaleAfterMs`                          | critical |
 */
export function activationRules(state: ClusterState, policy: Policy, now: number): readonly Rule[] {
  const { activation } = state;
  const opened = activation === null ? [] : [opening(state, activation, policy)];
  return [...opened, failbackDue(state, policy, now), standbyAges(state, policy, now)];
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
      const standbys = Object.entries(state.standbys).map(([id, standby]) => {
        const why = keptWords(standby) || standby.lastFailure;
        const said = why === '' ? '' : ` (${why})`;
        const yet = isFreezeOver(state, policy)
          ? 'not frozen, and will not be: the API server is healthy'
          : 'not frozen yet';
        return standby.frozen >= number ? `${id} is frozen${said}` : `${id} is ${yet}${said}`;
      });
      return `Recorded activation ${number}. Last capture: ${capture}. Its adds and changes are published, nothing is deleted, then the standby is frozen: ${standbys.join('; ')}.`;
    }
    case 'dns':
      return `Recorded activation ${number}. The standby keeps its last good set and is not frozen; nothing is deleted; ${source}.`;
    default:
      return assertNever(cause, 'cause');
  }
}

function failbackDue(state: ClusterState, policy: Policy, now: number): Rule {
  const { activation } = state;
  const verdict = state.verdicts[apiServerKey];
  const isOpen = state.phase === 'active' && activation !== null;
  // Whoever failed over by hand is at work on something: not before it may have been forgotten.
  const byPerson = isOpen && activation.cause === 'operator';
  const quietMs = byPerson ? now - Math.max(verdict?.since ?? now, activation.startedAt) : 0;
  const waitMs = byPerson ? forgottenActivationMs : 0;
  const { recent } = streakOf(state, apiServerKey);
  const mayWait = byPerson || (isOpen && activation.cause === 'control-plane' && policy.failback === 'manual');
  // DNS may be down for longer than the API server: then nothing is over, and nobody is asked to fail back.
  const waits = mayWait && suspect(state, policy)?.confirmed !== true;
  const open = unfrozenBy(state).map((id) => `the freeze of ${id} was given up: it could not be made in the outage`);
  const frozen = Object.keys(state.standbys).length > open.length;
  const why = frozen
    ? 'the standby is still frozen: it does not follow the cluster until somebody fails back'
    : 'the activation is open: the standby does not follow the cluster until somebody fails back';
  const seen = byPerson
    ? `Saw it healthy for ${duration(quietMs)}; what a person failed over only a person gives back.`
    : `Saw it healthy for ${policy.healthyRounds} rounds in a row; the policy leaves the failback to a person.`;
  return {
    key: 'failback-due',
    // What has come back within the window is likely to come back again: told once, when it has held.
    opens: waits && apiHealthy(state, policy) && !comesBack(recent, policy) && quietMs >= waitMs,
    stays: waits,
    tell: () => ({
      severity: 'warning',
      summary: byPerson
        ? `the API server is healthy; activation ${activation.number}, opened by hand, waits for your failback`
        : `the API server is healthy again; activation ${activation?.number} waits for your failback`,
      whatIsWrong: [
        byPerson ? `${sentence(why)}.` : `The outage is over, but ${why}.`,
        ...open.map((one) => `${sentence(one)}.`),
      ].join('\n'),
      since: verdict?.since ?? state.since,
      seenFrom: verdict?.seenFrom ?? [],
      whatLifeboatDid: seen,
      whatToRunNext: command(state.cluster, 'failback'),
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

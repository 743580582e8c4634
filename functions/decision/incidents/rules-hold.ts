// The incidents of what keeps the machine from acting: holds of a person or of its own, and maintenance windows. Pure.

import { clip } from '../../lib/clip.ts';
import { duration } from '../../lib/duration.ts';
import { apiServerKey } from '../health/verdict.ts';
import { maintenanceUntil } from '../machine/maintenance.ts';
import type { Policy } from '../machine/policy.ts';
import { enteredBy, freezes } from '../machine/selectors.ts';
import type { ClusterState } from '../machine/state.ts';
import { isCalm, suspect } from '../machine/suspicion.ts';
import { command, evidenceOf, type Rule } from './rule.ts';

const maxReasonCharacters = 600;
/** A hold without an end may be forgotten after this long. */
const forgottenHoldMs = 4 * 3_600_000;

/**
 * | key                   | opens                                                      | severity |
 * |-----------------------|------------------------------------------------------------|----------|
 * | held                  | too many activations: the machine holds itself             | critical |
 * | hold                  | a person holds the machine for a time; closed when it ends | info     |
 * | hold-forgotten        | a person has held the machine without an end for 4 hours   | warning  |
 * | outage-in-hold        | an outage is confirmed while a person holds the machine    | critical |
 * | outage-in-maintenance | an outage is confirmed in a maintenance window             | warning  |
 */
export function holdRules(state: ClusterState, policy: Policy, now: number): readonly Rule[] {
  return [
    held(state),
    holdForATime(state, now),
    holdForgotten(state, now),
    outageInHold(state, policy),
    outageInMaintenance(state, policy, now),
  ];
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

function isHeldByPerson(state: ClusterState): boolean {
  return state.phase === 'held' && enteredBy(state) !== null;
}

function holdForATime(state: ClusterState, now: number): Rule {
  const { holdUntil } = state;
  const isOn = isHeldByPerson(state) && holdUntil !== null;
  return {
    key: 'hold',
    opens: isOn,
    stays: isOn,
    tell: () => ({
      severity: 'info',
      summary: clip(`held for ${duration((holdUntil ?? now) - now)}: ${state.reason}`, maxReasonCharacters),
      whatIsWrong: 'Nothing: somebody works on the cluster or the standby.',
      since: state.since,
      seenFrom: [],
      whatLifeboatDid: 'Stopped for that time: nothing is captured, published or decided. Then it goes on by itself.',
      whatToRunNext: `to let it act sooner, ${command(state.cluster, 'release')}`,
    }),
  };
}

function holdForgotten(state: ClusterState, now: number): Rule {
  const isOn = isHeldByPerson(state) && state.holdUntil === null;
  return {
    key: 'hold-forgotten',
    opens: isOn && now - state.since >= forgottenHoldMs,
    stays: isOn,
    tell: () => ({
      severity: 'warning',
      summary: clip(`held for ${duration(now - state.since)}, forgotten? ${state.reason}`, maxReasonCharacters),
      whatIsWrong: 'The standby does not follow the cluster, and Lifeboat does not act when there is an outage.',
      since: state.since,
      seenFrom: [],
      whatLifeboatDid: 'Stopped, as it was told: nothing is captured, published or decided.',
      whatToRunNext: `${command(state.cluster, 'release')}; a hold that ends by itself is ${command(state.cluster, 'hold --for 2h')}`,
    }),
  };
}

function outageInHold(state: ClusterState, policy: Policy): Rule {
  const suspicion = suspect(state, policy);
  const byPerson = isHeldByPerson(state);
  return {
    key: 'outage-in-hold',
    opens: byPerson && suspicion?.confirmed === true,
    // Where the hold ends in the outage, it is open until an activation tells of it: a resolve would say that nothing is wrong any more.
    stays: !isCalm(state, policy) && (byPerson || state.phase === 'suspected'),
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

function outageInMaintenance(state: ClusterState, policy: Policy, now: number): Rule {
  const suspicion = suspect(state, policy);
  const until = maintenanceUntil(policy, now);
  const isWatched = until !== undefined && state.phase !== 'held' && !freezes(state);
  const isNews = suspicion !== undefined && suspicion.cause !== state.activation?.cause;
  return {
    key: 'outage-in-maintenance',
    opens: isWatched && isNews && suspicion.confirmed,
    stays: isWatched && (suspicion === undefined ? state.activation === null && !isCalm(state, policy) : isNews),
    tell: () => ({
      severity: 'warning',
      summary: clip(`an outage in a maintenance window: ${suspicion?.reason ?? state.reason}`, maxReasonCharacters),
      whatIsWrong: evidenceOf(state, suspicion?.reason ?? state.reason),
      since: state.verdicts[apiServerKey]?.since ?? state.since,
      seenFrom: state.verdicts[apiServerKey]?.seenFrom ?? [],
      whatLifeboatDid: `Opened no activation: maintenance lasts until ${new Date(until ?? now).toISOString()}. If it goes on after that it is an outage like any other.`,
      whatToRunNext: `if this was not planned, ${command(state.cluster, 'failover')}`,
    }),
  };
}

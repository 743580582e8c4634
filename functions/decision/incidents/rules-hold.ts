// The incidents of what keeps the machine from acting: holds of a person or of its own, and maintenance windows. Pure.
import { apiServerKey } from '../health/verdict.ts';
import { maintenanceUntil } from '../machine/maintenance.ts';
import type { Policy } from '../machine/policy.ts';
import { conditionOf, enteredBy, freezes } from '../machine/selectors.ts';
import type { ClusterState } from '../machine/state.ts';
import { isCalm, suspect } from '../machine/suspicion.ts';
import { asSeen, asSeenOfApi, type Rule } from './rule.ts';

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
      ...asSeenOfApi(state, state.since),
      facts: { kind: 'held', ...stoppedOf(state) },
    }),
  };
}

function isHeldByPerson(state: ClusterState): boolean {
  return state.phase === 'held' && enteredBy(state) !== null;
}

function stoppedOf(state: ClusterState) {
  const { since, reason, activation } = state;
  const isDown = conditionOf(state, apiServerKey) === 'down';
  return { since, by: enteredBy(state), reason, activation: activation?.number ?? null, isDown };
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
      ...asSeenOfApi(state, state.since),
      evidence: [],
      facts: { kind: 'hold', ...stoppedOf(state), until: holdUntil ?? now },
    }),
  };
}

function holdForgotten(state: ClusterState, now: number): Rule {
  const isOn = isHeldByPerson(state) && state.holdUntil === null;
  return {
    key: 'hold-forgotten',
    opens: isOn && now - state.since >= forgottenHoldMs,
    stays: isOn,
    shows: isOn ? 'warning' : undefined,
    tell: () => ({
      severity: 'warning',
      ...asSeenOfApi(state, state.since),
      evidence: [],
      facts: { kind: 'hold-forgotten', ...stoppedOf(state) },
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
    shows: state.phase === 'held' && conditionOf(state, apiServerKey) === 'down' ? 'critical' : undefined,
    tell: () => ({
      severity: 'critical',
      ...asSeen(state, state.verdicts[apiServerKey]),
      facts: { kind: 'outage-in-hold', outage: suspicion?.reason ?? null, hold: state.reason },
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
      ...asSeen(state, state.verdicts[apiServerKey]),
      facts: {
        kind: 'outage-in-maintenance',
        outage: suspicion?.reason ?? state.reason,
        cause: suspicion?.cause ?? state.cause,
        until: until ?? now,
      },
    }),
  };
}

// The incidents of the cluster as a whole: activations, and what waits for a person. Pure.
import type { Facts, Standing } from '../../model/incident.ts';
import { comesBack } from '../health/recent.ts';
import { apiServerKey, dnsKey } from '../health/verdict.ts';
import type { Policy } from '../machine/policy.ts';
import {
  apiHealthy,
  conditionOf,
  freezes,
  goodServers,
  isFreezeOver,
  keepingOf,
  streakOf,
  unfrozenBy,
} from '../machine/selectors.ts';
import type { Activation, ClusterState } from '../machine/state.ts';
import { suspect } from '../machine/suspicion.ts';
import { isOpenIncident } from './key.ts';
import { asSeenOfApi, known, type Rule } from './rule.ts';

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
  const due = failbackDue(state, policy, now);
  const isDue = due.opens || isOpenIncident(state, due.key);
  const opened = activation === null ? [] : [opening(state, activation, policy, isDue)];
  return [...opened, due, standbyAges(state, policy, now)];
}

function opening(state: ClusterState, activation: Activation, policy: Policy, isDue: boolean): Rule {
  const { number } = activation;
  return {
    key: `activation/${number}`,
    opens: true,
    stays: true,
    tell: () => ({
      severity: 'critical',
      ...seenInOutage(state, activation, policy),
      facts: activationFacts(state, activation, policy, isDue),
    }),
  };
}

const maxEvidenceLines = 16;

/** Of an outage of DNS it is the replicas that are seen to be bad. */
function seenInOutage(state: ClusterState, { cause, startedAt }: Activation, policy: Policy) {
  if (cause !== 'dns') return asSeenOfApi(state, startedAt);
  const verdicts = policy.dnsServers.flatMap((server) => state.verdicts[dnsKey(server)] ?? []);
  const bad = verdicts.filter(({ condition }) => condition === 'down' || condition === 'stale');
  return {
    since: startedAt,
    seenFrom: [...new Set(bad.flatMap(({ seenFrom }) => seenFrom))],
    evidence: bad.flatMap(({ evidence }) => evidence).slice(0, maxEvidenceLines),
  };
}

function activationFacts(
  state: ClusterState,
  { number, cause, reason, by, startedAt, final, finalReason }: Activation,
  policy: Policy,
  isDue: boolean,
): Facts<'activation'> {
  const condition = conditionOf(state, apiServerKey);
  const isSteady = condition === 'healthy' && streakOf(state, apiServerKey).healthy >= policy.healthyRounds;
  return {
    kind: 'activation',
    ...{ number, cause, reason, by, startedAt, final, finalReason },
    capturedAt: final === 'captured' ? state.capture.asOf : null,
    from: goodServers(state, policy),
    failback: policy.failback,
    api: condition === 'healthy' ? 'answers' : condition === 'unknown' ? 'unknown' : 'bad',
    // One good round may be chance. For its own activations the machine says when.
    isOver: cause === 'operator' ? isSteady : isDue && condition === 'healthy',
    standbys: cause === 'dns' ? [] : Object.keys(state.standbys).flatMap((id) => standingOf(state, id, policy)),
  };
}

function standingOf(state: ClusterState, id: string, policy: Policy): readonly Standing[] {
  const standby = state.standbys[id];
  const { activation } = state;
  if (standby === undefined || activation === null) return [];
  const isMade = standby.frozen >= activation.number;
  const { snapshot, publishedAt, fence, lastFailure } = standby;
  return [
    {
      standby: id,
      freeze: isMade ? 'made' : isFreezeOver(state, policy) ? 'given-up' : 'waits',
      kept: keepingOf(standby),
      ...{ fence, lastFailure, snapshot },
      writtenAt: publishedAt === null || publishedAt < activation.startedAt ? null : publishedAt,
      isEmpty: standby.asOf === null,
    },
  ];
}

function failbackDue(state: ClusterState, policy: Policy, now: number): Rule {
  const { activation } = state;
  const verdict = state.verdicts[apiServerKey];
  const isOpen = state.phase === 'active' && activation !== null;
  // Whoever failed over by hand is at work on something: not before it may have been forgotten.
  const byPerson = isOpen && activation.cause === 'operator';
  const healthySince = byPerson ? Math.max(verdict?.since ?? now, activation.startedAt) : (verdict?.since ?? now);
  const { recent } = streakOf(state, apiServerKey);
  const mayWait = byPerson || (isOpen && activation.cause === 'control-plane' && policy.failback === 'manual');
  // DNS may be down for longer than the API server: then nothing is over, and nobody is asked to fail back.
  const waits = mayWait && suspect(state, policy)?.confirmed !== true;
  return {
    key: 'failback-due',
    // What has come back within the window is likely to come back again: told once, when it has held.
    opens:
      waits &&
      apiHealthy(state, policy) &&
      !comesBack(recent, policy) &&
      (!byPerson || now - healthySince >= forgottenActivationMs),
    stays: waits,
    tell: () => {
      const unfrozen = unfrozenBy(state);
      return {
        severity: 'warning',
        ...asSeenOfApi(state, verdict?.since ?? state.since),
        evidence: [],
        facts: {
          kind: 'failback-due',
          activation: activation?.number ?? 0,
          byPerson,
          healthySince,
          rounds: policy.healthyRounds,
          unfrozen,
          isFrozen: Object.keys(state.standbys).length > unfrozen.length,
        },
      };
    },
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
      ...known(asOf),
      facts: { kind: 'standby-ages', asOf, reason: activation?.reason ?? state.reason },
    }),
  };
}

// The incidents of captures and standby zones: what is refused, unreachable, held back, fenced or out of date. Pure.
import type { Facts } from '../../model/incident.ts';
import type { Severity } from '../../model/severity.ts';
import { standbyKey } from '../health/verdict.ts';
import { keepsFailing } from '../machine/job.ts';
import type { Policy } from '../machine/policy.ts';
import {
  isAdopted,
  isFreezeOver,
  isLeftBehind,
  keeperOf,
  keepingOf,
  owedTo,
  streakOf,
  unfrozenBy,
} from '../machine/selectors.ts';
import { damageOf, isElsewhere, isUnreadable } from '../machine/standby-damage.ts';
import type { ClusterState, StandbyState } from '../machine/state.ts';
import { isOpenIncident } from './key.ts';
import { asSeen, known, type Rule } from './rule.ts';

/** It is over as soon as it is found: it is shown for so long. */
const putBackShownMs = 900_000;

/**
 * | key                   | opens                                                             | severity |
 * |-----------------------|-------------------------------------------------------------------|----------|
 * | capture               | three captures in a row gave no snapshot                          | warning  |
 * | standby/STANDBY       | two rounds say empty, somebody else's or thawed; in an activation also without marker, with wrong answers, or `downRounds` rounds unreadable | critical |
 * | standby-degraded/STANDBY | in peace: two rounds say without marker or wrong answers, or `downRounds` rounds unreadable | warning |
 * | publish/STANDBY       | three publications or freezes in a row failed, though it can be read | warning  |
 * | give-back/STANDBY     | a failback is over that did not reach it, though it can be read   | warning  |
 * | deletes-held/STANDBY  | a guard held losses back though the cluster is healthy            | warning  |
 * | fenced/STANDBY        | frozen by somebody unknown, or by us before our store was lost    | critical |
 * | foreign/STANDBY       | the zone is written by another cluster                            | critical |
 * | marker-lost/STANDBY   | the marker that was there is gone; closed a quarter of an hour after it was last found gone | warning |
 * | put-back/STANDBY      | frozen, and read whole, it did not hold what was frozen; closed a quarter of an hour after the last time | critical |
 * | standby-stale/STANDBY | no publication in peace, or in a failback, for `publishStaleAfterMs`, by us or by the deployment that keeps the zone | critical |
 */
export function standbyRules(state: ClusterState, policy: Policy, now: number): readonly Rule[] {
  const perStandby = policy.standbys.flatMap((id) => {
    const standby = state.standbys[id];
    if (standby === undefined) return [];
    return [
      ruined(state, id, standby, policy),
      impaired(state, id, standby, policy),
      failing(state, id, standby, policy),
      leftBehind(state, id, standby, policy, now),
      deletesHeld(id, standby, now),
      fenced(id, standby, now),
      foreign(id, standby, now),
      markerLost(id, standby, now),
      putBack(id, standby, now),
      stale(state, id, standby, policy, now),
    ];
  });
  return [capture(state, now), ...perStandby];
}

function capture(state: ClusterState, now: number): Rule {
  const { failures, lastFailure, asOf } = state.capture;
  return {
    key: 'capture',
    opens: keepsFailing(state.capture),
    stays: failures > 0,
    tell: () => ({
      severity: 'warning',
      ...known(asOf ?? now),
      facts: { kind: 'capture', failures, lastFailure, asOf },
    }),
  };
}

/** What is wrong enough to be told, and how bad it is; undefined: nothing, or somebody else writes there. */
function troubleOf(state: ClusterState, id: string, standby: StandbyState, policy: Policy): Severity | undefined {
  if (isElsewhere(standby)) return undefined;
  const damage = damageOf(state, id);
  if (damage === undefined && !isUnreadable(state, id, policy)) return undefined;
  if (state.activation !== null) return 'critical';
  return damage === 'empty' || damage === 'foreign' || damage === 'thawed' ? 'critical' : 'warning';
}

function ruined(state: ClusterState, id: string, standby: StandbyState, policy: Policy): Rule {
  return {
    key: `standby/${id}`,
    opens: troubleOf(state, id, standby, policy) === 'critical',
    stays: streakOf(state, standbyKey(id)).healthy < policy.healthyRounds,
    tell: () => ({
      severity: 'critical',
      ...asSeen(state, state.verdicts[standbyKey(id)]),
      facts: { kind: 'standby', ...damageFacts(state, id, standby) },
    }),
  };
}

function impaired(state: ClusterState, id: string, standby: StandbyState, policy: Policy): Rule {
  const verdict = state.verdicts[standbyKey(id)];
  const isWell = verdict === undefined || verdict.condition === 'healthy' || isOpenIncident(state, `standby/${id}`);
  return {
    key: `standby-degraded/${id}`,
    opens: troubleOf(state, id, standby, policy) === 'warning',
    stays: streakOf(state, standbyKey(id)).healthy < policy.healthyRounds,
    // Before anybody is told of it, and where nobody looks.
    shows: isWell ? undefined : 'warning',
    tell: () => ({
      severity: 'warning',
      ...asSeen(state, verdict),
      facts: { kind: 'standby-degraded', ...damageFacts(state, id, standby) },
    }),
  };
}

function damageFacts(state: ClusterState, id: string, { frozen, rewrites }: StandbyState) {
  const verdict = state.verdicts[standbyKey(id)];
  return {
    standby: id,
    says: verdict?.words ?? 'unknown',
    isHealthy: verdict?.condition === 'healthy',
    isUnseen: verdict === undefined || verdict.reason === 'no-observation',
    carries: state.activation !== null,
    does: doesAbout(state, id),
    hold: state.phase === 'held' ? state.reason : '',
    frozen,
    rewrites,
  };
}

function doesAbout(state: ClusterState, id: string): Facts<'standby'>['does'] {
  const damage = damageOf(state, id);
  if (damage === 'foreign') return 'leaves';
  if (state.phase === 'held') return 'held';
  return damage === undefined ? 'asks' : 'rewrites';
}

function failing(state: ClusterState, id: string, standby: StandbyState, policy: Policy): Rule {
  const { failures, lastFailure, asOf, publishedAt, since } = standby;
  return {
    key: `publish/${id}`,
    // That it cannot be read says why.
    opens: keepsFailing(standby) && !isLeftBehind(state, id) && !isUnreadable(state, id, policy),
    stays: failures > 0 && !isLeftBehind(state, id),
    tell: () => ({
      severity: 'warning',
      ...known(publishedAt ?? since),
      facts: {
        kind: 'publish',
        standby: id,
        failures,
        lastFailure,
        isGivenUp: isFreezeOver(state, policy) && unfrozenBy(state).includes(id),
        asOf,
      },
    }),
  };
}

function leftBehind(state: ClusterState, id: string, standby: StandbyState, policy: Policy, now: number): Rule {
  const owed = owedTo(state, id);
  const { frozen, lastFailure, asOf } = standby;
  return {
    key: `give-back/${id}`,
    opens: isLeftBehind(state, id) && !isUnreadable(state, id, policy),
    stays: owed !== null,
    shows: isLeftBehind(state, id) ? 'warning' : undefined,
    tell: () => ({
      severity: 'warning',
      ...known(owed?.since ?? now),
      facts: { kind: 'give-back', standby: id, frozen, lastFailure, asOf },
    }),
  };
}

function deletesHeld(id: string, { heldDeletes }: StandbyState, now: number): Rule {
  const isHeld = heldDeletes > 0;
  const facts = { kind: 'deletes-held', standby: id, count: heldDeletes } as const;
  return {
    key: `deletes-held/${id}`,
    opens: isHeld,
    stays: isHeld,
    tell: () => ({ severity: 'warning', ...known(now), facts }),
  };
}

function fenced(id: string, { fence, asOf }: StandbyState, now: number): Rule {
  const isFenced = fence !== '';
  return {
    key: `fenced/${id}`,
    opens: isFenced,
    stays: isFenced,
    tell: () => ({ severity: 'critical', ...known(now), facts: { kind: 'fenced', standby: id, fence, asOf } }),
  };
}

function foreign(id: string, standby: StandbyState, now: number): Rule {
  const isForeign = standby.foreign !== '';
  const facts = { kind: 'foreign', standby: id, marker: standby.foreign } as const;
  return {
    key: `foreign/${id}`,
    opens: isForeign,
    stays: isForeign,
    tell: () => ({ severity: 'critical', ...known(now), facts }),
  };
}

function markerLost(id: string, standby: StandbyState, now: number): Rule {
  // Where somebody removes it again and again, or replaces the zone, that is told once.
  const isLost = standby.adopted?.because === 'marker-gone' && isAdopted(standby, now);
  return {
    key: `marker-lost/${id}`,
    opens: isLost,
    stays: isLost,
    tell: () => ({
      severity: 'warning',
      ...known(standby.adopted?.at ?? now),
      facts: { kind: 'marker-lost', standby: id },
    }),
  };
}

function putBack(id: string, { putBack: found, frozen }: StandbyState, now: number): Rule {
  const isRecent = found !== null && now - found.at < putBackShownMs;
  const facts = { kind: 'put-back', standby: id, activation: frozen, sets: found?.sets ?? 0 } as const;
  return {
    key: `put-back/${id}`,
    opens: isRecent,
    stays: isRecent,
    tell: () => ({ severity: 'critical', ...known(found?.at ?? now), facts }),
  };
}

function stale(state: ClusterState, id: string, standby: StandbyState, policy: Policy, now: number): Rule {
  const { marker } = standby;
  const keeper = keeperOf(standby);
  // A zone that another deployment keeps is as fresh as its marker; unmoved for longer than its lease it should have been taken over.
  // What was frozen in an outage is as old as the outage: it counts from the failback on.
  const ours = Math.max(standby.publishedAt ?? standby.since, owedTo(state, id)?.since ?? 0);
  const since = Math.max(ours, keeper === null ? 0 : (marker?.since ?? 0));
  const limitMs = keeper === null ? policy.publishStaleAfterMs : Math.max(policy.publishStaleAfterMs, policy.leaseMs);
  const isOld = now - since > limitMs;
  // In an activation others tell: `publish/STANDBY`, and for the cause `dns` `standby-ages`.
  const isPeace = state.activation === null || state.phase === 'recovering';
  return {
    key: `standby-stale/${id}`,
    // Of one that is another cluster's that is told.
    opens: isPeace && isOld && standby.foreign === '',
    stays: isOld,
    tell: () => ({
      severity: 'critical',
      ...known(since),
      facts: {
        kind: 'standby-stale',
        standby: id,
        since,
        limitMs,
        kept: keepingOf(standby),
        lastFailure: standby.lastFailure || state.capture.lastFailure,
        ...{ phase: state.phase, reason: state.reason, asOf: standby.asOf },
      },
    }),
  };
}

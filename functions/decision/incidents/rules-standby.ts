// The incidents of captures and standby zones: what is refused, unreachable, held back, fenced or out of date. Pure.

import { clip } from '../../lib/clip.ts';
import { duration } from '../../lib/duration.ts';
import type { Severity } from '../../model/severity.ts';
import { standbyKey } from '../health/verdict.ts';
import { keepsFailing } from '../machine/job.ts';
import type { Policy } from '../machine/policy.ts';
import {
  isAdopted,
  isFreezeOver,
  isLeftBehind,
  keeperOf,
  keptWords,
  owedTo,
  standbyAgeMs,
  streakOf,
  unfrozenBy,
} from '../machine/selectors.ts';
import { damageOf, isElsewhere, isUnreadable } from '../machine/standby-damage.ts';
import type { ClusterState, StandbyState } from '../machine/state.ts';
import { command, type Rule, type Tale } from './rule.ts';

const maxReasonCharacters = 600;

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
 * | standby-stale/STANDBY | no publication in peace, or in a failback, for `publishStaleAfterMs`, by us or by the deployment that keeps the zone | critical |
 */
export function standbyRules(state: ClusterState, policy: Policy, now: number): readonly Rule[] {
  const perStandby = policy.standbys.flatMap((id) => {
    const standby = state.standbys[id];
    if (standby === undefined) return [];
    return [
      ruined(state, id, standby, policy),
      impaired(state, id, standby, policy),
      failing(state, id, standby, policy, now),
      leftBehind(state, id, standby, policy, now),
      deletesHeld(state, id, standby, now),
      fenced(state, id, standby, now),
      foreign(state, id, standby, now),
      markerLost(state, id, standby, now),
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
      summary: `${failures} captures in a row gave no snapshot: ${lastFailure}`,
      whatIsWrong: lastFailure,
      since: asOf ?? now,
      seenFrom: [],
      whatLifeboatDid: `Kept the last snapshot${asOf === null ? '; there is none yet' : `, ${duration(now - asOf)} old`}.`,
      whatToRunNext: `${command(state.cluster, 'snapshot take')} tries once more and says why not; ${command(state.cluster, 'check')} looks at the whole way`,
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
  const whom = state.activation === null ? 'who relies on it would be told wrong' : 'it carries production now';
  return {
    key: `standby/${id}`,
    opens: troubleOf(state, id, standby, policy) === 'critical',
    stays: streakOf(state, standbyKey(id)).healthy < policy.healthyRounds,
    tell: () => ({ severity: 'critical', ...damageTale(state, id, standby, whom) }),
  };
}

function impaired(state: ClusterState, id: string, standby: StandbyState, policy: Policy): Rule {
  return {
    key: `standby-degraded/${id}`,
    opens: troubleOf(state, id, standby, policy) === 'warning',
    stays: streakOf(state, standbyKey(id)).healthy < policy.healthyRounds,
    tell: () => ({ severity: 'warning', ...damageTale(state, id, standby, 'nobody relies on it now') }),
  };
}

function damageTale(state: ClusterState, id: string, standby: StandbyState, whom: string): Omit<Tale, 'severity'> {
  const verdict = state.verdicts[standbyKey(id)];
  const words = verdict?.words ?? `the standby ${id} is unknown`;
  return {
    summary: clip(`${words}; ${whom}`, maxReasonCharacters),
    whatIsWrong: [words, ...(verdict?.evidence ?? [])].join('\n'),
    since: verdict?.since ?? state.since,
    seenFrom: verdict?.seenFrom ?? [],
    whatLifeboatDid: didAbout(state, id, standby),
    whatToRunNext: `look at its server; ${command(state.cluster, 'status')}; ${command(state.cluster, 'check')}`,
  };
}

function didAbout(state: ClusterState, id: string, standby: StandbyState): string {
  const damage = damageOf(state, id);
  if (damage === 'foreign') return 'Wrote nothing: it does not fight another writer.';
  if (state.phase === 'held') return `Nothing: it is held (${state.reason}).`;
  if (damage === undefined) return 'Goes on asking it.';
  const tries = standby.rewrites > 1 ? ` It was damaged ${standby.rewrites} times within an hour.` : '';
  return `Writes what it held again, ${standby.frozen > 0 ? `under activation ${standby.frozen}` : 'as in peace'}.${tries}`;
}

function failing(state: ClusterState, id: string, standby: StandbyState, policy: Policy, now: number): Rule {
  const { failures, lastFailure } = standby;
  const isGivenUp = isFreezeOver(state, policy) && unfrozenBy(state).includes(id);
  return {
    key: `publish/${id}`,
    // That it cannot be read says why.
    opens: keepsFailing(standby) && !isLeftBehind(state, id) && !isUnreadable(state, id, policy),
    stays: failures > 0 && !isLeftBehind(state, id),
    tell: () => ({
      severity: 'warning',
      summary: `${failures} attempts in a row to write to the standby ${id} failed: ${lastFailure}`,
      whatIsWrong: lastFailure,
      since: standby.publishedAt ?? standby.since,
      seenFrom: [],
      whatLifeboatDid: `${isGivenUp ? 'Gave the freeze up, since the API server is healthy again.' : 'Goes on trying.'} ${ageOf(standby, now)}`,
      whatToRunNext: `${command(state.cluster, 'check')}; ${command(state.cluster, 'plan')} shows what is not written yet`,
    }),
  };
}

function leftBehind(state: ClusterState, id: string, standby: StandbyState, policy: Policy, now: number): Rule {
  const owed = owedTo(state, id);
  const what = standby.frozen > 0 ? `is still frozen by activation ${standby.frozen}` : 'was not given back';
  return {
    key: `give-back/${id}`,
    opens: isLeftBehind(state, id) && !isUnreadable(state, id, policy),
    stays: owed !== null,
    tell: () => ({
      severity: 'warning',
      summary: `the standby ${id} ${what}, though the outage is over: ${standby.lastFailure || 'it could not be written to'}`,
      whatIsWrong: standby.lastFailure || 'It could not be written to.',
      since: owed?.since ?? now,
      seenFrom: [],
      whatLifeboatDid: `Gave the other standbys back; goes on trying. ${ageOf(standby, now)}`,
      whatToRunNext: `repair its server: it is given back when it can be written to; ${command(state.cluster, 'check')}`,
    }),
  };
}

function deletesHeld(state: ClusterState, id: string, standby: StandbyState, now: number): Rule {
  const { heldDeletes } = standby;
  return {
    key: `deletes-held/${id}`,
    opens: heldDeletes > 0,
    stays: heldDeletes > 0,
    tell: () => ({
      severity: 'warning',
      summary: `${heldDeletes} changes are held back from the standby ${id} by a guard, though the cluster is healthy`,
      whatIsWrong: 'More would be lost than a healthy change explains. What is new has gone out.',
      since: now,
      seenFrom: [],
      whatLifeboatDid:
        'Held the losses back; the names and addresses go on being answered, until somebody lets them go.',
      whatToRunNext: `${command(state.cluster, 'plan')} shows them; ${command(state.cluster, 'publish --release-deletes')} lets them out if they are right`,
    }),
  };
}

function fenced(state: ClusterState, id: string, standby: StandbyState, now: number): Rule {
  const isFenced = standby.fence !== '';
  return {
    key: `fenced/${id}`,
    opens: isFenced,
    stays: isFenced,
    tell: () => ({
      severity: 'critical',
      summary: `the standby ${id} is frozen by somebody else, and Lifeboat does not write to it: ${standby.fence}`,
      whatIsWrong: standby.fence,
      since: now,
      seenFrom: [],
      whatLifeboatDid: `Wrote nothing. ${ageOf(standby, now)}`,
      whatToRunNext: `${command(state.cluster, 'status')}; when no other Lifeboat is in an outage, ${command(state.cluster, 'failback --take-over')} to take the zone over`,
    }),
  };
}

function foreign(state: ClusterState, id: string, standby: StandbyState, now: number): Rule {
  const isForeign = standby.foreign !== '';
  return {
    key: `foreign/${id}`,
    opens: isForeign,
    stays: isForeign,
    tell: () => ({
      severity: 'critical',
      summary: `the standby ${id} is written by another cluster, and ${state.cluster} has no standby there: ${standby.foreign}`,
      whatIsWrong: `${standby.foreign}. What the zone answers are the other cluster's names and addresses.`,
      since: now,
      seenFrom: [],
      whatLifeboatDid: 'Wrote nothing, and will not, in an outage neither: whoever is there keeps the zone.',
      whatToRunNext: `give each cluster a zone, or a server, of its own; when the other cluster is gone for good, remove the marker by hand (the TXT record _lifeboat in the zone), then ${command(state.cluster, 'status')}`,
    }),
  };
}

function markerLost(state: ClusterState, id: string, standby: StandbyState, now: number): Rule {
  // Where somebody removes it again and again, or replaces the zone, that is told once.
  const isLost = standby.adopted?.because === 'marker-gone' && isAdopted(standby, now);
  return {
    key: `marker-lost/${id}`,
    opens: isLost,
    stays: isLost,
    tell: () => ({
      severity: 'warning',
      summary: `the marker of the standby ${id} was gone: somebody removed it, or replaced the zone`,
      whatIsWrong:
        'The marker keeps two writers from mixing their halves, and a frozen zone frozen. Without it the zone may hold anything.',
      since: standby.adopted?.at ?? now,
      seenFrom: [],
      whatLifeboatDid:
        'Wrote it again with what the zone should hold. Nothing is deleted until it has been left alone for a quarter of an hour.',
      whatToRunNext: `find out what else writes to the zone (another tool, a restored copy); ${command(state.cluster, 'plan')} shows what is there too much`,
    }),
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
  const kept = keeper === null ? '' : `${keptWords(standby)}, and ${keeper} has not moved its marker since`;
  // In an activation others tell: `publish/STANDBY`, and for the cause `dns` `standby-ages`.
  const isPeace = state.activation === null || state.phase === 'recovering';
  return {
    key: `standby-stale/${id}`,
    // Of one that is another cluster's that is told.
    opens: isPeace && isOld && standby.foreign === '',
    stays: isOld,
    tell: () => ({
      severity: 'critical',
      summary: `the standby ${id} has not been brought up to date for ${duration(now - since)}; the limit is ${duration(limitMs)}`,
      whatIsWrong:
        kept || standby.lastFailure || state.capture.lastFailure || `the cluster is ${state.phase}: ${state.reason}`,
      since,
      seenFrom: [],
      whatLifeboatDid: ageOf(standby, now),
      // Nothing that is published goes where another deployment keeps the zone.
      whatToRunNext: `${command(state.cluster, 'status')}; ${keeper === null ? command(state.cluster, 'publish') : `when ${keeper} is gone, ${command(state.cluster, 'failback --take-over')}`}`,
    }),
  };
}

function ageOf(standby: StandbyState, now: number): string {
  const age = standbyAgeMs(standby, now);
  return age === null ? 'Nothing was ever published there.' : `What it holds is ${duration(age)} old.`;
}

// When to publish to a standby or to freeze it, and what the outcome means. Pure; the plan and the fence are functions/plan/.
import { assertNever } from '../../lib/assert.ts';
import { clip } from '../../lib/clip.ts';
import { own } from '../../lib/own.ts';
import type { Intent } from '../../model/intent.ts';
import type { Standing } from '../../model/standing.ts';
import type { FreezeEffect, PublishEffect } from './effect.ts';
import type { ClusterEvent, MarkerSeen } from './event.ts';
import { frozenWith, isAgain, isLookedAt, isToBeRead, readAfter, readingOf } from './frozen-zone.ts';
import { begin, fail, isFree, succeed } from './job.ts';
import type { Policy } from './policy.ts';
import { clusterHealthy, freezes, isAdopted, isFreezeOver, keeperOf, knownActivation, owedTo } from './selectors.ts';
import { settlingAfter } from './settling.ts';
import { damageOf, forgetDamage, isToBeRewritten, rewriting } from './standby-damage.ts';
import { type ClusterState, type GiveBack, initialStandby, type MarkerState, type StandbyState } from './state.ts';

type StandbyEvent = Extract<ClusterEvent, { kind: 'published' | 'publish-failed' | 'frozen' | 'freeze-failed' }>;
type StandbyEffect = PublishEffect | FreezeEffect;

/** A publication of an activation that fails for this long gives way to the bare freeze. */
const patienceMs = 300_000;
const maxFenceCharacters = 400;
/** How often a zone is looked at that another deployment or another cluster writes to: in peace, and while an activation waits for it. */
const lookAgainMs = 30_000;
const waitAgainMs = 5_000;
/** A marker is moved this often within a lease. */
const renewalsInALease = 3;

/** Standbys that are new in the configuration are known from now on; those that left it are forgotten. */
export function knowStandbys(state: ClusterState, policy: Policy, now: number): ClusterState {
  const known = policy.standbys.map((id) => [id, own(state.standbys, id) ?? initialStandby(now)] as const);
  return { ...state, standbys: Object.fromEntries(known) };
}

/**
 * | phase                                | due for a standby, one thing at a time                                                      |
 * |--------------------------------------|---------------------------------------------------------------------------------------------|
 * | watching, suspected, recovering, active by `dns` | publish each new capture; deletes only while the cluster is healthy, and was at the capture |
 * | watching, suspected, recovering      | where a failback is owed: the capture made since it began, which thaws what we or an operator may thaw |
 * | active otherwise                     | once the final capture is settled: publish with deletes held, which freezes; or freeze bare; nothing more when the API is healthy again |
 * | any of these                         | what it should hold, once more, where its probe finds it damaged (standby-damage.ts)         |
 * | active otherwise, frozen             | what it was frozen with, over the zone read whole: at once after a freeze by the marker alone, then every ten minutes |
 * | confirmed, held                      | nothing                                                                                     |
 *
 * In the first row also when a third of the lease has passed since our marker moved: nothing else may have changed meanwhile. A zone that
 * another deployment of this cluster keeps is asked for as any other, and the fence says no, until its lease has run out.
 */
export function assignPublications(
  state: ClusterState,
  policy: Policy,
  now: number,
): { readonly state: ClusterState; readonly effects: readonly StandbyEffect[] } {
  const effects: StandbyEffect[] = [];
  const standbys = { ...state.standbys };
  for (const id of policy.standbys) {
    const standby = standbys[id];
    if (standby === undefined || !isFree(standby, now)) continue;
    const effect = dueFor(state, id, standby, policy, now);
    if (effect === undefined) continue;
    effects.push(effect);
    const known = isToBeRewritten(state, id, standby, now) ? rewriting(standby, now) : standby;
    standbys[id] = { ...known, ...begin(standby, now), ...readingOf(standby, effect, now) };
  }
  return { state: { ...state, standbys }, effects };
}

function dueFor(
  state: ClusterState,
  id: string,
  standby: StandbyState,
  policy: Policy,
  now: number,
): StandbyEffect | undefined {
  const owed = owedTo(state, id);
  const isOpen = standby.frozen === 0 && owed === null;
  const isNewer = state.capture.asOf !== null && state.capture.asOf > (standby.asOf ?? Number.NEGATIVE_INFINITY);
  const isDamaged = isToBeRewritten(state, id, standby, now);
  const isDue = isOpen && (isNewer || isDamaged || isRenewalDue(standby, policy, now));
  switch (state.phase) {
    case 'watching':
    case 'suspected':
    case 'recovering':
      if (owed !== null) return dueInReturn(state, id, standby, owed, policy, now);
      return isDue ? publish(state, id, ordinary(state, id), policy, now) : undefined;
    case 'active':
      if (freezes(state)) return dueInActivation(state, id, standby, policy, now);
      // Still frozen: DNS failed in the middle of a failback. It is given back with the rest, when that is over.
      return isDue ? publish(state, id, ordinary(state, id), policy, now) : undefined;
    case 'confirmed':
    case 'held':
      return undefined;
    default:
      return assertNever(state.phase, 'phase');
  }
}

function dueInActivation(
  state: ClusterState,
  id: string,
  standby: StandbyState,
  policy: Policy,
  now: number,
): StandbyEffect | undefined {
  const { activation } = state;
  if (activation === null || activation.final === 'pending') return undefined;
  const { number } = activation;
  if (standby.frozen >= number) return dueAgain(state, id, standby, number, policy, now);
  if (isFreezeOver(state, policy)) return undefined;
  const isPatient = now - activation.startedAt < patienceMs || keeperOf(standby) !== null;
  const isLeft = standby.settled < number && state.capture.snapshot !== null && isPatient;
  if (isLeft) return publish(state, id, { kind: 'activate', activation: number }, policy, now);
  const standing = standingOf(standby, { kind: 'activate', activation: number }, policy, now);
  return { kind: 'freeze', standby: id, activation: number, standing };
}

/**
 * Only an operator may thaw somebody else's freeze; the machine thaws its own. The operator's word is about what was frozen when it was
 * given, so that it ends with the phase.
 */
function dueInReturn(
  state: ClusterState,
  id: string,
  standby: StandbyState,
  owed: GiveBack,
  policy: Policy,
  now: number,
): StandbyEffect | undefined {
  if (state.capture.asOf === null || state.capture.asOf < owed.since) return undefined;
  const isOurs = standby.frozen > 0 && standby.fence === '' && keeperOf(standby) === null;
  const isOrdered = state.phase === 'recovering' && owed.by !== null;
  return publish(state, id, isOrdered || isOurs ? { kind: 'failback' } : ordinary(state, id), policy, now);
}

/**
 * Frozen by us: what it held is written again under the same activation, where the probe finds it damaged, and where a reading of the whole
 * zone does. The freeze goes by the marker, so that it waits for nothing; what somebody took out by hand moves no marker.
 */
function dueAgain(
  state: ClusterState,
  id: string,
  standby: StandbyState,
  activation: number,
  policy: Policy,
  now: number,
): StandbyEffect | undefined {
  if (!isToBeRead(state, id, activation, now) && !isToBeRewritten(state, id, standby, now)) return undefined;
  const held = frozenWith(state, standby);
  const intent = { kind: 'activate', activation } as const;
  const standing = standingOf(standby, intent, policy, now);
  if (held === undefined) return { kind: 'freeze', standby: id, activation, standing };
  const how = { deletes: 'held', renew: false, read: 'zone' } as const;
  return { kind: 'publish', standby: id, ...held, intent, standing, ...how };
}

function ordinary(state: ClusterState, id: string): Intent {
  return { kind: 'publish', knownActivation: knownActivation(state, id) };
}

function publish(
  state: ClusterState,
  id: string,
  intent: Intent,
  policy: Policy,
  now: number,
): PublishEffect | undefined {
  const { snapshot, asOf, healthy } = state.capture;
  const standby = state.standbys[id];
  if (snapshot === null || asOf === null || standby === undefined) return undefined;
  const mayDelete = intent.kind !== 'activate' && healthy && clusterHealthy(state, policy) && !isAdopted(standby, now);
  const deletes = mayDelete ? 'allowed' : 'held';
  const standing = standingOf(standby, intent, policy, now);
  const renew = intent.kind === 'publish' && isRenewalDue(standby, policy, now);
  const read = intent.kind === 'failback' || damageOf(state, id) !== undefined ? 'zone' : 'marker';
  return { kind: 'publish', standby: id, snapshot, asOf, deletes, intent, standing, renew, read };
}

/** Others take a marker that stands still for a lease for that of a deployment that is gone. */
function isRenewalDue({ marker }: StandbyState, { leaseMs }: Policy, now: number): boolean {
  return marker !== null && marker.keeper === null && now - marker.since >= leaseMs / renewalsInALease;
}

/** What is known of a zone before it is written to, and whether it may be taken over from the deployment that keeps it. */
export function standingOf(
  standby: StandbyState,
  intent: Intent,
  { leaseMs }: Pick<Policy, 'leaseMs'>,
  now: number,
): Standing {
  const { marker, frozen, publishedAt, fence, foreign } = standby;
  const keeper = keeperOf(standby);
  const hadMarker = marker !== null || publishedAt !== null || fence !== '' || foreign !== '';
  const known = frozen > 0 && keeper === null && fence === '' ? 'freeze' : hadMarker ? 'marker' : 'nothing';
  if (intent.kind === 'failback')
    return { known, takeOver: standby.giveBack?.takeOver === true ? { by: 'order' } : null };
  const hasLapsed = marker !== null && marker.frozen === 0 && now - marker.since >= leaseMs;
  if (keeper === null || !hasLapsed) return { known, takeOver: null };
  return { known, takeOver: { by: 'lease', writer: keeper, generation: marker.generation } };
}

/** Takes in how a publication or a freeze went. */
export function afterPublication(state: ClusterState, event: StandbyEvent, now: number): ClusterState {
  const standby = state.standbys[event.effect.standby];
  if (standby === undefined) return state;
  const lastActivation =
    'activation' in event ? Math.max(state.lastActivation, event.activation ?? 0) : state.lastActivation;
  const after = { ...standby, ...outcome(standby, event, now), ...markerAfter(standby, event.marker, now) };
  const next = {
    ...after,
    ...readAfter(state, standby, after, event, now),
    ...settlingAfter(standby, after, event, now),
  };
  const isWritten = event.kind === 'published' || event.kind === 'frozen';
  const seen = isWritten ? forgetDamage(state, event.effect.standby) : state;
  return { ...seen, lastActivation, standbys: { ...state.standbys, [event.effect.standby]: next } };
}

/** Takes in what a marker says; our own freeze is none to be told of, also when a crash kept us from noting it. */
export function afterMarker(
  state: ClusterState,
  event: Extract<ClusterEvent, { kind: 'marker-read' }>,
  now: number,
): ClusterState {
  const standby = state.standbys[event.standby];
  if (standby === undefined) return state;
  const isOurs =
    (event.marker?.keeper ?? null) === null && [standby.frozen, state.activation?.number].includes(event.activation);
  const fence = isOurs ? '' : clip(event.freeze, maxFenceCharacters);
  const foreign = clip(event.foreign ?? '', maxFenceCharacters);
  const next = { ...standby, fence, foreign, ...markerAfter(standby, event.marker, now) };
  return {
    ...state,
    lastActivation: Math.max(state.lastActivation, event.activation),
    standbys: { ...state.standbys, [event.standby]: next },
  };
}

/** The same marker of the same writer has stood there since it was first seen so. */
function markerAfter(
  { marker: before }: StandbyState,
  seen: MarkerSeen | undefined,
  now: number,
): { readonly marker?: MarkerState } {
  if (seen === undefined) return {};
  const isSame = before !== null && before.generation === seen.generation && before.keeper === seen.keeper;
  return { marker: { ...seen, since: isSame ? before.since : now } };
}

function outcome(standby: StandbyState, event: StandbyEvent, now: number): Partial<StandbyState> {
  switch (event.kind) {
    case 'published':
      return afterSuccess(standby, event, now);
    case 'publish-failed':
      return afterFailure(standby, event, now);
    case 'frozen':
      return { ...succeed(standby), frozen: event.effect.activation, settled: event.effect.activation };
    case 'freeze-failed':
      if (event.status === 'kept') return whereKept(standby, event.effect.activation, event, now);
      if (event.status === 'foreign') return whereForeign(standby, event.reason, now);
      if (event.activation === undefined) return fail(standby, event.reason, now);
      return atTheFence(standby, event.effect.activation, event);
    default:
      return assertNever(event, 'standby event');
  }
}

function afterSuccess(
  standby: StandbyState,
  { effect, heldDeletes, adopted }: Extract<StandbyEvent, { kind: 'published' }>,
  now: number,
): Partial<StandbyState> {
  const { intent, snapshot, asOf } = effect;
  const { giveBack } = standby;
  // What an outage holds is no guard's: the count stays that of the last time that something might go.
  const held = effect.deletes === 'allowed' && adopted === undefined ? heldDeletes : standby.heldDeletes;
  const published: Partial<StandbyState> = {
    ...succeed(standby),
    ...(adopted === undefined ? {} : { adopted: { at: now, because: adopted } }),
    publishedAt: now,
    snapshot,
    asOf,
    fence: '',
    foreign: '',
    giveBack: giveBack !== null && asOf >= giveBack.since ? null : giveBack,
  };
  switch (intent.kind) {
    case 'publish':
      return {
        ...published,
        // The fence lets it in where nothing is frozen only.
        frozen: 0,
        // A marker that was only moved has brought nothing up to date.
        publishedAt: standby.asOf === asOf ? standby.publishedAt : now,
        heldDeletes: held,
      };
    case 'activate':
      return {
        ...published,
        // What was only looked at, or put back, is as old as it was.
        publishedAt: isLookedAt(standby, effect) ? standby.publishedAt : now,
        ...{ frozen: intent.activation, settled: intent.activation },
      };
    case 'failback':
      return { ...published, frozen: 0, heldDeletes: held };
    default:
      return assertNever(intent, 'intent');
  }
}

/**
 * Another deployment of this cluster keeps the zone. Frozen by it, it serves our activation as well (`mine`; 0: none is asked for); what is
 * not ours is not thawed by us either.
 */
function whereKept(
  standby: StandbyState,
  mine: number,
  { marker }: { readonly marker?: MarkerSeen },
  now: number,
): Partial<StandbyState> {
  const calm = { ...succeed(standby), fence: '', foreign: '' };
  if (mine === 0) return { ...calm, frozen: 0, giveBack: null, heldDeletes: 0, notBefore: now + lookAgainMs };
  if (marker !== undefined && marker.frozen > 0) return { ...calm, frozen: mine, settled: mine };
  return { ...calm, notBefore: now + waitAgainMs };
}

function whereForeign(standby: StandbyState, reason: string, now: number): Partial<StandbyState> {
  const foreign = clip(reason, maxFenceCharacters);
  const calm = { ...succeed(standby), frozen: 0, giveBack: null, heldDeletes: 0, fence: '', marker: null };
  return { ...calm, notBefore: now + lookAgainMs, lastFailure: foreign, foreign };
}

/**
 * The marker does not let activation `mine` in. When it is frozen by that very number, an earlier attempt did more than it could report.
 * Else a newer activation, of another deployment or from before our store was lost, was here: nothing is left to do but to tell.
 */
function atTheFence(
  standby: StandbyState,
  mine: number,
  { activation, marker, reason }: Pick<Extract<StandbyEvent, { reason: string }>, 'activation' | 'marker' | 'reason'>,
): Partial<StandbyState> {
  const isMine = activation === mine && (marker?.keeper ?? null) === null;
  const fence = isMine ? '' : clip(reason, maxFenceCharacters);
  return { ...succeed(standby), frozen: mine, settled: mine, fence };
}

function afterFailure(
  standby: StandbyState,
  event: Extract<StandbyEvent, { kind: 'publish-failed' }>,
  now: number,
): Partial<StandbyState> {
  const { intent } = event.effect;
  const failed = fail(standby, `${event.status}: ${event.reason}`, now);
  switch (event.status) {
    case 'frozen':
      if (intent.kind === 'activate') return atTheFence(standby, intent.activation, event);
      return { ...failed, fence: clip(event.reason, maxFenceCharacters), foreign: '' };
    case 'kept':
      return whereKept(standby, intent.kind === 'activate' ? intent.activation : 0, event, now);
    case 'foreign':
      return whereForeign(standby, event.reason, now);
    case 'refused':
      // The freeze is left to do, at once; frozen already, it is told, and tried again as any other failure.
      if (intent.kind !== 'activate' || isAgain(standby, event.effect)) return failed;
      return { ...failed, notBefore: now, settled: intent.activation };
    // No failure to wait after: what is due instead, a freeze first of all, comes at once.
    case 'stopped':
      return { runningSince: null };
    case 'conflict':
    case 'denied':
    case 'mismatch':
    case 'fault':
      return failed;
    default:
      return assertNever(event.status, 'status of a failed publication');
  }
}

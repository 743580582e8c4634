// When to capture, and what the outcome of a capture means. Pure; it neither transfers nor stores.
import { assertNever } from '../../lib/assert.ts';
import { capturedWithinMs } from '../../model/capture-times.ts';
import type { CaptureEffect } from './effect.ts';
import type { ClusterEvent } from './event.ts';
import { begin, fail, hasGoneSilent, succeed } from './job.ts';
import type { Policy } from './policy.ts';
import { waitAfterDeathsMs } from './restart.ts';
import { clusterHealthy, freezes } from './selectors.ts';
import { afterTrying, areNeedsLookedAt, unusableWords, usableSources } from './sources.ts';
import type { Activation, CaptureState, ClusterState } from './state.ts';

type CaptureEvent = Extract<ClusterEvent, { kind: 'captured' | 'capture-refused' | 'capture-asked' }>;

/**
 * | phase                                | a capture is due                                                                |
 * |--------------------------------------|---------------------------------------------------------------------------------|
 * | watching, suspected, recovering, active by `dns` | every `captureIntervalMs`, from any source that still tells the truth (sources.ts) |
 * | active otherwise                     | once, the final one, as soon as the activation is open                          |
 * | recovering                           | at once, until one was asked for since the phase began and made                 |
 * | confirmed, held                      | never                                                                           |
 */
export function assignCapture(
  state: ClusterState,
  policy: Policy,
  now: number,
): { readonly state: ClusterState; readonly effects: readonly CaptureEffect[] } {
  const current = giveUpFinal(state, policy, now);
  const { capture, activation } = current;
  const final = current.phase === 'active' && activation?.final === 'pending';
  const from = usableSources(current, policy);
  const number = final ? activation.number : 0;
  // An ordinary capture under way does not hold up the final one.
  const free = capture.runningSince === null || capture.askedFor < number || hasGoneSilent(capture, now);
  if (!isDue(current, policy, now) || !free || from.length === 0) return { state: current, effects: [] };
  const asked: CaptureState = {
    ...capture,
    ...begin(capture, now),
    askedAt: now,
    askedFor: number,
    isElsewhere: false,
  };
  return {
    state: { ...current, capture: asked },
    effects: [
      { kind: 'capture', final, activation: number, from, askedAt: now, healthy: clusterHealthy(current, policy) },
    ],
  };
}

/** Takes in how a capture went. */
export function afterCapture(state: ClusterState, event: CaptureEvent, policy: Policy, now: number): ClusterState {
  const { effect } = event;
  if (event.kind === 'capture-asked') return whereAsked(state, effect, event.elsewhere, now);
  const gave = event.kind === 'captured' ? event.source : undefined;
  const sources = afterTrying(state.capture, event.tried ?? [], gave, policy, now);
  const capture: CaptureState = { ...state.capture, sources };
  // An answer to an older question (asked again meanwhile, or another process's) must not end the wait for the newer one.
  const ends = isAbout(capture, effect);
  if (event.kind === 'captured') {
    const newer = capture.asOf === null || effect.askedAt >= capture.asOf;
    const healthy = effect.healthy && clusterHealthy(state, policy);
    const found = newer ? { snapshot: event.snapshot, asOf: effect.askedAt, healthy } : {};
    const next = { ...capture, ...(ends ? { ...succeed(capture), deaths: 0, isElsewhere: false } : {}), ...found };
    return settleFinal({ ...state, capture: next }, effect, 'captured', `snapshot ${event.snapshot}`);
  }
  // Answers that come twice, or after the wait was given up, count once.
  if (!ends || capture.runningSince === null) return { ...state, capture };
  const { postponedMs, reason, endedLives = 0 } = event;
  const deaths = endedLives === 0 ? 0 : capture.deaths + endedLives;
  const next =
    postponedMs === undefined
      ? {
          ...fail(capture, reason, now),
          deaths,
          isElsewhere: false,
          notBefore: now + waitAfterDeathsMs(deaths, policy),
        }
      : { ...capture, runningSince: null, isElsewhere: false, notBefore: now + postponedMs };
  return settleFinal({ ...state, capture: { ...capture, ...next } }, effect, 'refused', reason);
}

function isAbout(
  capture: CaptureState,
  { askedAt, activation }: Pick<CaptureEffect, 'askedAt' | 'activation'>,
): boolean {
  return capture.askedAt === askedAt && capture.askedFor === activation;
}

function whereAsked(state: ClusterState, effect: CaptureEffect, isElsewhere: boolean, now: number): ClusterState {
  const { capture } = state;
  if (!isAbout(capture, effect) || capture.runningSince === null) return state;
  // What is made from here after others has its whole time, once: it is said again where that could not be noted.
  const isHandedBack = capture.isElsewhere && !isElsewhere;
  const runningSince = isHandedBack ? now : capture.runningSince;
  return { ...state, capture: { ...capture, isElsewhere, runningSince } };
}

/** The wait for others ends where nobody knows of the question any more: it is asked again, the last one of an outage at once. */
export function afterLoss(
  state: ClusterState,
  { askedAt, activation }: Extract<ClusterEvent, { kind: 'capture-lost' }>,
  now: number,
): ClusterState {
  const { capture } = state;
  if (!isAbout(capture, { askedAt, activation }) || capture.runningSince === null || !capture.isElsewhere) return state;
  const lost = fail(capture, 'what vantages were asked for was lost from the store', now);
  return { ...state, capture: { ...capture, ...lost, isElsewhere: false } };
}

function isDue(state: ClusterState, policy: Policy, now: number): boolean {
  const { capture, activation } = state;
  const waited = now >= capture.notBefore;
  const periodic = waited && (capture.askedAt === null || now - capture.askedAt >= leastWaitMs(capture, policy));
  switch (state.phase) {
    case 'watching':
    case 'suspected':
      return periodic;
    case 'active':
      return freezes(state) ? activation?.final === 'pending' : periodic;
    case 'recovering':
      return periodic || (waited && (capture.asOf === null || capture.asOf < state.since));
    case 'confirmed':
    case 'held':
      return false;
    default:
      return assertNever(state.phase, 'phase');
  }
}

/** After a failure the least interval is enough: waiting the whole interval would make an old standby older. */
function leastWaitMs(capture: CaptureState, policy: Policy): number {
  return capture.failures > 0 ? policy.captureLeastIntervalMs : policy.captureIntervalMs;
}

/**
 * The final capture holds the freeze up: without a source that can be used, or when it takes too long, what is stored has to do. Too long is
 * twice the time of a transfer; for one that others are asked for, what they and a transfer from here after them may take, each its whole time.
 */
function giveUpFinal(state: ClusterState, policy: Policy, now: number): ClusterState {
  const { activation, capture } = state;
  if (state.phase !== 'active' || activation?.final !== 'pending') return state;
  const isLooked = areNeedsLookedAt(state, policy);
  const runningSince = capture.askedFor === activation.number ? capture.runningSince : null;
  if (runningSince === null && isLooked && usableSources(state, policy).length === 0) {
    return withFinal(state, activation, 'refused', unusableWords(policy.sources));
  }
  const { captureTimeoutMs: timeoutMs, intervalMs } = policy;
  const elsewhereMs = runningSince !== null && capture.isElsewhere ? capturedWithinMs({ timeoutMs, intervalMs }) : 0;
  const limitMs = Math.max(2 * timeoutMs, elsewhereMs);
  const isYoung = runningSince !== null && now - runningSince < timeoutMs;
  if (now - activation.startedAt < limitMs || isYoung) return state;
  return withFinal(state, activation, 'refused', `it did not end within ${limitMs} ms`);
}

function settleFinal(
  state: ClusterState,
  effect: CaptureEffect,
  final: 'captured' | 'refused',
  reason: string,
): ClusterState {
  const { activation } = state;
  const mine = effect.final && activation !== null && activation.number === effect.activation;
  return mine && activation.final === 'pending' ? withFinal(state, activation, final, reason) : state;
}

function withFinal(
  state: ClusterState,
  activation: Activation,
  final: Activation['final'],
  finalReason: string,
): ClusterState {
  return { ...state, activation: { ...activation, final, finalReason } };
}

// A zone that an activation has frozen is read whole: at once after a freeze that went by its marker, then on a schedule; what it lost is put
// back under the same activation, and told. Here is when, and what came of it; publications.ts asks for it. Pure.
import { backOffMs } from '../../lib/back-off.ts';
import { fullReadEveryMs } from '../../model/standing.ts';
import type { FreezeEffect, PublishEffect } from './effect.ts';
import type { ClusterEvent } from './event.ts';
import { damageOf, isElsewhere } from './standby-damage.ts';
import type { ClusterState, StandbyState } from './state.ts';

type StandbyEvent = Extract<ClusterEvent, { kind: 'published' | 'publish-failed' | 'frozen' | 'freeze-failed' }>;

/** After a reading that failed. */
const waits = { firstMs: 30_000, mostMs: fullReadEveryMs };

/** Never where somebody else writes. */
export function isToBeRead(state: ClusterState, id: string, activation: number, now: number): boolean {
  const standby = state.standbys[id];
  if (standby === undefined || standby.frozen !== activation || frozenWith(state, standby) === undefined) return false;
  return now >= standby.readNextAt && !isElsewhere(standby) && damageOf(state, id) !== 'foreign';
}

/**
 * The snapshot that a frozen zone is to hold: the one that was published there, or a newer one of ours that its marker names, since a publication
 * that was cut has begun to write it. undefined: neither.
 */
export function frozenWith(
  { capture }: ClusterState,
  { snapshot, asOf, marker }: StandbyState,
): { readonly snapshot: number; readonly asOf: number } | undefined {
  const begun = marker?.snapshot ?? 0;
  const isBegun = begun > (snapshot ?? 0) && begun <= (capture.snapshot ?? 0);
  const number = isBegun ? begun : snapshot;
  const at = isBegun && begun === capture.snapshot ? capture.asOf : asOf;
  return number === null || at === null ? undefined : { snapshot: number, asOf: at };
}

/** What is asked for now: a reading that fails, or ends the process that makes it, is tried again later and later. */
export function readingOf(
  standby: StandbyState,
  effect: PublishEffect | FreezeEffect,
  now: number,
): Pick<StandbyState, 'readNextAt'> {
  const isReading = effect.kind === 'publish' && isAgain(standby, effect);
  return { readNextAt: isReading ? now + backOffMs(waits, standby.failures + 1) : standby.readNextAt };
}

/** It is frozen by that activation already. */
export function isAgain({ frozen }: StandbyState, { intent }: PublishEffect): boolean {
  return intent.kind === 'activate' && frozen === intent.activation;
}

/** And with that snapshot: what such a publication changes was changed by somebody else. */
export function isLookedAt(standby: StandbyState, effect: PublishEffect): boolean {
  return isAgain(standby, effect) && standby.snapshot === effect.snapshot;
}

/** When a frozen zone is read whole next, and what the reading put back that nobody was told of. */
export function readAfter(
  state: ClusterState,
  before: StandbyState,
  { frozen }: StandbyState,
  event: StandbyEvent,
  now: number,
): Partial<StandbyState> {
  const changed = event.kind === 'published' ? event.changed : undefined;
  // By the marker alone: it is not known yet what was frozen.
  if (changed === undefined) return frozen === before.frozen ? {} : { readNextAt: 0 };
  const readNextAt = now + fullReadEveryMs;
  const isTold = damageOf(state, event.effect.standby) !== undefined;
  const isPutBack = event.kind === 'published' && isLookedAt(before, event.effect) && changed > 0 && !isTold;
  return isPutBack ? { readNextAt, putBack: { at: now, sets: changed } } : { readNextAt };
}

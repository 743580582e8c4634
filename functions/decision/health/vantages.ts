// What the machine knows of the vantages it expects to hear from: when each last delivered, and which requests in its name were refused.
// Pure. Whether their observations count is no business of this file: quorum.ts asks their age.

import { clip } from '../../lib/clip.ts';
import { own } from '../../lib/own.ts';
import type { ClusterEvent } from '../machine/event.ts';
import { maxAgeMs, type Policy } from '../machine/policy.ts';
import type { ClusterState, RefusalState, VantageState } from '../machine/state.ts';
import { newsOf } from './round.ts';

const maxReasonCharacters = 200;
/** Refusals further apart than this belong to different spells; one is over after it. */
const calmMs = 600_000;
/** The key of refused requests that named no known vantage. */
export const nobody = '';

/** Takes in a round or refused requests. What the policy does not name is forgotten, so that the state stays small. */
export function knowVantages(state: ClusterState, event: ClusterEvent, policy: Policy, now: number): ClusterState {
  const vantages = policy.vantages.map((id) => {
    const spoke = event.kind === 'observed' && event.vantage === id && newsOf(state, event, policy, now).length > 0;
    return [id, heard(own(state.vantages, id), spoke, event, policy, now)] as const;
  });
  const refusals = [nobody, ...policy.vantages].flatMap((id) => {
    const spell = refused(own(state.refusals, id), id, event, now);
    return spell === undefined ? [] : [[id, spell] as const];
  });
  return { ...state, vantages: Object.fromEntries(vantages), refusals: Object.fromEntries(refusals) };
}

/** Since when nothing has been heard of it: not longer than it was expected. */
export function quietSince({ since, heardAt }: VantageState): number {
  return Math.max(since, heardAt ?? since);
}

/** `spoke`: this vantage delivered something that counts and was not known; what is replayed or belated is not heard. */
function heard(
  before: VantageState | undefined,
  spoke: boolean,
  event: ClusterEvent,
  policy: Policy,
  now: number,
): VantageState {
  const last = before ?? { since: now, heardAt: null, rounds: 0, listenedAt: now };
  // While nobody was there to listen, silence says nothing. A new life that follows at once is no such while: in a Worker each tick may be one.
  const wasAway = event.kind === 'restarted' && now - last.listenedAt > maxAgeMs(policy);
  const known = { ...last, listenedAt: now, ...(wasAway ? { since: now } : {}) };
  if (!spoke) return known;
  const follows = known.heardAt !== null && now - known.heardAt <= maxAgeMs(policy);
  // More are not asked for.
  const rounds = follows ? Math.min(known.rounds + 1, policy.healthyRounds) : 1;
  return { ...known, heardAt: now, rounds };
}

function refused(
  before: RefusalState | undefined,
  id: string,
  event: ClusterEvent,
  now: number,
): RefusalState | undefined {
  const spell = before !== undefined && now - before.lastAt <= calmMs ? before : undefined;
  if (event.kind !== 'vantage-refused' || (event.vantage ?? nobody) !== id) return spell;
  return {
    since: spell?.since ?? now,
    lastAt: now,
    count: (spell?.count ?? 0) + event.count,
    refusal: event.refusal,
    reason: clip(event.reason, maxReasonCharacters),
  };
}

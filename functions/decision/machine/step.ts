// The machine of one cluster: step(state, event, policy, now) -> {state, effects}. Pure; it reads no clock, asks nobody and stores nothing.
// The parts: assess (verdicts, streaks), operator and transitions (phases), captures and publications (work), incidents (alerts).
import { assertNever } from '../../lib/assert.ts';
import { clip } from '../../lib/clip.ts';
import { assess } from '../health/assess.ts';
import { knowVantages } from '../health/vantages.ts';
import { announce } from '../incidents/track.ts';
import { afterCapture, afterLoss, assignCapture } from './captures.ts';
import { withoutFuture } from './clock.ts';
import type { Effect } from './effect.ts';
import type { ClusterEvent } from './event.ts';
import { obey } from './operator.ts';
import type { Policy } from './policy.ts';
import { afterMarker, afterPublication, assignPublications, knowStandbys } from './publications.ts';
import { afterRestart } from './restart.ts';
import type { ClusterState } from './state.ts';
import { decide } from './transitions.ts';

const maxWordsCharacters = 1000;

export interface Step {
  readonly state: ClusterState;
  /** In the order in which they are to be done; see Effect. */
  readonly effects: readonly Effect[];
}

/**
 * One step. The response depends on the cause:
 *
 * | cause           | response                                                                                                      |
 * |-----------------|---------------------------------------------------------------------------------------------------------------|
 * | `control-plane`, `operator` | page; one last capture from a good replica; its adds and changes published; the standby frozen     |
 * | `dns`           | page; no freeze; captures and publications go on from any good replica, without deletes; page again as it ages |
 * | one bad replica | page; never captured from; no activation                                                                      |
 * | unknown         | a page of its own for a refused credential or for blindness; never an activation                              |
 *
 * Store the new state and the pages before carrying out the effects, and feed each outcome back as an event. `now`: milliseconds since the epoch.
 */
export function step(state: ClusterState, given: ClusterEvent, policy: Policy, now: number): Step {
  const event = withPlainWords(given);
  const prepared = knowVantages(knowStandbys(withoutFuture(state, now), policy, now), event, policy, now);
  const known = assess(prepared, event, policy, now);
  const heard = hear(known, event, policy, now);
  const decided = decide(heard.state, policy, now);
  const capturing = assignCapture(decided, policy, now);
  const publishing = assignPublications(capturing.state, policy, now);
  const told = announce(publishing.state, policy, now);
  return {
    state: told.state,
    effects: [...told.effects, ...capturing.effects, ...publishing.effects, ...heard.replies],
  };
}

/** What people, servers and other processes say is kept within a limit, and well-formed: it is stored, shown and sent on. */
function withPlainWords(event: ClusterEvent): ClusterEvent {
  switch (event.kind) {
    case 'operator':
      return { ...event, who: plain(event.who), why: plain(event.why) };
    case 'marker-read':
      return { ...event, freeze: plain(event.freeze) };
    case 'capture-refused':
    case 'publish-failed':
    case 'freeze-failed':
    case 'vantage-refused':
      return { ...event, reason: plain(event.reason) };
    // The words of observations: assess.
    case 'observed':
    case 'capture-asked':
    case 'capture-lost':
    case 'captured':
    case 'published':
    case 'frozen':
    case 'restarted':
    case 'tick':
      return event;
    default:
      return assertNever(event, 'event');
  }
}

function plain(words: string): string {
  return clip(words, maxWordsCharacters);
}

function hear(
  state: ClusterState,
  event: ClusterEvent,
  policy: Policy,
  now: number,
): { readonly state: ClusterState; readonly replies: readonly Effect[] } {
  const without = (next: ClusterState) => ({ state: next, replies: [] });
  switch (event.kind) {
    case 'captured':
    case 'capture-refused':
    case 'capture-asked':
      return without(afterCapture(state, event, policy, now));
    case 'capture-lost':
      return without(afterLoss(state, event, now));
    case 'published':
    case 'publish-failed':
    case 'frozen':
    case 'freeze-failed':
      return without(afterPublication(state, event, now));
    case 'marker-read':
      return without(afterMarker(state, event, now));
    case 'operator': {
      const { state: next, reply } = obey(state, event, policy, now);
      return { state: next, replies: [reply] };
    }
    case 'restarted':
      return without(afterRestart(state, policy, now));
    case 'observed':
    case 'vantage-refused':
    case 'tick':
      return without(state);
    default:
      return assertNever(event, 'event');
  }
}

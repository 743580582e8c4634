// What an operator may ask of the machine, in which phase, and what the answer is. Pure.
import { assertNever } from '../../lib/assert.ts';
import { duration } from '../../lib/duration.ts';
import type { Reply } from './effect.ts';
import type { ClusterEvent } from './event.ts';
import { abandonAll } from './job.ts';
import type { Policy } from './policy.ts';
import { enteredBy, hasToGiveBack, keeperOf } from './selectors.ts';
import type { ClusterState } from './state.ts';
import { recovery, suspect } from './suspicion.ts';
import { activate, move } from './transitions.ts';

/** For how long a hold may be given: those who take orders check it. */
export const leastHoldMs = 60_000;
export const longestHoldMs = 7 * 86_400_000;

type Command = Extract<ClusterEvent, { kind: 'operator' }>;

export interface Obeyed {
  readonly state: ClusterState;
  readonly reply: Reply;
}

/**
 * | command  | phase                              | outcome                                                                     |
 * |----------|------------------------------------|-----------------------------------------------------------------------------|
 * | failover | any                                | accepted: a new activation; a hold is lifted                                |
 * | failback | recovering, by an operator         | accepted: it is under way, and its work is begun anew                       |
 * | failback | an activation is open, or a standby is frozen | refused while an outage is confirmed, a new activation would follow |
 * |          |                                    | at once; refused without `force` until the API (cause `dns`: a replica) is |
 * |          |                                    | healthy for `healthyRounds`; else accepted                                  |
 * | failback | else                               | refused: nothing to give back                                               |
 * | hold     | held by the machine                | accepted: it is; for a time: refused, it does not end by itself             |
 * | hold     | held by a person                   | accepted: it is; with another end: from now on with this one                |
 * | hold     | any other                          | accepted; for a time: until then                                            |
 * | release  | held                               | accepted: `active` when an activation is open, else `watching`              |
 * | release  | any other                          | refused                                                                     |
 *
 * A failover or failback waits for no work that is under way: whoever does it may be dead, and the marker fences it when it is not.
 */
export function obey(state: ClusterState, command: Command, policy: Policy, now: number): Obeyed {
  switch (command.command) {
    case 'failover':
      return failOver(state, command, now);
    case 'failback':
      return failBack(state, command, policy, now);
    case 'hold':
      return hold(state, command, now);
    case 'release':
      return release(state, command, now);
    default:
      return assertNever(command.command, 'operator command');
  }
}

function failOver(state: ClusterState, { who, why }: Command, now: number): Obeyed {
  const lifted = state.phase === 'held' ? '; the hold is lifted' : '';
  const next = activate(
    abandonAll(state),
    { cause: 'operator', reason: `${who} failed over: ${why}${lifted}`, by: who },
    now,
  );
  return accepted(next, `activation ${next.lastActivation} is open${lifted}`);
}

function failBack(
  state: ClusterState,
  { who, why, force = false, takeOver = false }: Command,
  policy: Policy,
  now: number,
): Obeyed {
  if (state.phase === 'recovering' && enteredBy(state) !== null) {
    const reason = `a failback is under way since ${duration(now - state.since)}`;
    return accepted(abandonAll(takeOver ? takingOver(state) : state), reason);
  }
  const kept = Object.values(state.standbys)
    .map(keeperOf)
    .find((keeper) => keeper !== null);
  if (!hasToGiveBack(state) && kept !== undefined && !takeOver)
    return refused(
      state,
      `no activation is open here, and the standby is kept by ${kept}: to take it over, failback --take-over`,
    );
  if (!hasToGiveBack(state) && kept === undefined)
    return refused(state, 'no activation is open and no standby is frozen: there is nothing to give back');
  const suspicion = suspect(state, policy);
  const { isOver, words } = recovery(state, policy, now);
  if (suspicion?.confirmed)
    return refused(state, `${suspicion.reason}: a failback now would be followed by a new activation`);
  if (!isOver && !force) {
    const early = `${words}: a failback that is too early is a second outage; wait, or force it (--force)`;
    return { state, reply: { kind: 'reply', status: 'refused', reason: early, canForce: true } };
  }
  const cause = state.activation?.cause ?? null;
  const although = isOver ? '' : `, forced although ${words}`;
  const reason = `${who} fails back${although}: ${why}`;
  const next = move(abandonAll(state), 'recovering', { reason, cause, by: who, takeOver }, now);
  const what = 'a fresh snapshot is captured and published to every standby, which thaws it';
  const risk = suspicion === undefined ? '' : ', and a new activation follows if that goes on';
  return accepted(next, `${what}${although}${risk}`);
}

/** What is still owed takes over what another deployment keeps, too. */
function takingOver(state: ClusterState): ClusterState {
  const standbys = Object.entries(state.standbys).map(([id, standby]) => {
    const giveBack = standby.giveBack === null ? null : { ...standby.giveBack, takeOver: true };
    return [id, { ...standby, giveBack }] as const;
  });
  return { ...state, standbys: Object.fromEntries(standbys) };
}

function hold(state: ClusterState, { who, why, forMs }: Command, now: number): Obeyed {
  const isHeld = state.phase === 'held';
  if (isHeld && enteredBy(state) === null && forMs !== undefined)
    return refused(state, `Lifeboat has stopped itself, which no time ends: ${state.reason}`);
  if (isHeld && state.holdUntil === null && forMs === undefined)
    return accepted(state, `held already: ${state.reason}`);
  const holdUntil = forMs === undefined ? null : now + forMs;
  const end = holdUntil === null ? '' : ` until ${new Date(holdUntil).toISOString()}`;
  const next = move(state, 'held', { reason: `${who} holds${end}: ${why}`, cause: state.cause, by: who }, now);
  const ends = holdUntil === null ? 'until `release`' : `for ${duration(holdUntil - now)}${end}, or until \`release\``;
  return accepted({ ...next, holdUntil }, `nothing is captured, written or decided ${ends}`);
}

function release(state: ClusterState, { who, why }: Command, now: number): Obeyed {
  if (state.phase !== 'held') return refused(state, `the phase is ${state.phase}, there is no hold to release`);
  const { activation } = state;
  const change = { reason: `${who} releases: ${why}`, cause: activation?.cause ?? null, by: who };
  const next = move(state, activation === null ? 'watching' : 'active', change, now);
  return accepted(next, activation === null ? 'watching again' : `activation ${activation.number} goes on`);
}

function accepted(state: ClusterState, reason: string): Obeyed {
  return { state, reply: { kind: 'reply', status: 'accepted', reason } };
}

function refused(state: ClusterState, reason: string): Obeyed {
  return { state, reply: { kind: 'reply', status: 'refused', reason, canForce: false } };
}

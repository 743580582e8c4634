// The phases and the way from one to the next. Each transition has its reason in words. Pure; it asks for no work and writes no alert.
import { assert, assertNever } from '../../lib/assert.ts';
import { duration } from '../../lib/duration.ts';
import type { Cause } from '../../model/outage.ts';
import { keepsFailing } from './job.ts';
import { maintenanceUntil } from './maintenance.ts';
import type { Policy } from './policy.ts';
import { owedTo } from './selectors.ts';
import { type Activation, type ClusterState, type GiveBack, maxTransitions, type Phase } from './state.ts';
import { isCalm, isOver, suspect } from './suspicion.ts';

const hourMs = 3_600_000;
/** No chain of transitions in one step is longer: watching, suspected, confirmed, active. */
const maxMoves = 5;

/**
 * | from        | to          | when                                                                                          |
 * |-------------|-------------|-----------------------------------------------------------------------------------------------|
 * | watching    | suspected   | the first bad round                                                                           |
 * | suspected   | confirmed   | enough bad rounds in a row, `dwellMs` has passed, and no maintenance is on                    |
 * | suspected   | watching    | `downRounds` good rounds                                                                      |
 * | confirmed   | active      | at once: a new activation                                                                     |
 * | confirmed   | held        | it would be one more than `maxActivationsPerHour`                                             |
 * | active      | confirmed   | cause `dns`, now the API is confirmed bad as well, and no maintenance is on                   |
 * | active      | recovering  | cause `dns` over: nothing was frozen, so there is nothing for a person to give back           |
 * | active      | recovering  | the machine's own `control-plane` over, and `failback: 'automatic'`; else an operator's failback |
 * | recovering  | confirmed   | bad again, enough rounds in a row, and no maintenance is on                                   |
 * | recovering  | watching    | every standby holds a capture taken since, and is thawed; at least one, while the others keep failing: they are given back when they can be written to |
 * | held        | active, watching | the time is over that a person gave for it                                               |
 * | any         | active, recovering, held and back | an operator (operator.ts)                                               |
 */
export function decide(state: ClusterState, policy: Policy, now: number): ClusterState {
  let current = state;
  for (let moves = 0; moves < maxMoves; moves++) {
    const next = decideOnce(current, policy, now);
    if (next === current) return current;
    current = next;
  }
  return current;
}

function decideOnce(state: ClusterState, policy: Policy, now: number): ClusterState {
  switch (state.phase) {
    case 'watching':
      return fromWatching(state, policy, now);
    case 'suspected':
      return fromSuspected(state, policy, now);
    case 'confirmed':
      return fromConfirmed(state, policy, now);
    case 'active':
      return fromActive(state, policy, now);
    case 'recovering':
      return fromRecovering(state, policy, now);
    case 'held':
      return fromHeld(state, now);
    default:
      return assertNever(state.phase, 'phase');
  }
}

/** The state in another phase, with the transition kept. */
export function move(
  state: ClusterState,
  to: Phase,
  change: { readonly reason: string; readonly cause: Cause | null; readonly by?: string; readonly takeOver?: boolean },
  now: number,
): ClusterState {
  const { reason, cause, by = null, takeOver = false } = change;
  const transition = { at: now, from: state.phase, to, reason, by };
  return {
    ...(to === 'recovering' ? owing(state, { since: now, by, ...(takeOver ? { takeOver } : {}) }) : state),
    phase: to,
    since: now,
    reason,
    cause,
    holdUntil: null,
    transitions: [...state.transitions, transition].slice(-maxTransitions),
  };
}

/** The state that owes this to every standby; what failed before is tried at once, since something else is asked of it now. */
function owing(state: ClusterState, giveBack: GiveBack | null): ClusterState {
  const standbys = Object.entries(state.standbys).map(
    ([id, standby]) => [id, { ...standby, giveBack, notBefore: 0 }] as const,
  );
  return { ...state, standbys: Object.fromEntries(standbys) };
}

/** Opens an activation with the next number, in phase `active`. */
export function activate(
  state: ClusterState,
  opening: { readonly cause: Cause; readonly reason: string; readonly by?: string },
  now: number,
): ClusterState {
  const { cause, reason, by = null } = opening;
  const number = state.lastActivation + 1;
  const final = cause === 'dns' ? 'none' : 'pending';
  const activation: Activation = { number, cause, reason, by, startedAt: now, final, finalReason: '' };
  const activatedAt = by === null ? [...recently(state, now), now] : recently(state, now);
  // What is frozen anew is given back with this activation; one that freezes nothing takes no debt over.
  const before = cause === 'dns' ? state : owing(state, null);
  const opened = { ...before, activation, lastActivation: number, activatedAt };
  return move(
    opened,
    'active',
    { reason: `activation ${number}: ${reason}`, cause, ...(by === null ? {} : { by }) },
    now,
  );
}

function fromWatching(state: ClusterState, policy: Policy, now: number): ClusterState {
  const suspicion = suspect(state, policy);
  return suspicion === undefined ? state : move(state, 'suspected', suspicion, now);
}

function fromSuspected(state: ClusterState, policy: Policy, now: number): ClusterState {
  const suspicion = suspect(state, policy);
  if (suspicion?.confirmed && now - state.since >= policy.dwellMs && mayActivate(policy, now))
    return move(state, 'confirmed', suspicion, now);
  if (suspicion !== undefined && suspicion.cause !== state.cause)
    return { ...state, cause: suspicion.cause, reason: suspicion.reason };
  if (!isCalm(state, policy)) return state;
  return move(
    state,
    'watching',
    { reason: `nothing wrong any more after ${duration(now - state.since)}`, cause: null },
    now,
  );
}

function fromConfirmed(state: ClusterState, policy: Policy, now: number): ClusterState {
  const { cause, reason } = state;
  assert(cause !== null, 'a confirmed outage has a cause');
  const recent = recently(state, now).length;
  if (recent < policy.maxActivationsPerHour) return activate(state, { cause, reason }, now);
  const limit = `${recent} activations within the last hour, the limit is ${policy.maxActivationsPerHour}: a person must look`;
  return move({ ...state, activatedAt: recently(state, now) }, 'held', { reason: `${limit}; ${reason}`, cause }, now);
}

function fromActive(state: ClusterState, policy: Policy, now: number): ClusterState {
  const { activation } = state;
  assert(activation !== null, 'phase active has an activation');
  if (activation.cause === 'dns') {
    const suspicion = suspect(state, policy);
    if (suspicion?.cause === 'control-plane' && suspicion.confirmed && mayActivate(policy, now))
      return move(state, 'confirmed', suspicion, now);
  }
  const own = activation.cause === 'dns' || (activation.cause === 'control-plane' && policy.failback === 'automatic');
  if (!own || !isOver(state, policy)) return state;
  const reason = `healthy for ${policy.healthyRounds} rounds; giving back activation ${activation.number}`;
  return move(state, 'recovering', { reason, cause: activation.cause }, now);
}

function fromRecovering(state: ClusterState, policy: Policy, now: number): ClusterState {
  const suspicion = suspect(state, policy);
  if (suspicion?.confirmed && mayActivate(policy, now))
    return move(state, 'confirmed', { ...suspicion, reason: `while recovering: ${suspicion.reason}` }, now);
  const owed = policy.standbys.filter((id) => owedTo(state, id) !== null);
  const isStuck = owed.every((id) => {
    const standby = state.standbys[id];
    // Each is tried since the failback began: what failed before may be there again.
    return standby !== undefined && keepsFailing(standby) && standby.notBefore > (owedTo(state, id)?.since ?? now);
  });
  if (owed.length > 0 && (owed.length === policy.standbys.length || !isStuck)) return state;
  const number = state.activation?.number;
  const over = number === undefined ? '' : `; activation ${number} is over`;
  const reason =
    owed.length === 0
      ? `every standby holds a fresh snapshot${over}`
      : `${policy.standbys.length - owed.length} of ${policy.standbys.length} standbys hold a fresh snapshot${over}; not given back yet: ${owed.join(', ')}`;
  return move({ ...state, activation: null }, 'watching', { reason, cause: null }, now);
}

function fromHeld(state: ClusterState, now: number): ClusterState {
  const { holdUntil, activation, reason, since } = state;
  if (holdUntil === null || now < holdUntil) return state;
  const ended = `the hold has ended by itself after ${duration(now - since)}; it was: ${reason}`;
  const change = { reason: ended, cause: activation?.cause ?? null };
  return move(state, activation === null ? 'watching' : 'active', change, now);
}

/** In maintenance an outage is expected: nothing is activated by the machine. */
function mayActivate(policy: Policy, now: number): boolean {
  return maintenanceUntil(policy, now) === undefined;
}

function recently(state: ClusterState, now: number): readonly number[] {
  return state.activatedAt.filter((at) => at > now - hourMs);
}

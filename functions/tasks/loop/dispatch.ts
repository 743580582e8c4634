// Feeds events to the machine and carries out what it asks for, until it asks for nothing more. It holds no state of its own.
import type { Effect } from '../../decision/machine/effect.ts';
import type { ClusterEvent } from '../../decision/machine/event.ts';
import type { ClusterState } from '../../decision/machine/state.ts';
import { step } from '../../decision/machine/step.ts';
import { LifeboatError } from '../../lib/errors.ts';
import { addNotices } from '../alert/deliver.ts';
import { type ClusterPorts, policyOf } from '../cluster/ports.ts';
import { type ClusterRecord, updateRecord } from '../cluster/record.ts';
import { execute, type Work, workAmong } from './execute.ts';

/** What happened, for whoever looks on (a live view, a log). */
export type Activity =
  | {
      readonly kind: 'stepped';
      readonly event: ClusterEvent;
      readonly before: ClusterState;
      readonly after: ClusterState;
      readonly effects: readonly Effect[];
    }
  | { readonly kind: 'started'; readonly work: Work }
  /** `tookMs` of a capture that others made: from when it was asked of them until it was kept. */
  | { readonly kind: 'finished'; readonly work: Work; readonly outcome: ClusterEvent; readonly tookMs: number };

export type ActivityListener = (activity: Activity) => void;

/** A change to the record that must be in one write with a step; it sees what the step wants. */
export type AlsoChange = (record: ClusterRecord, effects: readonly Effect[]) => ClusterRecord;

/** An event that hangs on the record which it changes; undefined: there is none, and the machine hears nothing. */
export type EventOf = (record: ClusterRecord) => ClusterEvent | undefined;

/** One step: state, pages and resolves go into the store in one write. What is left to do is given back. */
export async function dispatch(
  ports: ClusterPorts,
  given: ClusterEvent | EventOf,
  onActivity: ActivityListener,
  also: AlsoChange = (record) => record,
): Promise<readonly Effect[]> {
  const policy = policyOf(ports);
  let happened: Activity | undefined;
  let effects: readonly Effect[] = [];
  await updateRecord(ports, (record) => {
    const now = ports.clock.now();
    const event = typeof given === 'function' ? given(record) : given;
    [happened, effects] = [undefined, []];
    if (event === undefined) return also(record, effects);
    const stepped = step(record.machine, event, policy, now);
    effects = stepped.effects;
    happened = { kind: 'stepped', event, before: record.machine, after: stepped.state, effects };
    const outbox = addNotices(ports, record.outbox, effects, now);
    return also({ ...record, machine: stepped.state, outbox }, effects);
  });
  if (happened !== undefined) onActivity(happened);
  return effects;
}

/** Carries out one piece of work; gives back what the machine is to be told of it. */
export async function carryOut(ports: ClusterPorts, piece: Work, onActivity: ActivityListener): Promise<ClusterEvent> {
  onActivity({ kind: 'started', work: piece });
  const startedAt = ports.clock.now();
  const outcome = await execute(ports, piece);
  onActivity({ kind: 'finished', work: piece, outcome, tookMs: ports.clock.now() - startedAt });
  return outcome;
}

const maxPieces = 100;

/** Carries out work, and what follows from it, one after the other; for a command that acts and ends. */
export async function workToRest(
  ports: ClusterPorts,
  effects: readonly Effect[],
  onActivity: ActivityListener,
): Promise<void> {
  const queue = [...workAmong(effects)];
  for (let done = 0; queue.length > 0; done++) {
    if (done === maxPieces) {
      throw new LifeboatError('limit', `stopped after ${maxPieces} pieces of work: see lifeboat status`);
    }
    const piece = queue.shift();
    if (piece === undefined) continue;
    const outcome = await carryOut(ports, piece, onActivity);
    queue.push(...workAmong(await dispatch(ports, outcome, onActivity)));
  }
}

// Has the Worker carry out an operator's command (--remote): shows what it would do, asks, gives the order, and waits until it is reached.

import { duration } from '../../lib/duration.ts';
import { codeOf, messageOf } from '../../lib/errors.ts';
import type { OperatorCommand } from '../../model/outage.ts';
import { type CliContext, printJson, unconfirmed } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { choicesOf, type OperateOptions, operationWords, questionOf } from '../local/operation.ts';
import { standbyLines, verdictLines } from '../render/state-view.ts';
import type { Remote, RemoteOrder, RemoteView } from './client.ts';

export interface RemoteOperateOptions extends OperateOptions {
  /** Seconds. */
  readonly wait: number;
}

const lookAgainMs = 1000;

export async function runRemoteOperation(
  context: CliContext,
  remote: Remote,
  command: OperatorCommand,
  { why, wait, yes = false, json = false, ...choices }: RemoteOperateOptions,
): Promise<void> {
  const { terminal } = context;
  const order = { command, why, ...choicesOf(choices) };
  if (!json) await showBefore(context, remote, order);
  if (!yes && !(await terminal.confirm(questionOf(command, remote.cluster, order)))) {
    terminal.err(`nothing was done: ${unconfirmed}`);
    if (json) printJson(context, { command, status: 'unconfirmed', reason: unconfirmed });
    return context.exit(exitCodes.guarded);
  }
  const outcome = await remote.order({ ...order, dryRun: false });
  const reason = outcome.status === 'planned' ? 'it was only planned' : outcome.reason;
  if (outcome.status !== 'accepted') {
    if (json) printJson(context, { command, status: 'refused', answer: reason });
    else terminal.out(`${command} refused: ${reason}`);
    return context.exit(exitCodes.guarded);
  }
  if (!json) terminal.out(`${command} accepted: ${reason}`);
  const { view, reached } = await untilReached(context, remote, command, { waitMs: wait * 1000, quiet: json });
  context.exit(reached ? exitCodes.fine : exitCodes.guarded);
  if (json) return printJson(context, { command, status: 'accepted', answer: reason, reached, ...view?.document });
  if (view !== undefined) {
    terminal.out(`phase ${view.state.phase}: ${view.state.reason}`);
    for (const line of standbyLines(view.state, view.at)) terminal.out(line);
  }
  if (!reached)
    terminal.err(
      `not reached within ${duration(wait * 1000)}; the Worker goes on with it: lifeboat status --remote --cluster ${remote.cluster}`,
    );
}

async function showBefore(context: CliContext, remote: Remote, order: Omit<RemoteOrder, 'dryRun'>): Promise<void> {
  const { terminal } = context;
  const seen = await look(remote);
  const place = `cluster ${remote.cluster} at ${remote.origin}`;
  terminal.out(`${place}: ${typeof seen === 'string' ? seen : `${seen.state.phase}: ${seen.state.reason}`}`);
  if (typeof seen !== 'string') for (const line of verdictLines(seen.state, seen.at)) terminal.out(line);
  try {
    const planned = await remote.order({ ...order, dryRun: true });
    const words = planned.status === 'planned' ? planned.words : [`it would be refused: ${planned.reason}`];
    for (const line of words) terminal.out(line);
  } catch (error) {
    // A plan that cannot be shown must not stop a person who wants the order given.
    if (!isPassing(error)) throw error;
    terminal.out(`what it would do cannot be shown now: ${messageOf(error)}`);
  }
}

/** Another try can help. */
function isPassing(error: unknown): boolean {
  return codeOf(error) === 'network' || codeOf(error) === 'timeout';
}

/** Looks again until the command has come to its end, or the time is over; tells what changes meanwhile. */
async function untilReached(
  { clock, signal, terminal }: CliContext,
  remote: Remote,
  command: OperatorCommand,
  { waitMs, quiet }: { readonly waitMs: number; readonly quiet: boolean },
): Promise<{ readonly view: RemoteView | undefined; readonly reached: boolean }> {
  const until = clock.now() + waitMs;
  let view: RemoteView | undefined;
  let told = '';
  for (;;) {
    const seen = await look(remote);
    if (typeof seen !== 'string') view = seen;
    const words = typeof seen === 'string' ? seen : `${seen.state.phase}: ${seen.state.reason}`;
    if (!quiet && words !== told) terminal.err(words);
    told = words;
    const reached = typeof seen !== 'string' && operationWords[command].isReached(seen.state);
    if (reached || signal.aborted || clock.now() >= until) return { view, reached };
    await clock.sleep(lookAgainMs, signal);
  }
}

/** The view, or why there is none just now: the order has been taken, whatever becomes of looking at it. */
async function look(remote: Remote): Promise<RemoteView | string> {
  try {
    return await remote.view();
  } catch (error) {
    if (!isPassing(error)) throw error;
    return messageOf(error);
  }
}

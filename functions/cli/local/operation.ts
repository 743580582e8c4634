// Runs an operator's command (failover, failback, hold, release): looks first, shows what would happen, asks, acts, shows what came of it.

import type { ClusterState } from '../../decision/machine/state.ts';
import { duration } from '../../lib/duration.ts';
import type { OperatorCommand } from '../../model/outage.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { keepSnapshot } from '../../tasks/capture/snapshots.ts';
import type { ClusterPorts } from '../../tasks/cluster/ports.ts';
import { readRecord } from '../../tasks/cluster/record.ts';
import { stateSummary } from '../../tasks/cluster/summary.ts';
import { look } from '../../tasks/control/observe.ts';
import { operate } from '../../tasks/control/operate.ts';
import { knownBefore, movesRecords, previewPlans } from '../../tasks/control/preview.ts';
import { type CliContext, printJson, unconfirmed } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { activityLines } from '../render/activity.ts';
import { standbyLines, verdictLines } from '../render/state-view.ts';

export interface OperateOptions {
  readonly cluster?: string;
  readonly why: string;
  /** A snapshot read from a file, not kept yet. */
  readonly brought?: Snapshot;
  /** Of a failback: also what another deployment of this cluster keeps. */
  readonly takeOver?: boolean;
  /** Of a failback. */
  readonly force?: boolean;
  /** Of a hold. */
  readonly forMs?: number;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Who acts, for the history: a command knows no names. */
export const operator = 'operator (cli)';

export async function runOperation(
  context: CliContext,
  ports: ClusterPorts,
  command: OperatorCommand,
  options: OperateOptions,
): Promise<void> {
  const { terminal } = context;
  const quiet = options.json === true;
  const onActivity = (activity: Parameters<typeof activityLines>[0]) => {
    if (!quiet) for (const line of activityLines(activity)) terminal.err(line);
  };
  const seen = await look(ports);
  if (!quiet) await showBefore(context, ports, seen.state, { ...options, command });
  if (options.yes !== true && !(await terminal.confirm(questionOf(command, ports.cluster.id, options)))) {
    terminal.err(`nothing was done: ${unconfirmed}`);
    if (quiet) printJson(context, { command, status: 'unconfirmed', reason: unconfirmed });
    return context.exit(exitCodes.guarded);
  }
  const kept = options.brought === undefined ? undefined : await keepSnapshot(ports.store, options.brought, 1);
  const request = {
    command,
    who: operator,
    why: options.why,
    ...(movesRecords(command) ? { observations: seen.observations } : {}),
    ...(kept === undefined ? {} : { snapshot: kept.number }),
    ...choicesOf(options),
  };
  const outcome = await operate(ports, request, onActivity, {
    signal: context.signal,
    onLooked: (known) => terminal.err(`looking on: ${known}`),
  });
  const summary = stateSummary(outcome.state, ports.clock.now());
  if (quiet) printJson(context, { command, status: outcome.status, answer: outcome.reason, ...summary });
  else {
    terminal.out(`${command} ${outcome.status}: ${outcome.reason}`);
    terminal.out(`phase ${outcome.state.phase}: ${outcome.state.reason}`);
    for (const line of standbyLines(outcome.state, ports.clock.now())) terminal.out(line);
  }
  context.exit(
    outcome.status === 'accepted' && words[command].isReached(outcome.state) ? exitCodes.fine : exitCodes.guarded,
  );
}

interface CommandWords {
  readonly question: (cluster: string) => string;
  /** Did the command come to its end. */
  readonly isReached: (state: ClusterState) => boolean;
}

const words: Readonly<Record<OperatorCommand, CommandWords>> = {
  failover: {
    question: (cluster) => `Fail over ${cluster}: publish adds and changes and freeze the standby?`,
    // Frozen by this activation: a second failover is not done because the first one was.
    isReached: ({ standbys, activation }) =>
      Object.values(standbys).every(({ frozen, fence }) => frozen >= (activation?.number ?? 1) && fence === ''),
  },
  failback: {
    question: (cluster) => `Fail back ${cluster}: capture anew, publish with deletes and thaw the standby?`,
    isReached: (state) => state.phase === 'watching',
  },
  hold: {
    question: (cluster) => `Hold ${cluster}: no capture, no write and no failover until it is released?`,
    isReached: (state) => state.phase === 'held',
  },
  release: {
    question: (cluster) => `Release ${cluster}: watch and act again?`,
    isReached: (state) => state.phase !== 'held',
  },
};

/** What only some commands can be told. */
export interface Choices {
  readonly takeOver?: boolean;
  readonly force?: boolean;
  readonly forMs?: number;
}

export function choicesOf({ takeOver, force, forMs }: Choices): Choices {
  return {
    ...(takeOver === undefined ? {} : { takeOver }),
    ...(force === undefined ? {} : { force }),
    ...(forMs === undefined ? {} : { forMs }),
  };
}

/** What a person is asked before a command is carried out. */
export function questionOf(
  command: OperatorCommand,
  cluster: string,
  { takeOver = false, force = false, forMs }: Choices,
): string {
  const more = [
    takeOver ? ' It takes over what another deployment keeps, and thaws what that one froze.' : '',
    force ? ' Forced: also when it is not known that the outage is over.' : '',
    forMs === undefined ? '' : ` It ends by itself after ${duration(forMs)}.`,
  ];
  return `${words[command].question(cluster)}${more.join('')}`;
}

async function showBefore(
  context: CliContext,
  ports: ClusterPorts,
  seenNow: ClusterState,
  {
    command,
    takeOver = false,
    brought,
  }: Pick<OperateOptions, 'takeOver' | 'brought'> & { readonly command: OperatorCommand },
): Promise<void> {
  const { terminal, clock } = context;
  const { machine: state } = (await readRecord(ports)).record;
  terminal.out(`cluster ${ports.cluster.id}: ${state.phase}: ${state.reason}`);
  for (const line of verdictLines(seenNow, clock.now())) terminal.out(line);
  for (const line of await knownBefore(ports, command)) terminal.out(line);
  for (const line of await previewPlans(ports, { command, takeOver }, brought)) terminal.out(line);
}

export { words as operationWords };

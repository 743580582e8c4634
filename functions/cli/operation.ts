// Runs an operator's command (failover, failback, hold, release): looks first, shows what would happen, asks, acts, shows what came of it.
import type { OperatorCommand } from '../decision/event.ts';
import type { ClusterState } from '../decision/state.ts';
import { messageOf } from '../lib/errors.ts';
import { renderPlan } from '../plan/render.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { readRecord } from '../tasks/cluster-record.ts';
import { look } from '../tasks/look.ts';
import { operate } from '../tasks/operate.ts';
import type { ClusterPorts } from '../tasks/ports.ts';
import { requestFor } from '../tasks/publication.ts';
import { planPublication } from '../tasks/publish.ts';
import { keepSnapshot, latestSnapshot } from '../tasks/snapshots.ts';
import { type CliContext, printJson, unconfirmed } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { happeningLine } from './happening.ts';
import { standbyLines, stateSummary, verdictLines } from './state-view.ts';

export interface OperateOptions {
  readonly cluster?: string;
  readonly why: string;
  /** A snapshot read from a file, not kept yet. */
  readonly brought?: Snapshot;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const operator = 'operator (cli)';

export async function runOperation(
  context: CliContext,
  ports: ClusterPorts,
  command: OperatorCommand,
  options: OperateOptions,
): Promise<void> {
  const { terminal } = context;
  const quiet = options.json === true;
  const onlooker = (happening: Parameters<typeof happeningLine>[0]) => {
    const line = happeningLine(happening);
    if (!quiet && line !== undefined) terminal.err(line);
  };
  const seen = await look(ports);
  if (!quiet) await showBefore(context, ports, seen.state, command, options.brought);
  if (options.yes !== true && !(await terminal.confirm(words[command].question(ports.cluster.id)))) {
    terminal.err(`nothing was done: ${unconfirmed}`);
    if (quiet) printJson(context, { command, status: 'unconfirmed', reason: unconfirmed });
    return context.exit(exitCodes.guarded);
  }
  const kept = options.brought === undefined ? undefined : await keepSnapshot(ports.store, options.brought, 1);
  const request = {
    command,
    who: operator,
    why: options.why,
    ...(words[command].moves ? { observations: seen.observations } : {}),
    ...(kept === undefined ? {} : { snapshot: kept.number }),
  };
  const outcome = await operate(ports, request, onlooker);
  const summary = stateSummary(outcome.state, ports.clock.now());
  if (quiet) printJson(context, { command, status: outcome.status, reason: outcome.reason, ...summary });
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
  /** It captures and publishes, so that a look and a plan come first. */
  readonly moves: boolean;
  /** Did the command come to its end. */
  readonly isReached: (state: ClusterState) => boolean;
}

const words: Readonly<Record<OperatorCommand, CommandWords>> = {
  failover: {
    question: (cluster) => `Fail over ${cluster}: publish adds and changes and freeze the standby?`,
    moves: true,
    isReached: (state) => Object.values(state.standbys).every(({ frozen, fence }) => frozen > 0 && fence === ''),
  },
  failback: {
    question: (cluster) => `Fail back ${cluster}: capture anew, publish with deletes and thaw the standby?`,
    moves: true,
    isReached: (state) => state.phase === 'watching',
  },
  hold: {
    question: (cluster) => `Hold ${cluster}: no capture, no write and no failover until it is released?`,
    moves: false,
    isReached: (state) => state.phase === 'held',
  },
  release: {
    question: (cluster) => `Release ${cluster}: watch and act again?`,
    moves: false,
    isReached: (state) => state.phase !== 'held',
  },
};

async function showBefore(
  context: CliContext,
  ports: ClusterPorts,
  seenNow: ClusterState,
  command: OperatorCommand,
  brought: Snapshot | undefined,
): Promise<void> {
  const { terminal, clock } = context;
  const { machine: state } = (await readRecord(ports)).record;
  terminal.out(`cluster ${ports.cluster.id}: ${state.phase}: ${state.reason}`);
  for (const line of verdictLines(seenNow, clock.now())) terminal.out(line);
  if (!words[command].moves) return;
  const snapshot = brought ?? (await latestSnapshot(ports.store, ports.cluster.id)).snapshot;
  if (snapshot === undefined) return terminal.out('no snapshot is kept: only a last capture can give one, or --file');
  for (const provider of ports.providers) {
    const request = requestFor(ports, provider, {
      snapshot,
      intent:
        command === 'failover' ? { kind: 'activate', activation: state.lastActivation + 1 } : { kind: 'failback' },
      deletesAllowed: command === 'failback',
      previouslyHeld: new Map(),
    });
    try {
      const { plan } = await planPublication({ provider, clock }, request);
      terminal.out(
        `${provider.label}, with ${brought === undefined ? `snapshot ${snapshot.number}` : 'the file'} (a fresh capture may add to it):`,
      );
      for (const line of renderPlan(plan, { now: clock.now(), maxLines: 10 })) terminal.out(`  ${line}`);
    } catch (error) {
      terminal.out(`${provider.label}: cannot be read now: ${messageOf(error)}`);
    }
  }
}

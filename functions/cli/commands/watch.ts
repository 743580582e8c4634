// `lifeboat watch`: the whole watchdog in one process, until it is stopped; a live view on a terminal, lines or JSON elsewhere.
import { Command } from 'commander';
import type { ClusterState } from '../../decision/machine/state.ts';
import { duration } from '../../lib/duration.ts';
import { LifeboatError, messageOf } from '../../lib/errors.ts';
import { retireRemoved } from '../../tasks/cluster/retire.ts';
import type { Activity } from '../../tasks/loop/dispatch.ts';
import { watch } from '../../tasks/loop/run-loop.ts';
import { type CliContext, pickCluster, printJson } from '../context.ts';
import { jsonOption } from '../options.ts';
import { activityLines, activityObject } from '../render/activity.ts';
import { standbyLines, verdictLines } from '../render/state-view.ts';
import { cutTo, paint, type Terminal } from '../terminal.ts';

interface WatchOptions {
  readonly cluster?: string;
  readonly json?: boolean;
}

export function watchCommand(context: CliContext): Command {
  return new Command('watch')
    .description('watch, keep the standby warm, page and fail over: until stopped')
    .option('--cluster <id>', 'watch this cluster only')
    .addOption(jsonOption())
    .action(async (options: WatchOptions) => {
      const runtime = await context.open();
      if (runtime.lacking.length > 0) throw new LifeboatError('config', runtime.lacking.join('; '));
      const clusters =
        options.cluster === undefined
          ? runtime.clusters
          : [pickCluster(runtime.clusters, (ports) => ports.cluster.id, options.cluster)];
      const view = createView(context, options.json === true);
      const fault = (id: string, what: string, error: unknown) => view.fault(id, what, error);
      const [first] = runtime.clusters;
      const configured = runtime.config.clusters.map(({ id }) => id);
      await Promise.all([
        ...(first === undefined ? [] : [retireRemoved(first, configured, fault, context.signal)]),
        ...clusters.map((ports) => {
          const { id } = ports.cluster;
          return watch(
            ports,
            {
              onActivity: (activity) => view.show(id, activity),
              onFault: (what, error) => view.fault(id, what, error),
            },
            context.signal,
          );
        }),
      ]);
    });
}

interface View {
  show(cluster: string, activity: Activity): void;
  fault(cluster: string, what: string, error: unknown): void;
}

function createView(context: CliContext, json: boolean): View {
  if (json) return jsonView(context);
  return context.terminal.interactive ? liveView(context) : lineView(context);
}

function jsonView(context: CliContext): View {
  const { clock } = context;
  return {
    show: (cluster, activity) => {
      const object = activityObject(activity, clock.now());
      if (object !== undefined) printJson(context, { cluster, ...object });
    },
    fault: (cluster, what, error) =>
      printJson(context, { cluster, at: clock.now(), fault: what, reason: messageOf(error) }),
  };
}

function lineView({ terminal, clock }: CliContext): View {
  const stamp = (cluster: string) => `${new Date(clock.now()).toISOString()} ${cluster}`;
  return {
    show: (cluster, activity) => {
      for (const line of activityLines(activity)) terminal.out(`${stamp(cluster)} ${line}`);
    },
    fault: (cluster, what, error) => terminal.err(`${stamp(cluster)} fault in ${what}: ${messageOf(error)}`),
  };
}

const keptLines = 8;

/** Redraws the whole view after each activity: the states on top, the newest lines below. */
function liveView({ terminal, clock }: CliContext): View {
  const states = new Map<string, ClusterState>();
  const lines: string[] = [];
  const note = (line: string) => {
    lines.push(`${new Date(clock.now()).toISOString().slice(11, 19)} ${line}`);
    lines.splice(0, lines.length - keptLines);
  };
  const draw = () => {
    const panels = [...states.values()].flatMap((state) => panel(terminal, state, clock.now()));
    terminal.repaint([...panels, ...lines.map((line) => cutTo(line, terminal.columns))]);
  };
  return {
    show: (cluster, activity) => {
      if (activity.kind === 'stepped') states.set(cluster, activity.after);
      for (const line of activityLines(activity)) note(`${cluster} ${line}`);
      draw();
    },
    fault: (cluster, what, error) => {
      note(`${cluster} fault in ${what}: ${messageOf(error)}`);
      draw();
    },
  };
}

function panel(terminal: Terminal, state: ClusterState, now: number): readonly string[] {
  const head = `${state.cluster}: ${state.phase} for ${duration(now - state.since)}: ${state.reason}`;
  const { capture } = state;
  const snapshot =
    capture.asOf === null
      ? 'no snapshot yet'
      : `snapshot ${capture.snapshot} captured ${duration(now - capture.asOf)} ago`;
  const body = [...verdictLines(state, now), snapshot, ...standbyLines(state, now), ''];
  const tone = state.phase === 'watching' ? 'good' : 'bad';
  return [paint(terminal, tone, cutTo(head, terminal.columns)), ...body.map((line) => cutTo(line, terminal.columns))];
}

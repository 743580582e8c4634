// The whole watchdog of one cluster in one process: rounds on time, work beside them, alerts beside both, so that a slow transfer or a
// hung pager never delays a probe. It ends when the signal aborts, and leaves a state that another process can take over.
import type { Effect } from '../decision/effect.ts';
import { deliverDue } from './deliver.ts';
import { dispatch, type Onlooker, work } from './drive.ts';
import { type Work, workAmong, workKey } from './perform.ts';
import type { ClusterPorts } from './ports.ts';
import { probeRound } from './probe-round.ts';

export interface WatchHooks {
  readonly onlooker: Onlooker;
  /** A fault of Lifeboat itself (its store, mostly): the watch goes on. */
  readonly onFault: (what: string, error: unknown) => void;
}

/** How often the outbox is looked at between rounds, in milliseconds. */
const deliverEveryMs = 1000;

/** Runs until the signal aborts, then waits for the work under way. */
export async function watch(ports: ClusterPorts, hooks: WatchHooks, signal: AbortSignal): Promise<void> {
  const bench = createWorkbench(ports, hooks, signal);
  bench.take(await dispatch(ports, { kind: 'restarted' }, hooks.onlooker));
  await Promise.all([probeLoop(ports, hooks, bench, signal), deliverLoop(ports, hooks, signal)]);
  await bench.rest();
  await guarded(hooks, 'deliver alerts', () => deliverDue(ports));
}

interface Workbench {
  take(effects: readonly Effect[]): void;
  rest(): Promise<void>;
}

/**
 * Work of one kind runs one after the other, different kinds at the same time: a hung standby does not hold up the other. After the
 * signal nothing new begins: the next process asks for it again.
 */
function createWorkbench(ports: ClusterPorts, hooks: WatchHooks, signal: AbortSignal): Workbench {
  const lanes = new Map<string, Promise<void>>();
  const take = (effects: readonly Effect[]): void => {
    for (const piece of workAmong(effects)) {
      const key = workKey(piece);
      const lane = (lanes.get(key) ?? Promise.resolve()).then(() => run(piece));
      lanes.set(key, lane);
    }
  };
  const run = async (piece: Work): Promise<void> => {
    if (signal.aborted) return;
    await guarded(hooks, piece.kind, async () => take(await work(ports, piece, hooks.onlooker)));
  };
  const rest = async (): Promise<void> => {
    let seen: readonly Promise<void>[] = [];
    do {
      seen = [...lanes.values()];
      await Promise.all(seen);
    } while ([...lanes.values()].some((lane) => !seen.includes(lane)));
  };
  return { take, rest };
}

async function probeLoop(ports: ClusterPorts, hooks: WatchHooks, bench: Workbench, signal: AbortSignal): Promise<void> {
  const { clock, cluster } = ports;
  while (!signal.aborted) {
    const startedAt = clock.now();
    await guarded(hooks, 'probe round', async () => bench.take(await probeRound(ports, hooks.onlooker)));
    await clock.sleep(Math.max(0, startedAt + cluster.probe.intervalMs - clock.now()), signal);
  }
}

async function deliverLoop(ports: ClusterPorts, hooks: WatchHooks, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await guarded(hooks, 'deliver alerts', () => deliverDue(ports));
    await ports.clock.sleep(deliverEveryMs, signal);
  }
}

async function guarded(hooks: WatchHooks, what: string, run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    hooks.onFault(what, error);
  }
}

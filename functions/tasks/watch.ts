// The whole watchdog of one cluster in one process: rounds on time, work beside them, alerts beside both, so that a slow transfer or a
// hung pager never delays a probe. It ends when the signal aborts, and leaves a state that another process can take over.
import type { Effect } from '../decision/effect.ts';
import { deliverDue } from './deliver.ts';
import { dispatch, type Onlooker, work } from './drive.ts';
import { createEnduringStore } from './enduring-store.ts';
import { readMarkers } from './markers.ts';
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
/** Looks at the outbox that may be under way at once: a channel takes 60 s at most. */
const maxDeliveries = 100;

/** Runs until the signal aborts, then waits for the work under way. When the store fails meanwhile it goes on, and pages that too. */
export async function watch(given: ClusterPorts, outer: WatchHooks, signal: AbortSignal): Promise<void> {
  const store = createEnduringStore(given.store);
  const ports: ClusterPorts = { ...given, store, storeTrouble: store.trouble };
  const bell = createBell();
  signal.addEventListener('abort', bell.ring, { once: true });
  const hooks = { ...outer, onlooker: ringingFor(bell, outer.onlooker) };
  const bench = createWorkbench(ports, hooks, signal);
  bench.take(await dispatch(ports, { kind: 'restarted' }, hooks.onlooker));
  const learn = guarded(hooks, 'read markers', async () => bench.take(await readMarkers(ports, hooks.onlooker)));
  await Promise.all([learn, probeLoop(ports, hooks, bench, signal), deliverLoop(ports, hooks, bell, signal)]);
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
    const trouble = ports.storeTrouble?.();
    if (trouble !== undefined) hooks.onFault('store, the state is in memory only', trouble);
    // A clock that was set back in the meantime says that no time has passed: a whole interval is the most to wait.
    const tookMs = Math.max(0, clock.now() - startedAt);
    await clock.sleep(Math.max(0, cluster.probe.intervalMs - tookMs), signal);
  }
}

/**
 * A delivery under way holds up none that comes due after it: each is claimed, so that it is sent once. Channels have deadlines; a store
 * that hangs has none, hence the limit.
 */
async function deliverLoop(ports: ClusterPorts, hooks: WatchHooks, bell: Bell, signal: AbortSignal): Promise<void> {
  const underWay = new Set<Promise<void>>();
  while (!signal.aborted) {
    if (underWay.size < maxDeliveries) {
      const delivery = guarded(hooks, 'deliver alerts', () => deliverDue(ports)).finally(() => {
        underWay.delete(delivery);
      });
      underWay.add(delivery);
    }
    await ports.clock.sleep(deliverEveryMs, bell.next());
  }
  await Promise.all(underWay);
}

/** Cuts a wait short. */
interface Bell {
  ring(): void;
  /** Aborts at the next ring. */
  next(): AbortSignal;
}

function createBell(): Bell {
  let current = new AbortController();
  const ring = () => {
    current.abort();
    current = new AbortController();
  };
  return { ring, next: () => current.signal };
}

/** A page leaves when it is decided, not at the next look at the outbox. */
function ringingFor(bell: Bell, onlooker: Onlooker): Onlooker {
  return (happening) => {
    onlooker(happening);
    if (happening.kind !== 'stepped') return;
    if (happening.effects.some(({ kind }) => kind === 'page' || kind === 'resolve')) bell.ring();
  };
}

async function guarded(hooks: WatchHooks, what: string, run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    hooks.onFault(what, error);
  }
}

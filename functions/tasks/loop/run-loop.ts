// The whole watchdog of one cluster in one process: rounds on time, work beside them, alerts beside both, so that a slow transfer or a
// hung pager never delays a probe. It ends when the signal aborts, and leaves a state that another process can take over.

import { createEnduringStore } from '../cluster/enduring-store.ts';
import type { ClusterPorts } from '../cluster/ports.ts';
import { type Controller, createController, type WatchHooks } from './controller.ts';
import type { ActivityListener } from './dispatch.ts';

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
  const hooks = { ...outer, onActivity: ringingFor(bell, outer.onActivity) };
  const controller = createController(ports, hooks, signal);
  await controller.begin();
  await Promise.all([probeLoop(ports, hooks, controller, signal), deliverLoop(ports, controller, bell, signal)]);
  await controller.rest();
  await controller.deliver();
}

async function probeLoop(
  ports: ClusterPorts,
  hooks: WatchHooks,
  controller: Controller,
  signal: AbortSignal,
): Promise<void> {
  const { clock, cluster } = ports;
  while (!signal.aborted) {
    const startedAt = clock.now();
    await controller.round();
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
async function deliverLoop(
  ports: ClusterPorts,
  controller: Controller,
  bell: Bell,
  signal: AbortSignal,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  while (!signal.aborted) {
    if (underWay.size < maxDeliveries) {
      const delivery = controller.deliver().finally(() => {
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
function ringingFor(bell: Bell, onActivity: ActivityListener): ActivityListener {
  return (activity) => {
    onActivity(activity);
    if (activity.kind !== 'stepped') return;
    if (activity.effects.some(({ kind }) => kind === 'page' || kind === 'resolve')) bell.ring();
  };
}

// The whole watchdog of one cluster in one process: rounds on time, work beside them, alerts beside both, so that a slow transfer or a
// hung pager never delays a probe. It ends when the signal aborts, and leaves a state that another process can take over.

import { createEnduringStore } from '../cluster/enduring-store.ts';
import type { ClusterPorts } from '../cluster/ports.ts';
import { type Controller, createController, type WatchHooks } from './controller.ts';
import { createDeliveries, type Deliveries, putsIntoOutbox } from './deliveries.ts';
import type { ActivityListener } from './dispatch.ts';

/** How often the outbox is looked at between rounds, in milliseconds. */
const deliverEveryMs = 1000;
/** Looks at the outbox that may be under way at once: a channel takes 60 s at most. */
const mostDeliveries = 100;

/** Runs until the signal aborts, then waits for the work under way. When the store fails meanwhile it goes on, and pages that too. */
export async function watch(given: ClusterPorts, outer: WatchHooks, signal: AbortSignal): Promise<void> {
  const store = createEnduringStore(given.store);
  const ports: ClusterPorts = { ...given, store, storeTrouble: store.trouble };
  const onActivity: ActivityListener = (activity) => {
    outer.onActivity(activity);
    // A page leaves when it is decided, not at the next look at the outbox.
    if (putsIntoOutbox(activity)) deliveries.begin();
  };
  const hooks = { ...outer, onActivity };
  const controller = createController(ports, hooks, signal);
  const deliveries = createDeliveries(controller, mostDeliveries);
  await controller.begin();
  await Promise.all([probeLoop(ports, hooks, controller, signal), deliverLoop(ports, deliveries, signal)]);
  await controller.rest();
  await controller.deliver();
  await deliveries.rest();
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

async function deliverLoop({ clock }: ClusterPorts, deliveries: Deliveries, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    deliveries.begin();
    await clock.sleep(deliverEveryMs, signal);
  }
  await deliveries.rest();
}

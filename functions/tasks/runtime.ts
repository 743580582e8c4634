// The runtime of one cluster, the same on every platform: what a tick does, over ports. It keeps no time: whoever has the schedule (an alarm, an
// invocation every minute) opens it and calls `tick`. A process of its own has run-loop.ts instead; how the ports are wired is in functions/entry.
import type { ClusterConfig, VantageConfig } from '../config/schema.ts';
import type { ClusterEvent } from '../decision/machine/event.ts';
import type { Lookers, WatchedKind } from '../decision/machine/policy.ts';
import { type Broadcast, createBroadcast } from '../lib/broadcast.ts';
import { messageOf } from '../lib/errors.ts';
import { createLimiter } from '../lib/limiter.ts';
import { createEnduringStore } from './cluster/enduring-store.ts';
import type { ClusterPorts } from './cluster/ports.ts';
import { mostReaders, serveControl, viewEvent } from './control/serve-control.ts';
import { openDegradedRuntime } from './degraded-runtime.ts';
import { type Controller, createController, guarded } from './loop/controller.ts';
import { createDeliveries, putsIntoOutbox } from './loop/deliveries.ts';
import type { Activity } from './loop/dispatch.ts';
import type { ClusterRuntime, KnownPorts, RuntimePorts } from './runtime-ports.ts';
import { createWatchStatus, troubleOf } from './watch-status.ts';

/** Looks at the outbox that may be under way at once: a channel takes 60 s at most. */
const mostDeliveries = 20;

/** Opens the runtime; where it cannot be wired, one that says so to whoever is on call, and does nothing else. */
export async function openRuntime(ports: RuntimePorts): Promise<ClusterRuntime> {
  const { config, cluster, clock, life, channels, heartbeat, log } = ports;
  const store = createEnduringStore(ports.store);
  const known: KnownPorts = {
    ...{ config, cluster, clock, life, channels, store },
    recordTurn: createLimiter(1),
    storeTrouble: store.trouble,
    ...(heartbeat === undefined ? {} : { heartbeat }),
  };
  try {
    return await openWatch(ports, known);
  } catch (error) {
    log.onFault('wiring', error);
    return openDegradedRuntime(ports, known, messageOf(error));
  }
}

async function openWatch(
  { openReach, lacking, backstop, log: { onActivity, onFault } }: RuntimePorts,
  known: KnownPorts,
): Promise<ClusterRuntime> {
  const { clock, cluster, store } = known;
  const broadcast = createBroadcast(mostReaders);
  const status = createWatchStatus(known, lacking, backstop);
  const hear = async (event: ClusterEvent) => void (await controller.hear(event));
  const { vantages, ...reach } = await openReach({ store, hear });
  const ports: ClusterPorts = {
    ...known,
    ...reach,
    watchTrouble: () => troubleOf(backstop, clock.now()),
    lookers: lookersOf(cluster),
    expectedVantages: cluster.vantages.filter(({ kind }) => kind === 'inside').map(({ id }) => id),
  };
  const heard = (activity: Activity): void => {
    onActivity(activity);
    tell(broadcast, activity, clock.now());
    // A page leaves when it is decided, not at the next tick.
    if (putsIntoOutbox(activity)) deliveries.begin();
  };
  // It is stopped from outside, at any moment: there is no signal for it.
  const hooks = { onActivity: heard, onFault };
  const controller: Controller = createController(ports, hooks, new AbortController().signal);
  const deliveries = createDeliveries(controller, mostDeliveries);
  await controller.begin();
  const { report, statuses } = vantages;
  return {
    control: serveControl({ ports, controller, broadcast, watch: status.watch, vantages: statuses, report }),
    async tick() {
      await controller.round();
      await guarded(hooks, 'telling of refused reports', vantages.flush);
      status.ended();
      deliveries.begin();
    },
    async rest() {
      await controller.rest();
      await deliveries.rest();
    },
  };
}

function tell(broadcast: Broadcast, activity: Activity, now: number): void {
  if (activity.kind !== 'stepped' || broadcast.readers() === 0) return;
  broadcast.tell(viewEvent(now, activity.after.phase));
}

function lookersOf({ vantages }: Pick<ClusterConfig, 'vantages'>): Lookers {
  const looksAt = (kind: WatchedKind) => (vantage: VantageConfig) => vantage.targets.includes(kind);
  return {
    apiserver: vantages.filter(looksAt('apiserver')).length,
    dns: vantages.filter(looksAt('dns')).length,
  };
}

// The runtime of one cluster, the same on every platform: what a tick does, over ports. It keeps no time: whoever has the schedule (an alarm, an
// invocation every minute) opens it and calls `tick`. A process of its own has run-loop.ts instead; how the ports are wired is in functions/entry.
import type { ClusterConfig, VantageConfig } from '../config/schema.ts';
import type { ClusterEvent } from '../decision/machine/event.ts';
import type { Lookers, WatchedKind } from '../decision/machine/policy.ts';
import { type Broadcast, createBroadcast } from '../lib/broadcast.ts';
import { messageOf } from '../lib/errors.ts';
import { createLimiter } from '../lib/limiter.ts';
import { keepFresh } from './capture/capture.ts';
import { lostCapture } from './capture/lost.ts';
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

/**
 * Opens the runtime; where that cannot be done (a secret is missing, the store cannot be read), one that says so to whoever is on call and does
 * nothing else, until a tick finds that it can.
 */
export async function openRuntime(ports: RuntimePorts): Promise<ClusterRuntime> {
  const known = knownOf(ports);
  // One for all that are opened: whoever reads when nothing is watched hears of it when something is again.
  const broadcast = createBroadcast(mostReaders);
  let current = await openOrDegrade(ports, known, broadcast, undefined);
  return {
    control: {
      view: () => current.runtime.control.view(),
      order: (order) => current.runtime.control.order(order),
      snapshot: (number) => current.runtime.control.snapshot(number),
      events: () => current.runtime.control.events(),
      report: (request) => current.runtime.control.report(request),
    },
    async tick() {
      if (current.problem !== undefined) current = await openOrDegrade(ports, known, broadcast, current);
      await current.runtime.tick();
    },
    rest: () => current.runtime.rest(),
    end: () => current.runtime.end(),
  };
}

interface Opened {
  readonly runtime: ClusterRuntime;
  /** Why nothing is watched; undefined: it is. */
  readonly problem: string | undefined;
}

/** `before`: what could not be opened the last time; it stays when it is still so. */
async function openOrDegrade(
  ports: RuntimePorts,
  known: KnownPorts,
  broadcast: Broadcast,
  before: Opened | undefined,
): Promise<Opened> {
  try {
    return { runtime: await openWatch(ports, known, broadcast), problem: undefined };
  } catch (error) {
    const problem = messageOf(error);
    if (before?.problem === problem) return before;
    ports.log.onFault('wiring', error);
    return { runtime: openDegradedRuntime(ports, known, broadcast, problem), problem };
  }
}

function knownOf({ config, cluster, clock, life, lifeMs, channels, heartbeat, ...ports }: RuntimePorts): KnownPorts {
  const store = createEnduringStore(ports.store);
  return {
    ...{ config, cluster, clock, life, channels, store },
    recordTurn: createLimiter(1),
    storeTrouble: store.trouble,
    ...(lifeMs === undefined ? {} : { lifeMs }),
    ...(heartbeat === undefined ? {} : { heartbeat }),
  };
}

async function openWatch(
  { openReach, lacking, backstop, log: { onActivity, onFault } }: RuntimePorts,
  known: KnownPorts,
  broadcast: Broadcast,
): Promise<ClusterRuntime> {
  const { clock, cluster, store } = known;
  const status = createWatchStatus(known, lacking, backstop);
  const hear = async (event: ClusterEvent) => void (await controller.hear(event));
  const { vantages, ...reach } = await openReach({
    store,
    hear,
    keep: async (fresh) => (await keepFresh(known, fresh)).snapshot.number,
    answered: (answer) => controller.answered(answer),
  });
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
  const rest = async () => {
    await controller.rest();
    await deliveries.rest();
  };
  await controller.begin();
  const { report, statuses } = vantages;
  return {
    control: serveControl({ ports, controller, broadcast, watch: status.watch, vantages: statuses, report }),
    async tick() {
      await controller.round();
      await guarded(hooks, 'telling of refused reports and late snapshots', vantages.flush);
      await guarded(hooks, 'looking for lost captures', async () => {
        const lost = await lostCapture(ports, vantages);
        if (lost !== undefined) await controller.hear(lost);
      });
      status.ended();
      deliveries.begin();
    },
    rest,
    async end() {
      await rest();
      await controller.end();
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

// The runtime of one cluster: everything that its Durable Object keeps in memory, wired together. It reads no alarm and answers no request.
import type { Channel } from '../../alerts/channels/channel.ts';
import type { SendResult } from '../../alerts/delivery.ts';
import type { ClusterConfig } from '../../config/schema.ts';
import type { Lookers, WatchedKind } from '../../decision/machine/policy.ts';
import { type Broadcast, createBroadcast } from '../../lib/broadcast.ts';
import { withDeadline } from '../../lib/deadline.ts';
import type { Clock } from '../../lib/deps.ts';
import { LifeboatError, messageOf } from '../../lib/errors.ts';
import { createLimiter } from '../../lib/limiter.ts';
import type { SnapshotSource } from '../../snapshot/source.ts';
import { createEitherSource } from '../../snapshot/sources/either.ts';
import type { Store } from '../../stores/store.ts';
import { addNotices, tellWithoutOutbox, withClaimsTakenOver } from '../../tasks/alert/deliver.ts';
import { createEnduringStore } from '../../tasks/cluster/enduring-store.ts';
import type { ClusterPorts, WatchTrouble } from '../../tasks/cluster/ports.ts';
import { updateRecord } from '../../tasks/cluster/record.ts';
import type { ClusterControl, WatchStatus } from '../../tasks/control/control-port.ts';
import { serveControl, viewEvent } from '../../tasks/control/serve-control.ts';
import { type Controller, createController } from '../../tasks/loop/controller.ts';
import type { Activity } from '../../tasks/loop/dispatch.ts';
import { createVantageReceiver } from '../../vantage/receiver/receive.ts';
import { createLife } from '../life.ts';
import { wireChannels } from '../wire-channels.ts';
import { type Wires, wireReach } from '../wire-cluster.ts';
import { wireHeartbeat } from '../wire-heartbeat.ts';
import type { Bindings } from './bindings.ts';
import { config } from './deployment.ts';
import { log, logActivity } from './log.ts';
import { placeTimeoutMs } from './pager-place.ts';
import { createEdgeProbe } from './shares.ts';
import { platformFetch, wiresOf } from './wires.ts';

export interface ClusterRuntime {
  readonly control: ClusterControl;
  /** One round, what follows from it begun, and what is due sent. Never throws. */
  tick(): Promise<void>;
  /** Until no work is under way. */
  rest(): Promise<void>;
}

export interface RuntimeOptions {
  readonly env: Bindings;
  readonly store: Store;
  readonly cluster: ClusterConfig;
  /** When the backstop last had to start the watch; null: never. */
  readonly rearmedAt: () => number | null;
}

const mostReaders = 20;
/** Looks at the outbox that may be under way at once: a channel takes 60 s at most. */
const mostDeliveries = 20;
/** For the call of the pager object itself, besides what that object waits for. */
const callMs = 5_000;
/** How long the backstop's start stays an open alert. */
const rearmedForMs = 600_000;

/** Wires the runtime; where that cannot be done (a secret is missing), one that says so to whoever is on call, and does nothing else. */
export async function openRuntime(options: RuntimeOptions): Promise<ClusterRuntime> {
  const wires = wiresOf(options.env);
  const { env, cluster } = options;
  const store = createEnduringStore(options.store);
  const http = { ...wires, fetch: platformFetch };
  const heart = wireHeartbeat(http, cluster);
  const lacking = [...wireChannels(http, config).lacking, ...heart.lacking];
  const known = {
    config,
    cluster,
    clock: wires.clock,
    life: createLife(wires.random),
    store,
    recordTurn: createLimiter(1),
    storeTrouble: store.trouble,
    channels: remoteChannels(env, wires.clock, cluster.id),
    ...heart.ports,
  };
  try {
    return await openWatch(options, wires, known, lacking);
  } catch (error) {
    log('fault', cluster.id, 'wiring', error);
    return openDegradedRuntime(options, known, messageOf(error), lacking);
  }
}

type Known = Pick<
  ClusterPorts,
  'config' | 'cluster' | 'clock' | 'life' | 'store' | 'recordTurn' | 'channels' | 'heartbeat'
> & {
  readonly storeTrouble: () => string | undefined;
};

async function openWatch(
  options: RuntimeOptions,
  wires: Wires,
  known: Known,
  lacking: readonly string[],
): Promise<ClusterRuntime> {
  const { env, cluster, rearmedAt } = options;
  const { clock } = wires;
  const onFault = (what: string, error: unknown) => log('fault', cluster.id, what, error);
  const broadcast = createBroadcast(mostReaders);
  const status = createStatus(known, rearmedAt, lacking);
  const vantages = createVantageReceiver({
    clock,
    store: known.store,
    cluster,
    onObserved: async (round) => void (await controller.hear({ kind: 'observed', ...round })),
    onRefused: async (refused) => void (await controller.hear({ kind: 'vantage-refused', ...refused })),
  });
  const reach = await wireReach(wires, cluster);
  const ports: ClusterPorts = {
    ...known,
    watchTrouble: () => rearmed(clock, rearmedAt()),
    probe: createEdgeProbe(env, clock, cluster, config.vantage, onFault),
    ...reach,
    source: sourceOf(cluster, vantages.source, reach.source),
    lookers: lookersOf(cluster),
    expectedVantages: cluster.vantages.filter(({ kind }) => kind === 'inside').map(({ id }) => id),
  };
  const underWay = new Set<Promise<void>>();
  const deliver = (): void => {
    if (underWay.size >= mostDeliveries) return;
    const delivery = controller.deliver().finally(() => underWay.delete(delivery));
    underWay.add(delivery);
  };
  const onActivity = (activity: Activity): void => {
    logActivity(cluster.id, activity, clock.now());
    if (activity.kind !== 'stepped') return;
    tell(broadcast, activity, clock.now());
    // A page leaves when it is decided, not at the next tick.
    if (activity.effects.some(({ kind }) => kind === 'page' || kind === 'resolve')) deliver();
  };
  // The object is stopped from outside, at any moment: there is no signal for it.
  const controller: Controller = createController(ports, { onActivity, onFault }, new AbortController().signal);
  await controller.begin();
  const { report, statuses } = vantages;
  return {
    control: serveControl({ ports, controller, broadcast, watch: status.watch, vantages: statuses, report }),
    async tick() {
      await controller.round();
      await vantages.flush().catch((error: unknown) => onFault('telling of refused reports', error));
      status.ended();
      deliver();
    },
    async rest() {
      await controller.rest();
      await Promise.all(underWay);
    },
  };
}

/** Nothing can be watched, but somebody can be told. The machine hears nothing, so that it forgets nothing. */
function openDegradedRuntime(
  { rearmedAt, cluster }: RuntimeOptions,
  known: Known,
  why: string,
  lacking: readonly string[],
): ClusterRuntime {
  const refuse = async (): Promise<never> => {
    throw new LifeboatError('config', `cluster ${cluster.id} is not watched: ${why}`);
  };
  const ports: ClusterPorts = {
    ...known,
    watchTrouble: () => ({ kind: 'stopped', what: why }),
    probe: async () => [],
    askCorednsVersion: async () => ({ status: 'unknown', evidence: why }),
    askOpenTransfer: async () => ({ status: 'unknown', evidence: why }),
    source: { capture: refuse },
    standbys: [],
  };
  const status = createStatus(known, rearmedAt, [why, ...lacking]);
  const controller = createController(ports, { onActivity: () => {}, onFault: () => {} }, new AbortController().signal);
  const broadcast = createBroadcast(mostReaders);
  const control = serveControl({
    ports,
    controller,
    broadcast,
    watch: status.watch,
    vantages: async () => [],
    report: refuse,
  });
  return {
    control: { ...control, order: refuse },
    async tick() {
      try {
        const now = known.clock.now();
        await updateRecord(ports, (record) => {
          const taken = withClaimsTakenOver(ports, record);
          const outbox = addNotices(ports, taken.outbox, [], now);
          return outbox === record.outbox ? record : { ...record, outbox };
        });
        await controller.deliver();
      } catch (error) {
        log('fault', cluster.id, 'telling that nothing is watched', error);
        await tellWithoutOutbox(ports).catch((other: unknown) => log('fault', cluster.id, 'telling it at all', other));
      }
    },
    rest: controller.rest,
  };
}

/** Each channel in an object of its own. A call that fails counts as not delivered: the receiver knows a repetition by its id. */
export function remoteChannels(env: Bindings, clock: Clock, cluster: string): readonly Channel[] {
  return config.alerts.channels.map(({ id, timeoutMs: channelMs }) => ({
    id,
    timeoutMs: callMs + placeTimeoutMs + channelMs,
    send: async (delivery) => {
      const deadline = { what: `the pager object of ${id}`, timeoutMs: callMs + placeTimeoutMs + channelMs };
      try {
        return await withDeadline<SendResult>(clock, deadline, async () =>
          env.PAGERS.getByName(`${cluster}/${id}`).send(delivery),
        );
      } catch (error) {
        return { status: 'retry', reason: `the pager object of ${id} failed: ${messageOf(error)}` };
      }
    },
  }));
}

function createStatus(known: Known, rearmedAt: () => number | null, lacking: readonly string[]) {
  let lastRoundAt: number | null = null;
  return {
    ended: () => {
      lastRoundAt = known.clock.now();
    },
    watch: (): WatchStatus => {
      const store = known.storeTrouble();
      return {
        intervalMs: known.cluster.probe.intervalMs,
        healthyRounds: known.cluster.policy.healthyRounds,
        lastRoundAt,
        rearmedAt: rearmedAt(),
        troubles: [...lacking, ...(store === undefined ? [] : [`the state is in memory only: ${store}`])],
      };
    },
  };
}

/** Through a vantage that captures, where there is one; directly, where the Worker itself looks at DNS. */
function sourceOf({ vantages }: ClusterConfig, inside: SnapshotSource, direct: SnapshotSource): SnapshotSource {
  if (!vantages.some((one) => one.kind === 'inside' && one.captures)) return direct;
  const isReachable = vantages.some((one) => one.kind === 'edge' && one.targets.includes('dns'));
  return isReachable ? createEitherSource(inside, direct) : inside;
}

function rearmed(clock: Clock, rearmedAt: number | null): WatchTrouble | undefined {
  if (rearmedAt === null || clock.now() - rearmedAt > rearmedForMs) return undefined;
  const what = `its alarm was lost, and cron set it again at ${new Date(rearmedAt).toISOString()}`;
  return { kind: 'interrupted', what };
}

function tell(broadcast: Broadcast, { after }: Extract<Activity, { kind: 'stepped' }>, now: number): void {
  if (broadcast.readers() > 0) broadcast.tell(viewEvent(now, after.phase));
}

function lookersOf({ vantages }: ClusterConfig): Lookers {
  const count = (kind: WatchedKind) => vantages.filter(({ targets }) => targets.includes(kind)).length;
  return { apiserver: count('apiserver'), dns: count('dns') };
}

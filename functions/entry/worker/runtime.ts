// The runtime of one cluster in its Durable Object: the ports of functions/tasks/runtime.ts, from bindings. It reads no alarm, answers no request
// and decides nothing.
import type { ClusterConfig } from '../../config/schema.ts';
import type { Store } from '../../stores/store.ts';
import { openRuntime } from '../../tasks/runtime.ts';
import type { ClusterRuntime } from '../../tasks/runtime-ports.ts';
import { createLife } from '../life.ts';
import { wireChannels } from '../wire-channels.ts';
import { wireHeartbeat } from '../wire-heartbeat.ts';
import { wireWatch } from '../wire-watch.ts';
import type { Bindings } from './bindings.ts';
import { config } from './deployment.ts';
import { log, logActivity } from './log.ts';
import { remoteChannels } from './remote-channels.ts';
import { createEdgeProbe } from './shares.ts';
import { platformFetch, wiresOf } from './wires.ts';

export interface ObjectOptions {
  readonly env: Bindings;
  readonly store: Store;
  readonly cluster: ClusterConfig;
  /** When the backstop last had to start the watch; null: never. */
  readonly rearmedAt: () => number | null;
}

export function openObjectRuntime({ env, store, cluster, rearmedAt }: ObjectOptions): Promise<ClusterRuntime> {
  const wires = wiresOf(env);
  const { clock, random } = wires;
  const http = { ...wires, fetch: platformFetch };
  const heart = wireHeartbeat(http, cluster);
  const onFault = (what: string, error: unknown) => log('fault', cluster.id, what, error);
  const probe = createEdgeProbe(env, clock, cluster, config.vantage, onFault);
  return openRuntime({
    config,
    cluster,
    clock,
    life: createLife(random),
    store,
    channels: remoteChannels(env, clock, cluster.id),
    ...heart.ports,
    openReach: (needs) => wireWatch(wires, cluster, probe, needs),
    lacking: [...wireChannels(http, config).lacking, ...heart.lacking],
    backstop: { rearmedAt, did: 'its alarm was lost, and cron set it again' },
    log: { onActivity: (activity) => logActivity(cluster.id, activity, clock.now()), onFault },
  });
}

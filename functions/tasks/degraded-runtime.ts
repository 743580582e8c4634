// The runtime of a cluster whose reach cannot be wired: nothing is watched, but somebody can be told, and the record can be seen. The machine
// hears nothing, so that it forgets nothing.
import type { Broadcast } from '../lib/broadcast.ts';
import { LifeboatError } from '../lib/errors.ts';
import { addNotices, tellWithoutOutbox } from './alert/deliver.ts';
import type { ClusterPorts } from './cluster/ports.ts';
import { updateRecord } from './cluster/record.ts';
import { serveControl } from './control/serve-control.ts';
import { beginLife } from './loop/begin-life.ts';
import { createController } from './loop/controller.ts';
import type { ClusterRuntime, KnownPorts, RuntimePorts } from './runtime-ports.ts';
import { createWatchStatus } from './watch-status.ts';

/** `why`: the reach could not be wired. */
export function openDegradedRuntime(
  { lacking, backstop, log: { onFault } }: RuntimePorts,
  known: KnownPorts,
  broadcast: Broadcast,
  why: string,
): ClusterRuntime {
  const { clock, cluster } = known;
  const refuse = async (): Promise<never> => {
    throw new LifeboatError('config', `cluster ${cluster.id} is not watched: ${why}`);
  };
  const ports: ClusterPorts = {
    ...known,
    watchTrouble: () => ({ kind: 'stopped', what: why }),
    probe: async () => [],
    askCorednsVersion: async () => ({ status: 'unknown', evidence: why }),
    askOpenTransfer: async () => ({ status: 'unknown', evidence: why }),
    sources: [],
    standbys: [],
  };
  const status = createWatchStatus(known, [why, ...lacking], backstop);
  // What it does is not told: it only delivers.
  const controller = createController(ports, { onActivity: () => {}, onFault: () => {} }, new AbortController().signal);
  const control = serveControl({
    ports,
    controller,
    broadcast,
    watch: status.watch,
    vantages: async () => [],
    report: refuse,
  });
  const enqueueTrouble = async (): Promise<void> => {
    const now = clock.now();
    await updateRecord(ports, (record) => {
      const taken = beginLife(ports, record);
      const outbox = addNotices(ports, taken.outbox, [], now);
      return outbox === taken.outbox ? taken : { ...taken, outbox };
    });
  };
  return {
    control: { ...control, order: refuse },
    async tick() {
      try {
        await enqueueTrouble();
        await controller.deliver();
      } catch (error) {
        onFault('telling that nothing is watched', error);
        await tellWithoutOutbox(ports).catch((other: unknown) => onFault('telling it at all', other));
      }
    },
    rest: controller.rest,
    end: controller.end,
  };
}

// What can be broken in the lab, and how it is healed. Each is real: a process that is stopped, killed or cut off, or a flood of real requests.
import type { Running } from '../parts/process.ts';
import { startOverload } from '../story/overload.ts';
import type { Fault } from './faults.ts';
import { clusterId, type Stage } from './stage.ts';

export interface Breaks {
  /** The API server is stopped: it accepts connections and answers nothing. */
  api(): Fault;
  /** Both CoreDNS replicas are killed; the API server goes on. */
  dns(): Promise<Fault>;
  /** Both CoreDNS replicas start anew, as after an eviction: what they knew is gone. */
  restartDns(): Promise<Fault>;
  /** The way from the vantage to the Worker is cut: Lifeboat sees nothing, and the cluster is well. */
  network(): Fault;
  /** A telemetry agent on each of so many nodes lists every EndpointSlice again and again. */
  flood(nodes: number): Promise<Fault>;
  /** Takes the agent off every node. */
  endFlood(): Promise<void>;
  /** Undoes everything. */
  heal(): Promise<void>;
}

/** The agent comes up node by node. */
export const rolloutMs = 6_000;

export function createBreaks(stage: Stage): Breaks {
  let agents: Running | undefined;
  const fault = (name: string, target: Fault['target'], page: string): Fault => ({
    name,
    target,
    atMs: Date.now(),
    page: `${clusterId}/${page}`,
  });
  const endFlood = async (): Promise<void> => {
    await agents?.kill();
    agents = undefined;
  };
  return {
    api() {
      const broken = fault('api-hung', 'apiserver', 'activation/');
      stage.api.freeze();
      return broken;
    },
    async dns() {
      const broken = fault('dns-killed', 'dns', 'activation/');
      await Promise.all(stage.dns.map((replica) => replica.kill()));
      return broken;
    },
    async restartDns() {
      const broken = fault('dns-unsynced', 'dns', 'dns/');
      await Promise.all(stage.dns.map((replica) => replica.restart({ wait: false })));
      return broken;
    },
    network() {
      const broken = { ...fault('network-cut', 'apiserver', 'vantage/'), conditions: ['unknown'] };
      stage.uplink.pass(false);
      return broken;
    },
    async flood(nodes) {
      await endFlood();
      const broken = fault('api-overloaded', 'apiserver', 'activation/');
      agents = await startOverload({ api: stage.api, runFolder: stage.runFolder, connections: nodes, rolloutMs });
      return broken;
    },
    endFlood,
    async heal() {
      stage.uplink.pass(true);
      stage.api.thaw();
      await endFlood();
      await Promise.all(stage.dns.map((replica) => (replica.alive ? undefined : replica.restart({ wait: false }))));
    },
  };
}

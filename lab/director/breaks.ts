// What can be broken in the lab, and how it is healed. Each is real: a process that is stopped, killed or cut off, or a flood of real requests.
import type { Running } from '../processes/process.ts';
import { startOverload } from '../scenario/overload.ts';
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
  const broken = new Set<string>();
  /** What is broken already would say nothing when it is broken again. */
  const claim = (what: string): void => {
    if (broken.has(what)) throw new Error(`${what} already: heal first`);
    broken.add(what);
  };
  const fault = (name: string, target: Fault['target'], page: string): Fault => ({
    name,
    target,
    atMs: Date.now(),
    isOutage: true,
    page: `${clusterId}/${page}`,
  });
  const endFlood = async (): Promise<void> => {
    await agents?.kill();
    agents = undefined;
  };
  return {
    api() {
      claim('the API server hangs');
      const hung = fault('api-hung', 'apiserver', 'activation/');
      stage.api.freeze();
      return hung;
    },
    async dns() {
      claim('CoreDNS is gone');
      const killed = fault('dns-killed', 'dns', 'activation/');
      await Promise.all(stage.dns.map((replica) => replica.kill()));
      return killed;
    },
    async restartDns() {
      const restarted = fault('dns-restarted', 'dns', 'dns/');
      await Promise.all(stage.dns.map((replica) => replica.restart({ wait: false })));
      return restarted;
    },
    network() {
      claim('the network is cut');
      const cut = { ...fault('network-cut', 'apiserver', 'vantage/'), isOutage: false, conditions: ['unknown'] };
      stage.uplink.pass(false);
      return cut;
    },
    async flood(nodes) {
      await endFlood();
      const overloaded = fault('api-overloaded', 'apiserver', 'activation/');
      agents = await startOverload({ api: stage.api, runFolder: stage.runFolder, connections: nodes, rolloutMs });
      return overloaded;
    },
    endFlood,
    async heal() {
      broken.clear();
      stage.uplink.pass(true);
      stage.api.thaw();
      await endFlood();
      await Promise.all(stage.dns.map((replica) => (replica.alive ? undefined : replica.restart({ wait: false }))));
    },
  };
}

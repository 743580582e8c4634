// What the cluster of the lab is made of: the embedded parts, which need nothing but Node, or the real ones. It starts none of them.
import { join } from 'node:path';
import { ensureParts } from '../binaries/build.ts';
import { ensureDnsServers } from '../binaries/dns-servers.ts';
import { type Authoritative, startKnot } from '../processes/knot.ts';
import { startLabStandby } from '../processes/lab-standby.ts';
import type { Program } from '../processes/process.ts';
import type { AuthoritativeOptions } from '../processes/zone.ts';
import type { ControlPlaneParts } from '../scenario/control-plane.ts';

export interface LabParts extends ControlPlaneParts {
  /** Pods of other teams: EndpointSlices that make a list of all of them heavy enough for this API server to drown in. */
  readonly bulk: { readonly slices: number; readonly endpointsEach: number };
  startStandby(options: AuthoritativeOptions): Promise<Authoritative>;
}

/** Small servers in TypeScript that stand in for kube-apiserver, CoreDNS and Knot. */
export function embeddedParts(): LabParts {
  const program = (name: string): Program => [
    process.execPath,
    join(import.meta.dirname, '../simulators', name, 'main.ts'),
  ];
  return {
    bulk: { slices: 1_500, endpointsEach: 100 },
    kubeApiserver: program('kube-apiserver'),
    coredns: program('coredns'),
    startStandby: startLabStandby,
  };
}

/** kube-apiserver, etcd and CoreDNS, built with Go where they were not yet, and Knot; rejects where that cannot be. */
export async function realParts(say: (line: string) => void): Promise<LabParts> {
  const built = await ensureParts(say);
  if (built.status === 'absent') throw new Error(`the real parts cannot be had: ${built.reason}`);
  const system = await ensureDnsServers(say);
  if (system.status === 'absent') throw new Error(`the real parts cannot be had: ${system.reason}`);
  const { knotd } = system.servers;
  const bulk = { slices: 4_000, endpointsEach: 200 };
  return { ...built.parts, bulk, startStandby: (options) => startKnot({ ...options, knotd }) };
}

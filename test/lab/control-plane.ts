// The control plane of the lab: an API server, with etcd where it needs one, and two CoreDNS replicas as a cluster has them.
import { join } from 'node:path';
import { type Coredns, plainCorefile, startCoredns } from '../parts/coredns.ts';
import { startEtcd } from '../parts/etcd.ts';
import { type KubeApiserver, startKubeApiserver } from '../parts/kube-apiserver.ts';
import type { Running } from '../parts/process.ts';
import { partFolder } from '../parts/run-folder.ts';
import { createTsigKey, type TsigKey } from '../parts/zone.ts';
import { ttlSeconds } from '../story/deployment.ts';
import { loadEndpointSlices } from '../story/overload.ts';
import type { LabParts } from './parts.ts';

export const zone = 'cluster.local';

export interface ControlPlane {
  readonly api: KubeApiserver;
  /** Clients and the node cache ask the first: the lab has no kube-proxy that would part them. */
  readonly dns: readonly [Coredns, Coredns];
  readonly transferKey: TsigKey;
  readonly running: readonly Running[];
}

/** Starts it and fills it; the API server admits few requests at once, so that a small machine can drown it as a large cluster drowns a large one. */
export async function startControlPlane(parts: LabParts, runFolder: string): Promise<ControlPlane> {
  const running: Running[] = [];
  const etcd = parts.etcd === undefined ? undefined : await startEtcd({ program: parts.etcd, runFolder });
  if (etcd !== undefined) running.push(etcd);
  const api = await startKubeApiserver({
    program: parts.kubeApiserver,
    runFolder,
    overloadable: true,
    ...(etcd === undefined ? {} : { etcdUrl: etcd.url }),
  });
  running.push(api);
  await loadEndpointSlices(api.admin, parts.bulk);
  const kubeconfig = join(partFolder(runFolder, 'coredns'), 'kubeconfig');
  api.writeKubeconfig(kubeconfig, 'coredns');
  const transferKey = createTsigKey('transfer.lab.');
  const start = (name: string) =>
    startCoredns({
      program: parts.coredns,
      runFolder,
      name,
      zone,
      corefile: ({ address, readyPort }) =>
        plainCorefile({ zone, address, readyPort, kubeconfig, transferKey, ttlSeconds }),
    });
  const dns = await Promise.all([start('coredns-1'), start('coredns-2')] as const);
  running.push(...dns);
  return { api, dns, transferKey, running };
}

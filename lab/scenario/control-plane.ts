// A control plane of a story: the API server, with etcd where it needs one, and CoreDNS replicas as they come. Everything that was started can be ended at once.
import { join } from 'node:path';
import { type Coredns, plainCorefile, startCoredns } from '../processes/coredns.ts';
import { type Etcd, startEtcd } from '../processes/etcd.ts';
import { type KubeApiserver, type KubeApiserverOptions, startKubeApiserver } from '../processes/kube-apiserver.ts';
import type { Program, Running } from '../processes/process.ts';
import { createRunFolder, partFolder } from '../processes/run-folder.ts';
import { createTsigKey, type TsigKey } from '../processes/zone.ts';
import { ttlSeconds } from './deployment.ts';

export const zone = 'cluster.local';

export interface ControlPlaneParts {
  readonly kubeApiserver: Program;
  readonly coredns: Program;
  /** Absent: the API server keeps its objects in a folder of its own. */
  readonly etcd?: Program;
}

export interface ControlPlane {
  readonly parts: ControlPlaneParts;
  readonly runFolder: string;
  readonly etcd?: Etcd;
  readonly api: KubeApiserver;
  /** Of the identity of CoreDNS; its context is `test`. */
  readonly kubeconfig: string;
  readonly transferKey: TsigKey;
  /** A CoreDNS as it comes, with signed transfers and no way to a standby. */
  startPlain(name: string): Promise<Coredns>;
  /** Remembers what `end` has to kill. */
  own<T extends Running>(part: T): T;
  /** Kills everything, in no order. */
  end(): Promise<void>;
}

export interface ControlPlaneOptions {
  readonly overloadable?: KubeApiserverOptions['overloadable'];
  /** Default: a new one. */
  readonly runFolder?: string;
}

export async function startControlPlane(
  parts: ControlPlaneParts,
  { overloadable = false, runFolder = createRunFolder() }: ControlPlaneOptions = {},
): Promise<ControlPlane> {
  const running: Running[] = [];
  const own = <T extends Running>(part: T): T => {
    running.push(part);
    return part;
  };
  const etcd = parts.etcd === undefined ? undefined : own(await startEtcd({ program: parts.etcd, runFolder }));
  const storage = etcd === undefined ? {} : { etcdUrl: etcd.url };
  const api = own(await startKubeApiserver({ program: parts.kubeApiserver, runFolder, overloadable, ...storage }));
  const kubeconfig = join(partFolder(runFolder, 'coredns'), 'kubeconfig');
  api.writeKubeconfig(kubeconfig, 'coredns');
  const transferKey = createTsigKey('transfer.test.');
  return {
    parts,
    runFolder,
    ...(etcd === undefined ? {} : { etcd }),
    api,
    kubeconfig,
    transferKey,
    own,
    async startPlain(name) {
      const corefile = ({ address, readyPort }: Parameters<Parameters<typeof startCoredns>[0]['corefile']>[0]) =>
        plainCorefile({ zone, address, readyPort, kubeconfig, transferKey, ttlSeconds });
      return own(await startCoredns({ program: parts.coredns, runFolder, name, zone, corefile }));
    },
    async end() {
      api.admin.close();
      await Promise.all(running.map((part) => part.kill()));
    },
  };
}

// A control plane of the story: etcd and the API server, and CoreDNS replicas as they come. Everything that was started can be ended at once.
import { join } from 'node:path';
import type { Parts } from '../cluster/binaries/build.ts';
import { type Coredns, plainCorefile, startCoredns } from '../parts/coredns.ts';
import { type Etcd, startEtcd } from '../parts/etcd.ts';
import { type KubeApiserver, type KubeApiserverOptions, startKubeApiserver } from '../parts/kube-apiserver.ts';
import type { Running } from '../parts/process.ts';
import { createRunFolder, partFolder } from '../parts/run-folder.ts';
import { createTsigKey, type TsigKey } from '../parts/zone.ts';
import { ttlSeconds } from './deployment.ts';

export const zone = 'cluster.local';

export interface ControlPlane {
  readonly parts: Parts;
  readonly runFolder: string;
  readonly etcd: Etcd;
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

export async function startControlPlane(
  parts: Parts,
  options: Partial<Pick<KubeApiserverOptions, 'overloadable'>> = {},
): Promise<ControlPlane> {
  const runFolder = createRunFolder();
  const running: Running[] = [];
  const own = <T extends Running>(part: T): T => {
    running.push(part);
    return part;
  };
  const etcd = own(await startEtcd({ program: parts.etcd, runFolder }));
  const api = own(await startKubeApiserver({ program: parts.kubeApiserver, runFolder, etcdUrl: etcd.url, ...options }));
  const kubeconfig = join(partFolder(runFolder, 'coredns'), 'kubeconfig');
  api.writeKubeconfig(kubeconfig, 'coredns');
  const transferKey = createTsigKey('transfer.test.');
  return {
    parts,
    runFolder,
    etcd,
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

// Makes the parts that the handlers share, and the objects that every cluster has from its start. It serves nothing.
import type { Parts } from './call.ts';
import { createObject } from './change.ts';
import { type ClusterIps, createClusterIps } from './cluster-ips.ts';
import type { Settings } from './flags.ts';
import { addressesOf, serviceKind } from './kinds/cluster-ip.ts';
import { namespaceKind } from './kinds/core.ts';
import { collectionOf, type Kind } from './kinds/kind.ts';
import { decode, type KubeObject, type Stored } from './objects.ts';
import { createPages } from './pages.ts';
import { openStore, type Store } from './store.ts';
import { createTimeSlices } from './time-slices.ts';

/** Short enough that an answer of a few turns of the event loop stays quick while lists run. */
const sliceMs = 4;
const keptPages = 32;
const systemNamespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/** Throws when the data folder cannot be read or written. */
export function createParts(settings: Pick<Settings, 'dataFolder' | 'historyLimit' | 'serviceRange' | 'port'>): Parts {
  const store = openStore({ folder: settings.dataFolder, historyLimit: settings.historyLimit });
  const clusterIps = createClusterIps(settings.serviceRange);
  followServices(store, clusterIps);
  const parts: Parts = { store, clusterIps, slices: createTimeSlices(sliceMs), pages: createPages(keptPages) };
  for (const name of systemNamespaces) ensure(parts, namespaceKind, '', name, {});
  ensure(parts, serviceKind, 'default', 'kubernetes', {
    spec: {
      clusterIP: firstAddress(settings.serviceRange),
      ports: [{ name: 'https', port: 443, targetPort: settings.port, protocol: 'TCP' }],
    },
  });
  return parts;
}

/** Cluster IPs are taken as long as a stored Service holds them. */
function followServices(store: Store, clusterIps: ClusterIps): void {
  const each = (stored: Stored | undefined, act: (address: string) => void): void => {
    if (stored !== undefined) addressesOf(decode(stored)).forEach(act);
  };
  const collection = collectionOf(serviceKind);
  for (const stored of store.list(collection, '')) each(stored, clusterIps.take);
  store.listen(collection, ({ type, stored, previous }) => {
    each(previous, clusterIps.free);
    if (type !== 'DELETED') each(stored, clusterIps.take);
  });
}

function ensure(parts: Parts, kind: Kind, namespace: string, name: string, content: Partial<KubeObject>): void {
  if (parts.store.get(collectionOf(kind), namespace, name) !== undefined) return;
  createObject(parts, { kind, namespace }, kind.shape.parse({ metadata: { name }, ...content }));
}

/** The API server's own address, pkg/controlplane/instance.go. */
function firstAddress(range: string): string {
  return range.replace(/\.(\d+)\/\d+$/, (_, last) => `.${Number(last) + 1}`);
}

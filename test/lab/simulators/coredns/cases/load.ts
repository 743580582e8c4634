// Puts the objects of the questions into an API server, in an order that it takes, and takes the orphan's namespace away. For tests.
import { expectStatus, forEachLimited, type KubernetesClient } from '../../../../../lab/processes/kubernetes-client.ts';
import { type ApiObject, namespaces, objects, orphanNamespace } from './objects.ts';

export async function loadObjects(admin: KubernetesClient): Promise<void> {
  for (const name of [...namespaces, orphanNamespace])
    expectStatus(await admin.createNamespace(name), `namespace ${name}`);
  await forEachLimited(objects, 8, async (object) => {
    const { name, namespace } = object.metadata;
    expectStatus(await admin.request('POST', collectionPath(object), object), `${object.kind} ${namespace}/${name}`);
  });
  await removeNamespace(admin, orphanNamespace);
}

function collectionPath({ kind, metadata }: ApiObject): string {
  const [group, plural] =
    kind === 'Service' ? ['/api/v1', 'services'] : ['/apis/discovery.k8s.io/v1', 'endpointslices'];
  return `${group}/namespaces/${metadata.namespace}/${plural}`;
}

/** Without the namespace controller nobody empties it, and it is gone once nothing is left to wait for. */
async function removeNamespace(admin: KubernetesClient, name: string): Promise<void> {
  const path = `/api/v1/namespaces/${name}`;
  expectStatus(await admin.request('DELETE', path), `DELETE ${path}`);
  const body = { kind: 'Namespace', apiVersion: 'v1', metadata: { name }, spec: { finalizers: [] } };
  expectStatus(await admin.request('PUT', `${path}/finalize`, body), `PUT ${path}/finalize`, [200, 404, 409]);
}

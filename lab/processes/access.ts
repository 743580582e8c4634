// Who may do what in the cluster of a run: the identities, and the RBAC objects that give each the least it needs.
import { expectStatus, type KubernetesClient } from './kubernetes-client.ts';

/**
 * `admin` sets things up and is exempt from flow control; the others are ordinary. `watchdog` is what Lifeboat uses, `controller` changes
 * Services and EndpointSlices as kube-controller-manager does.
 */
export type IdentityName = 'admin' | 'watchdog' | 'coredns' | 'noisy' | 'controller';

export const identityNames: readonly IdentityName[] = ['admin', 'watchdog', 'coredns', 'noisy', 'controller'];

/** The namespace and the ConfigMap that the watchdog may patch. */
export const probeNamespace = 'lifeboat';
export const probeConfigMap = 'lifeboat-probe';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** identity | scope ('' = the whole cluster) | rules */
const grants: readonly { readonly to: IdentityName; readonly namespace: string; readonly rules: readonly Rule[] }[] = [
  {
    to: 'watchdog',
    namespace: '',
    rules: [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get'], resourceNames: ['default'] }],
  },
  {
    to: 'watchdog',
    namespace: probeNamespace,
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'patch'], resourceNames: [probeConfigMap] }],
  },
  {
    to: 'coredns',
    namespace: '',
    rules: [
      { apiGroups: [''], resources: ['services', 'namespaces', 'pods', 'endpoints'], verbs: ['list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ],
  },
  {
    to: 'controller',
    namespace: '',
    rules: [
      { apiGroups: [''], resources: ['services', 'namespaces'], verbs: ['get', 'list', 'create', 'delete'] },
      {
        apiGroups: ['discovery.k8s.io'],
        resources: ['endpointslices'],
        verbs: ['get', 'list', 'create', 'update', 'delete'],
      },
    ],
  },
  {
    to: 'noisy',
    namespace: '',
    rules: [{ apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list'] }],
  },
];

const rbac = '/apis/rbac.authorization.k8s.io/v1';

/** Makes the namespace, the ConfigMap and every grant; what exists already is left as it is. */
export async function applyAccess(admin: KubernetesClient): Promise<void> {
  const create = async (path: string, body: unknown): Promise<void> => {
    expectStatus(await admin.request('POST', path, body), `POST ${path}`, [201, 409]);
  };
  await create('/api/v1/namespaces', { metadata: { name: probeNamespace } });
  await create(`/api/v1/namespaces/${probeNamespace}/configmaps`, {
    metadata: { name: probeConfigMap },
    data: { beat: '0' },
  });
  for (const { to, namespace, rules } of grants) {
    const prefix = namespace === '' ? 'cluster' : '';
    const base = namespace === '' ? rbac : `${rbac}/namespaces/${namespace}`;
    const kind = namespace === '' ? 'ClusterRole' : 'Role';
    const metadata = { name: `test-${to}` };
    await create(`${base}/${prefix}roles`, { metadata, rules });
    await create(`${base}/${prefix}rolebindings`, {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: metadata.name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: to }],
    });
  }
}

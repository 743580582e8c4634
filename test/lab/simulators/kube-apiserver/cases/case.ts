// One case of what a kube-apiserver does, and how cases read answers. It judges nothing.
import { expect } from 'vitest';
import type { KubeApiserver } from '../../../../../lab/processes/kube-apiserver.ts';
import type { KubernetesResponse } from '../../../../../lab/processes/kubernetes-client.ts';

export interface ApiCase {
  readonly name: string;
  /** `namespace` is there, empty, and for this case alone. */
  run(api: KubeApiserver, namespace: string): Promise<void>;
}

export interface Answer {
  readonly kind: string;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly field: string }[] };
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
  readonly items: readonly { readonly kind?: string; readonly metadata: { readonly name: string } }[];
}

export const slices = '/apis/discovery.k8s.io/v1';
export const rbac = '/apis/rbac.authorization.k8s.io/v1';

export const bodyOf = ({ body }: KubernetesResponse): Answer => body as Answer;
/** `409 AlreadyExists`; `200` for what is no failure. */
export const outcome = (response: KubernetesResponse): string =>
  `${response.status} ${bodyOf(response).reason ?? ''}`.trim();
export const fieldsOf = (response: KubernetesResponse): readonly string[] =>
  (bodyOf(response).details?.causes ?? []).map(({ field }) => field);
export const namesOf = (response: KubernetesResponse): readonly string[] =>
  bodyOf(response).items.map(({ metadata }) => metadata.name);
export const configMaps = (namespace: string): string => `/api/v1/namespaces/${namespace}/configmaps`;
export const services = (namespace: string): string => `/api/v1/namespaces/${namespace}/services`;

export async function fill(
  api: KubeApiserver,
  namespace: string,
  names: readonly string[],
  labels = {},
): Promise<void> {
  for (const name of names) {
    expect(outcome(await api.admin.request('POST', configMaps(namespace), { metadata: { name, labels } }))).toBe('201');
  }
}

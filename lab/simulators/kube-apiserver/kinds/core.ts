// The kinds of the core group but Service: Namespace, ConfigMap, and Pod, of which there are none.
import { z } from 'zod';
import { type KubeObject, objectShape } from '../objects.ts';
import { forbiddenField } from '../status.ts';
import type { Kind } from './kind.ts';

const nameLabel = 'kubernetes.io/metadata.name';
/** Admission plugin NamespaceLifecycle, plugin/pkg/admission/namespace/lifecycle. */
const immortal: readonly string[] = ['default', 'kube-public', 'kube-system'];

function phaseOf({ status }: KubeObject): string {
  return (status as { readonly phase?: string } | undefined)?.phase ?? '';
}

export const namespaceKind: Kind = {
  group: '',
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  namespaced: false,
  nameRule: 'label',
  selectable: { 'status.phase': phaseOf },
  shape: objectShape.extend({
    spec: z.looseObject({ finalizers: z.array(z.string()).optional() }).optional(),
    status: z.looseObject({ phase: z.string().optional() }).optional(),
  }),
  deleteAnswers: 'object',
  prepare(draft, { previous }) {
    draft.metadata.labels = { ...draft.metadata.labels, [nameLabel]: draft.metadata.name ?? '' };
    draft.spec = previous?.spec ?? { finalizers: ['kubernetes'] };
    draft.status = previous?.status ?? { phase: 'Active' };
    return [];
  },
  keeps: (name) => (immortal.includes(name) ? 'this namespace may not be deleted' : undefined),
  terminate(draft) {
    draft.status = { ...(draft.status as object), phase: 'Terminating' };
  },
};

/** The limit on a ConfigMap's data, pkg/apis/core/types.go MaxSecretSize. */
const maxDataBytes = 1024 * 1024;

interface ConfigMap extends KubeObject {
  data?: Record<string, string> | undefined;
  binaryData?: Record<string, string> | undefined;
}

export const configMapKind: Kind = {
  group: '',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  namespaced: true,
  nameRule: 'subdomain',
  selectable: {},
  shape: objectShape.extend({
    data: z.record(z.string(), z.string()).optional(),
    binaryData: z.record(z.string(), z.base64()).optional(),
    immutable: z.boolean().optional(),
  }),
  deleteAnswers: 'status',
  prepare(draft: ConfigMap, { previous }) {
    const values = [...Object.values(draft.data ?? {}), ...Object.values(draft.binaryData ?? {})];
    const bytes = values.reduce((sum, value) => sum + Buffer.byteLength(value), 0);
    return [
      ...(bytes > maxDataBytes ? [forbiddenField('data', `${bytes} bytes; at most ${maxDataBytes}`)] : []),
      ...(draft.immutable === true || previous?.immutable === true
        ? [forbiddenField('immutable', 'immutable ConfigMaps are not supported by this server')]
        : []),
    ];
  },
};

export const podKind: Kind = {
  group: '',
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  namespaced: true,
  readOnly: true,
  nameRule: 'subdomain',
  selectable: { 'status.phase': phaseOf, 'spec.nodeName': () => '' },
  shape: objectShape,
  deleteAnswers: 'object',
};

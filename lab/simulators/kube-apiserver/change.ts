// Create, update and delete as the store sees them: what of an object is the server's, what a client may not change, and every check before
// a change is made. It knows no HTTP. The real thing: k8s.io/apiserver pkg/registry/rest and pkg/registry/generic/registry.
import { randomInt, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { ClusterIps } from './cluster-ips.ts';
import { apiVersionOf, collectionOf, type Kind } from './kinds/kind.ts';
import { checkLabels, checkName } from './names.ts';
import { decode, encode, type KubeObject, type Stored } from './objects.ts';
import {
  alreadyExists,
  badRequest,
  bodyTooLarge,
  conflict,
  type FieldProblem,
  forbidden,
  forbiddenField,
  internalError,
  invalid,
  notFound,
  required,
} from './status.ts';
import type { Store } from './store.ts';

/** What etcd takes in one request by default, `--max-request-bytes`. */
const maxObjectBytes = 1.5 * 1024 * 1024;
/** k8s.io/apimachinery pkg/api/validation TotalAnnotationSizeLimitB. */
const maxAnnotationBytes = 256 * 1024;

export interface Writable {
  readonly store: Store;
  readonly clusterIps: ClusterIps;
}

export interface Place {
  readonly kind: Kind;
  /** '' for a kind that has none. */
  readonly namespace: string;
}

export const present = (kind: Kind, stored: Stored): KubeObject => ({
  kind: kind.kind,
  apiVersion: apiVersionOf(kind),
  ...decode(stored),
});

/** Seconds, RFC 3339. */
const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

export function createObject({ store, clusterIps }: Writable, { kind, namespace }: Place, draft: KubeObject): Stored {
  const { metadata } = draft;
  checkNamespaceOf(metadata.namespace, namespace);
  if (metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
  metadata.name ||= metadata.generateName ? `${metadata.generateName}${randomSuffix()}` : '';
  const { name } = metadata;
  checkNamespaceIsOpen(store, kind, namespace, name);
  draft.metadata = {
    ...owned(metadata),
    name,
    ...(kind.namespaced ? { namespace } : {}),
    uid: randomUUID(),
    creationTimestamp: now(),
  };
  check(kind, draft, [
    ...(name === ''
      ? [required('metadata.name', 'name or generateName is required')]
      : checkName(kind.nameRule, 'metadata.name', name)),
    ...(kind.prepare?.(draft, { previous: undefined, clusterIps }) ?? []),
  ]);
  if (store.get(collectionOf(kind), namespace, name) !== undefined) throw alreadyExists(kind, name);
  return put(store, kind, draft);
}

/** With `draft` in place of what is stored now; the stored object itself when nothing would change. */
export function updateObject(
  { store, clusterIps }: Writable,
  { kind, namespace }: Place,
  stored: Stored,
  draft: KubeObject,
): Stored {
  const { metadata } = draft;
  const previous = decode(stored);
  if ((metadata.name ?? stored.name) !== stored.name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${stored.name})`);
  }
  checkNamespaceOf(metadata.namespace, namespace);
  checkPreconditions(kind, previous, metadata);
  const { uid, creationTimestamp, deletionTimestamp } = previous.metadata;
  draft.metadata = {
    ...owned(metadata),
    name: stored.name,
    ...(kind.namespaced ? { namespace } : {}),
    uid,
    creationTimestamp,
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
  };
  check(kind, draft, kind.prepare?.(draft, { previous, clusterIps }) ?? []);
  // As the real server: no revision and no event for a write that changes nothing.
  const isSame = isDeepStrictEqual(JSON.parse(encode(draft).toString()), JSON.parse(stored.bytes.toString()));
  return isSame ? stored : put(store, kind, draft);
}

/** The object as it was last; a kind that is terminated stays and shows it. */
export function deleteObject({ store }: Writable, { kind }: Place, stored: Stored, wanted: Preconditions): Stored {
  const previous = decode(stored);
  const why = kind.keeps?.(stored.name);
  if (why !== undefined) throw forbidden(kind, stored.name, why);
  checkPreconditions(kind, previous, wanted);
  if (kind.terminate === undefined) {
    const { namespace, name } = stored;
    return onDisk(() => store.remove(collectionOf(kind), namespace, name)) ?? stored;
  }
  if (previous.metadata.deletionTimestamp !== undefined) return stored;
  previous.metadata.deletionTimestamp = now();
  kind.terminate(previous);
  return put(store, kind, previous);
}

export interface Preconditions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

function checkPreconditions(kind: Kind, { metadata }: KubeObject, wanted: Preconditions): void {
  const name = metadata.name ?? '';
  if (wanted.uid && wanted.uid !== metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${metadata.uid}`;
    throw conflict(kind, name, why);
  }
  if (wanted.resourceVersion && wanted.resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      kind,
      name,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  }
}

function checkNamespaceOf(given: string | undefined, namespace: string): void {
  if ((given || namespace) === namespace) return;
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

const namespaces = { group: '', plural: 'namespaces' };

/** Admission plugin NamespaceLifecycle. */
function checkNamespaceIsOpen(store: Store, kind: Kind, namespace: string, name: string): void {
  if (!kind.namespaced) return;
  const stored = store.get(namespaces.plural, '', namespace);
  if (stored === undefined) throw notFound(namespaces, namespace);
  if (decode(stored).metadata.deletionTimestamp === undefined) return;
  throw forbidden(kind, name, `unable to create new content in namespace ${namespace} because it is being terminated`);
}

/** What clients may set. Who changed which field is not recorded: there is no server-side apply. */
function owned(metadata: KubeObject['metadata']): KubeObject['metadata'] {
  const { managedFields: _, selfLink: __, deletionTimestamp: ___, resourceVersion: ____, ...rest } = metadata;
  return rest;
}

function check(kind: Kind, { metadata }: KubeObject, more: readonly FieldProblem[]): void {
  const { name = '', labels = {}, annotations = {}, finalizers = [] } = metadata;
  const annotationBytes = Buffer.byteLength(JSON.stringify(annotations));
  const problems = [
    ...more,
    ...checkLabels('metadata.labels', labels),
    ...(annotationBytes > maxAnnotationBytes
      ? [forbiddenField('metadata.annotations', `${annotationBytes} bytes; at most ${maxAnnotationBytes}`)]
      : []),
    ...(finalizers.length > 0
      ? [forbiddenField('metadata.finalizers', 'finalizers are not supported by this server')]
      : []),
  ];
  if (problems.length > 0) throw invalid(kind.group, kind.kind, name, problems);
}

function put(store: Store, kind: Kind, draft: KubeObject): Stored {
  const bytes = encode(draft);
  if (bytes.length > maxObjectBytes) throw bodyTooLarge(maxObjectBytes);
  const { namespace = '', name = '' } = draft.metadata;
  return onDisk(() => store.put(collectionOf(kind), namespace, name, bytes));
}

function onDisk<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw internalError(`the change could not be written: ${(error as Error).message}`);
  }
}

/** No vowels, so that no words come out: k8s.io/apimachinery pkg/util/rand. */
const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789';

function randomSuffix(): string {
  return Array.from({ length: 5 }, () => suffixLetters[randomInt(suffixLetters.length)]).join('');
}

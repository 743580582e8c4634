// API objects: what every kind has in common, and their way to bytes and back. The store keeps bytes, as etcd does: who wants an object
// decodes one of its own, and nothing decoded is ever kept for another caller.
import { z } from 'zod';

export const metadataShape = z.looseObject({
  name: z.string().optional(),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  finalizers: z.array(z.string()).optional(),
});

export const objectShape = z.looseObject({
  kind: z.string().optional(),
  apiVersion: z.string().optional(),
  metadata: metadataShape.default({}),
});

export type Metadata = z.infer<typeof metadataShape>;
/** As decoded: whoever holds it may change it. */
export type KubeObject = z.infer<typeof objectShape>;

/** An object as the store keeps it: kind, API version and resource version are not among the bytes. */
export interface Stored {
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  readonly bytes: Buffer;
}

export function encode({ kind: _, apiVersion: __, ...object }: KubeObject): Buffer {
  const { resourceVersion: ___, ...metadata } = object.metadata;
  return Buffer.from(JSON.stringify({ ...object, metadata }));
}

/** The real work of every read: text is parsed again for each caller. */
export function decode({ bytes, revision }: Stored): KubeObject {
  const object = JSON.parse(bytes.toString()) as KubeObject;
  object.metadata.resourceVersion = String(revision);
  return object;
}

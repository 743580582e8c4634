// What the server has to know of a kind. It holds no kind itself: they are in the files beside, and table.ts lists them.
import type { z } from 'zod';
import type { ClusterIps } from '../cluster-ips.ts';
import type { NameRule } from '../names.ts';
import type { KubeObject } from '../objects.ts';
import type { FieldProblem } from '../status.ts';

export interface Kind {
  /** '' for the core group. */
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  /** Objects can be listed and watched, and there are none. */
  readonly readOnly?: boolean;
  readonly nameRule: NameRule;
  /** Fields that a `fieldSelector` may name besides `metadata.name` and `metadata.namespace`. */
  readonly selectable: Readonly<Record<string, (object: KubeObject) => string>>;
  /** What a body has to look like to be read as this kind at all; anything else is a 400, as where Go cannot decode it. */
  readonly shape: z.ZodType<KubeObject>;
  /** What DELETE answers: a Status, or the object as it was last. */
  readonly deleteAnswers: 'status' | 'object';
  /** Fills in defaults, takes over what clients may not change, and says what is wrong. `draft` has the shape; it may be changed. */
  prepare?(draft: KubeObject, context: PrepareContext): readonly FieldProblem[];
  /** Why an object may not be deleted. */
  keeps?(name: string): string | undefined;
  /** Marks the object as being deleted. It then stays, as the controller that would remove what belongs to it does not run here. */
  terminate?(draft: KubeObject): void;
}

export interface PrepareContext {
  /** What is stored under the name; undefined: the object is new. */
  readonly previous: KubeObject | undefined;
  readonly clusterIps: ClusterIps;
}

export const apiVersionOf = ({ group }: Kind): string => (group === '' ? 'v1' : `${group}/v1`);

/** The name of the store's collection: `services`, `endpointslices.discovery.k8s.io`. */
export const collectionOf = ({ group, plural }: Kind): string => (group === '' ? plural : `${plural}.${group}`);

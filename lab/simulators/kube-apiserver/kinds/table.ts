// Every kind that the server has, one a line. A kind that is not here does not exist: its paths are 404.
import { serviceKind } from './cluster-ip.ts';
import { configMapKind, namespaceKind, podKind } from './core.ts';
import { endpointSliceKind } from './discovery.ts';
import type { Kind } from './kind.ts';
import { rbacKinds } from './rbac.ts';

export const kinds: readonly Kind[] = [
  configMapKind,
  namespaceKind,
  podKind,
  serviceKind,
  endpointSliceKind,
  ...rbacKinds,
];

export function findKind(group: string, plural: string): Kind | undefined {
  return kinds.find((kind) => kind.group === group && kind.plural === plural);
}

// Who may do what: Roles, ClusterRoles and their bindings as they are stored now, and the few grants that a cluster has from the start. It
// only reads. The real thing: plugin/pkg/auth/authorizer/rbac; it has many more default roles.
import { authenticatedGroup, mastersGroup, type User, unauthenticatedGroup } from './authentication.ts';
import { collectionOf } from './kinds/kind.ts';
import { type Binding, type Role, type Rule, rbacGroup, rbacKinds, type Subject } from './kinds/rbac.ts';
import { decode, type KubeObject, type Stored } from './objects.ts';
import type { RequestInfo } from './request-info.ts';
import type { Store } from './store.ts';

export interface Authorizer {
  isAllowed(user: User, info: RequestInfo): boolean;
}

interface Grant {
  readonly subjects: readonly Subject[];
  readonly rules: readonly Rule[];
  /** undefined: everywhere. */
  readonly namespace: string | undefined;
}

const group = (name: string): Subject => ({ kind: 'Group', name, apiGroup: rbacGroup });
const paths = (...nonResourceURLs: string[]): Rule => ({ verbs: ['get'], nonResourceURLs });

/** plugin/pkg/auth/authorizer/rbac/bootstrappolicy: cluster-admin, system:public-info-viewer and system:discovery. */
const builtIn: readonly Grant[] = [
  {
    subjects: [group(mastersGroup)],
    rules: [
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      { verbs: ['*'], nonResourceURLs: ['*'] },
    ],
    namespace: undefined,
  },
  {
    subjects: [group(authenticatedGroup), group(unauthenticatedGroup)],
    rules: [paths('/healthz', '/livez', '/readyz', '/version', '/version/')],
    namespace: undefined,
  },
  { subjects: [group(authenticatedGroup)], rules: [paths('/api', '/api/*', '/apis', '/apis/*')], namespace: undefined },
];

export function createAuthorizer(store: Store): Authorizer {
  /** Read again after a change of any of the objects. */
  let grants: readonly Grant[] | undefined;
  for (const kind of rbacKinds) {
    store.listen(collectionOf(kind), () => {
      grants = undefined;
    });
  }
  return {
    isAllowed(user, info) {
      grants ??= [...builtIn, ...readGrants(store)];
      return grants.some(
        ({ subjects, rules, namespace }) =>
          (namespace === undefined || (info.kind === 'resource' && namespace === info.namespace)) &&
          subjects.some((subject) => isSubject(user, subject)) &&
          rules.some((rule) => allows(rule, info)),
      );
    },
  };
}

function readGrants(store: Store): readonly Grant[] {
  const bindings = ['clusterrolebindings', 'rolebindings'].flatMap((plural) =>
    store.list(`${plural}.${rbacGroup}`, ''),
  );
  return bindings.map((stored) => {
    const { subjects = [], roleRef } = read<Binding>(stored);
    const plural = roleRef.kind === 'Role' ? 'roles' : 'clusterroles';
    // A role that is missing grants nothing until it is there.
    const role = store.get(`${plural}.${rbacGroup}`, roleRef.kind === 'Role' ? stored.namespace : '', roleRef.name);
    const rules = role === undefined ? [] : (read<Role>(role).rules ?? []);
    return { subjects, rules, namespace: stored.namespace === '' ? undefined : stored.namespace };
  });
}

/** Only what has had this shape was ever stored. */
function read<T extends KubeObject>(stored: Stored): T {
  return decode(stored) as T;
}

function isSubject(user: User, { kind, name, namespace }: Subject): boolean {
  if (kind === 'User') return user.name === name;
  if (kind === 'Group') return user.groups.includes(name);
  return user.name === `system:serviceaccount:${namespace}:${name}`;
}

function allows(rule: Rule, info: RequestInfo): boolean {
  const has = (list: readonly string[] | undefined, value: string): boolean =>
    list !== undefined && (list.includes(value) || list.includes('*'));
  if (!has(rule.verbs, info.verb)) return false;
  if (info.kind === 'path') return (rule.nonResourceURLs ?? []).some((pattern) => matchesPath(pattern, info.path));
  const { plural, subresource, name } = info;
  const isNamed = (rule.resourceNames ?? []).length === 0 || rule.resourceNames?.includes(name) === true;
  const resource = subresource === '' ? plural : `${plural}/${subresource}`;
  const isResource =
    has(rule.resources, resource) || (subresource !== '' && rule.resources?.includes(`*/${subresource}`));
  return isNamed && isResource === true && has(rule.apiGroups, info.group);
}

function matchesPath(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path;
}

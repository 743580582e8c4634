// Who may do what, with Roles and bindings as they are stored.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  anonymous,
  authenticatedGroup,
  mastersGroup,
  type User,
} from '../../../../lab/simulators/kube-apiserver/authentication.ts';
import { type Authorizer, createAuthorizer } from '../../../../lab/simulators/kube-apiserver/rbac.ts';
import { requestInfoOf } from '../../../../lab/simulators/kube-apiserver/request-info.ts';
import { openStore, type Store } from '../../../../lab/simulators/kube-apiserver/store.ts';

const group = 'rbac.authorization.k8s.io';
const folder = mkdtempSync(join(tmpdir(), 'lifeboat-rbac-'));
let store: Store;
let authorizer: Authorizer;

const person = (name: string, ...groups: readonly string[]): User => ({
  name,
  groups: [...groups, authenticatedGroup],
});

function may(user: User, method: string, url: string): boolean {
  const info = requestInfoOf(method, url);
  if (info === undefined) throw new Error(url);
  return authorizer.isAllowed(user, info);
}

function put(plural: string, namespace: string, name: string, content: object): void {
  store.put(
    `${plural}.${group}`,
    namespace,
    name,
    Buffer.from(JSON.stringify({ metadata: { name, namespace }, ...content })),
  );
}

const bind = (plural: string, namespace: string, kind: string, name: string, ...subjects: readonly object[]): void =>
  put(plural, namespace, name, { roleRef: { apiGroup: group, kind, name }, subjects });

beforeAll(() => {
  store = openStore({ folder, historyLimit: 10 });
  authorizer = createAuthorizer(store);
  put('clusterroles', '', 'reader', { rules: [{ apiGroups: [''], resources: ['services'], verbs: ['get', 'list'] }] });
  bind(
    'clusterrolebindings',
    '',
    'ClusterRole',
    'reader',
    { kind: 'User', name: 'ann' },
    { kind: 'Group', name: 'ops' },
  );
  put('roles', 'shop', 'tuner', {
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['patch'], resourceNames: ['knob'] }],
  });
  bind('rolebindings', 'shop', 'Role', 'tuner', { kind: 'ServiceAccount', name: 'bot', namespace: 'tools' });
  bind('rolebindings', 'shop', 'ClusterRole', 'reader', { kind: 'User', name: 'bob' });
});

afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const services = '/api/v1/services';
const inShop = '/api/v1/namespaces/shop/services';
const knob = '/api/v1/namespaces/shop/configmaps/knob';
const bot = person('system:serviceaccount:tools:bot');

describe('RBAC', () => {
  it.each([
    [person('ann'), 'GET', services, true],
    [person('ann'), 'GET', `${inShop}/web`, true],
    [person('ann'), 'GET', `${services}?watch=true`, false],
    [person('ann'), 'POST', inShop, false],
    [person('ann'), 'GET', '/apis/discovery.k8s.io/v1/endpointslices', false],
    [person('eve', 'ops'), 'GET', services, true],
    [person('eve'), 'GET', services, false],
    // A ClusterRole by a RoleBinding counts in its namespace alone.
    [person('bob'), 'GET', inShop, true],
    [person('bob'), 'GET', services, false],
    [person('bob'), 'GET', '/api/v1/namespaces/other/services', false],
    [bot, 'PATCH', knob, true],
    [bot, 'PATCH', '/api/v1/namespaces/shop/configmaps/other', false],
    [bot, 'PATCH', '/api/v1/namespaces/other/configmaps/knob', false],
    [bot, 'GET', knob, false],
    [bot, 'PATCH', `${knob}/status`, false],
    [person('root', mastersGroup), 'DELETE', knob, true],
    [person('root', mastersGroup), 'GET', '/metrics', true],
  ] as const)('%o: %s %s: %s', (user, method, url, expected) => {
    expect(may(user, method, url)).toBe(expected);
  });

  it.each(['/livez', '/readyz?verbose', '/healthz', '/version'])('opens %s to anybody', (path) => {
    expect(may(anonymous, 'GET', path)).toBe(true);
  });

  it('opens discovery to who is known, and nothing else', () => {
    expect(may(anonymous, 'GET', '/api')).toBe(false);
    expect(may(person('eve'), 'GET', '/apis/discovery.k8s.io/v1')).toBe(true);
    expect(may(person('eve'), 'GET', '/metrics')).toBe(false);
    expect(may(anonymous, 'GET', '/readyz/etcd')).toBe(false);
  });

  it('follows changes at once', () => {
    put('clusterroles', '', 'late', { rules: [{ nonResourceURLs: ['/logs/*'], verbs: ['get'] }] });
    expect(may(person('eve'), 'GET', '/logs/a')).toBe(false);
    bind('clusterrolebindings', '', 'ClusterRole', 'late', { kind: 'User', name: 'eve' });
    expect(may(person('eve'), 'GET', '/logs/a')).toBe(true);
    store.remove(`clusterroles.${group}`, '', 'late');
    expect(may(person('eve'), 'GET', '/logs/a')).toBe(false);
  });
});

describe('what a request is about', () => {
  it.each([
    ['GET', '/api/v1/namespaces', { verb: 'list', plural: 'namespaces', namespace: '', name: '' }],
    ['GET', '/api/v1/namespaces/a', { verb: 'get', plural: 'namespaces', namespace: 'a', name: 'a' }],
    ['GET', '/api/v1/namespaces/a/status', { plural: 'namespaces', name: 'a', subresource: 'status' }],
    ['GET', '/api/v1/namespaces/a/pods?watch=1', { verb: 'watch', plural: 'pods', namespace: 'a' }],
    ['DELETE', '/api/v1/namespaces/a/pods', { verb: 'deletecollection' }],
    ['PUT', '/apis/g/v1/namespaces/a/things/b/scale', { verb: 'update', group: 'g', name: 'b', subresource: 'scale' }],
    ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Db', { verb: 'list', name: 'b' }],
    ['GET', '/apis/g/v1', { kind: 'path', verb: 'get', path: '/apis/g/v1' }],
    ['POST', '/livez', { kind: 'path', verb: 'post' }],
  ])('%s %s', (method, url, expected) => {
    expect(requestInfoOf(method, url)).toMatchObject(expected);
  });

  it('says when a URL cannot be read', () => {
    expect(requestInfoOf('GET', '/api/v1/namespaces/%ff')).toBeUndefined();
  });
});

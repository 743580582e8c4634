// One object: made, changed and deleted, or refused.
import { expect } from 'vitest';
import { type ApiCase, bodyOf, configMaps, fill, namesOf, outcome } from './case.ts';

export const objects: readonly ApiCase[] = [
  {
    name: 'creates once, with uid, version and time; the same name again is AlreadyExists',
    async run(api, namespace) {
      const object = { metadata: { name: 'a' }, data: { k: 'v' } };
      const made = await api.admin.request('POST', configMaps(namespace), object);
      expect(outcome(made)).toBe('201');
      expect(made.body).toMatchObject({
        kind: 'ConfigMap',
        apiVersion: 'v1',
        data: { k: 'v' },
        metadata: {
          name: 'a',
          namespace,
          uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
          resourceVersion: expect.stringMatching(/^\d+$/),
          creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        },
      });
      expect(outcome(await api.admin.request('POST', configMaps(namespace), object))).toBe('409 AlreadyExists');
      const generated = await api.admin.request('POST', configMaps(namespace), { metadata: { generateName: 'g-' } });
      expect(bodyOf(generated).metadata.name).toMatch(/^g-[a-z0-9]{5}$/);
    },
  },
  {
    name: 'refuses what is no object, of another kind or namespace, or where there is no such place',
    async run(api, namespace) {
      const post = async (path: string, body: unknown) => outcome(await api.admin.request('POST', path, body));
      expect(await post(configMaps('no-such'), { metadata: { name: 'a' } })).toBe('404 NotFound');
      expect(await post(configMaps(namespace), { metadata: { name: 'a', namespace: 'default' } })).toBe(
        '400 BadRequest',
      );
      expect(await post(configMaps(namespace), { kind: 'Service', apiVersion: 'v1', metadata: { name: 'a' } })).toBe(
        '400 BadRequest',
      );
      expect(await post(configMaps(namespace), { metadata: { name: 'a' }, data: { k: 1 } })).toBe('400 BadRequest');
      expect(await post(configMaps(namespace), { metadata: { name: 'Upper_Case' } })).toBe('422 Invalid');
      expect(await post(configMaps(namespace), { metadata: {} })).toBe('422 Invalid');
      expect(await post('/api/v1/namespaces', { metadata: { name: 'a.b' } })).toBe('422 Invalid');
      expect(await post('/api/v1/no-such-kind', {})).toBe('404 NotFound');
      expect((await api.admin.request('GET', '/no/such/path')).status).toBe(404);
      expect(outcome(await api.admin.request('PUT', configMaps(namespace), {}))).toBe('405 MethodNotAllowed');
    },
  },
  {
    name: 'replaces only the version that the client knows',
    async run(api, namespace) {
      const path = `${configMaps(namespace)}/a`;
      await fill(api, namespace, ['a']);
      const { metadata } = bodyOf(await api.admin.request('GET', path));
      const put = (change: object, data: object) =>
        api.admin.request('PUT', path, { metadata: { name: 'a', ...change }, data });
      const { resourceVersion } = metadata;
      const replaced = await put({ resourceVersion }, { k: '1' });
      expect(outcome(replaced)).toBe('200');
      expect(bodyOf(replaced).metadata.uid).toBe(metadata.uid);
      expect(outcome(await put({ resourceVersion }, { k: '2' }))).toBe('409 Conflict');
      expect(outcome(await put({}, { k: '3' }))).toBe('200');
      expect(outcome(await put({ uid: '11111111-1111-1111-1111-111111111111' }, { k: '4' }))).toBe('409 Conflict');
      expect(outcome(await put({ name: 'b' }, {}))).toBe('400 BadRequest');
      expect(outcome(await api.admin.request('PUT', `${configMaps(namespace)}/b`, { metadata: { name: 'b' } }))).toBe(
        '404 NotFound',
      );
    },
  },
  {
    name: 'merges a patch, and writes nothing where it changes nothing',
    async run(api, namespace) {
      const path = `${configMaps(namespace)}/a`;
      await api.admin.request('POST', configMaps(namespace), { metadata: { name: 'a' }, data: { a: '1', b: '2' } });
      const patched = await api.admin.patch(path, { data: { a: null, c: '3' }, metadata: { labels: { x: 'y' } } });
      expect(patched.body).toMatchObject({ data: { b: '2', c: '3' }, metadata: { labels: { x: 'y' } } });
      expect(bodyOf(patched).data).not.toHaveProperty('a');
      const again = await api.admin.patch(path, { data: { c: '3' } });
      expect(bodyOf(again).metadata.resourceVersion).toBe(bodyOf(patched).metadata.resourceVersion);
      expect(outcome(await api.admin.patch(path, { metadata: { resourceVersion: '1' } }))).toBe('409 Conflict');
      expect(outcome(await api.admin.patch(path, { metadata: { name: 'b' } }))).toBe('400 BadRequest');
      expect(outcome(await api.admin.patch(path, [1]))).toBe('400 BadRequest');
      expect(outcome(await api.admin.patch(`${configMaps(namespace)}/b`, {}))).toBe('404 NotFound');
      expect(outcome(await api.admin.request('PATCH', path, {}, 'text/plain'))).toBe('415 UnsupportedMediaType');
    },
  },
  {
    name: 'deletes once',
    async run(api, namespace) {
      await fill(api, namespace, ['a']);
      const path = `${configMaps(namespace)}/a`;
      expect((await api.admin.request('DELETE', path)).body).toMatchObject({ kind: 'Status', status: 'Success' });
      expect(outcome(await api.admin.request('DELETE', path))).toBe('404 NotFound');
      expect(outcome(await api.admin.request('GET', path))).toBe('404 NotFound');
    },
  },
  {
    name: 'a namespace that is deleted takes nothing new; the first ones cannot be deleted',
    async run(api) {
      await api.admin.createNamespace('goes');
      expect((await api.admin.request('DELETE', '/api/v1/namespaces/goes')).body).toMatchObject({
        kind: 'Namespace',
        status: { phase: 'Terminating' },
      });
      expect(outcome(await api.admin.request('POST', configMaps('goes'), { metadata: { name: 'a' } }))).toBe(
        '403 Forbidden',
      );
      expect(outcome(await api.admin.request('DELETE', '/api/v1/namespaces/default'))).toBe('403 Forbidden');
      const all = namesOf(await api.admin.request('GET', '/api/v1/namespaces'));
      expect(all).toEqual(expect.arrayContaining(['default', 'kube-node-lease', 'kube-public', 'kube-system']));
    },
  },
];

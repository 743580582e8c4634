// Who may do what. The grants of the run (lab/processes/access.ts) are there.
import { expect } from 'vitest';
import { type ApiCase, bodyOf, configMaps, outcome, rbac } from './case.ts';

export const identities: readonly ApiCase[] = [
  {
    name: 'anybody may ask for health and version, and nobody unknown for anything else',
    async run(api) {
      const nobody = api.client({ token: 'not known' });
      for (const path of ['/readyz', '/livez', '/healthz', '/version', '/api/v1/namespaces/default']) {
        expect(outcome(await nobody.request('GET', path)), path).toBe('401 Unauthorized');
      }
      nobody.close();
      const ready = await api.client('noisy').request('GET', '/readyz?verbose');
      expect(ready.status).toBe(200);
      expect(ready.body).toMatch(/^\[\+\]ping ok\n(.*\n)*\[\+\]etcd ok\n(.*\n)*readyz check passed\n$/);
      expect((await api.client('noisy').request('GET', '/livez')).body).toBe('ok');
    },
  },
  {
    name: 'an identity may do what RBAC grants, and is told what it may not',
    async run(api) {
      const watchdog = api.client('watchdog');
      expect(outcome(await watchdog.request('GET', '/api/v1/namespaces/default'))).toBe('200');
      const refused = await watchdog.request('GET', '/api/v1/namespaces/kube-system');
      expect(outcome(refused)).toBe('403 Forbidden');
      expect(bodyOf(refused).message).toBe(
        'namespaces "kube-system" is forbidden: User "watchdog" cannot get resource "namespaces" in API group "" in the namespace "kube-system"',
      );
      expect(outcome(await watchdog.request('GET', '/api/v1/services'))).toBe('403 Forbidden');
      expect(outcome(await watchdog.request('GET', '/metrics'))).toBe('403 Forbidden');
      watchdog.close();
    },
  },
  {
    name: 'a grant counts as soon as it is there, and no longer than that',
    async run(api, namespace) {
      const noisy = api.client('noisy');
      const ask = async () => (await noisy.request('GET', configMaps(namespace))).status;
      const base = `${rbac}/namespaces/${namespace}`;
      const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }];
      expect(await ask()).toBe(403);
      await api.admin.request('POST', `${base}/roles`, { metadata: { name: 'r' }, rules });
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' };
      const binding = { metadata: { name: 'r' }, roleRef, subjects: [{ kind: 'User', name: 'noisy' }] };
      expect(outcome(await api.admin.request('POST', `${base}/rolebindings`, binding))).toBe('201');
      await expect.poll(ask, { timeout: 5_000 }).toBe(200);
      expect(outcome(await api.admin.request('DELETE', `${base}/rolebindings/r`))).toBe('200');
      await expect.poll(ask, { timeout: 5_000 }).toBe(403);
      noisy.close();
    },
  },
  {
    name: 'client certificates of the own authority count, others do not',
    async run(api) {
      const known = api.client(await api.authority.issueClient('watchdog', []));
      expect(outcome(await known.request('GET', '/api/v1/namespaces/default'))).toBe('200');
      expect(outcome(await known.request('GET', '/api/v1/namespaces'))).toBe('403 Forbidden');
      const master = api.client(await api.authority.issueClient('someone', ['system:masters']));
      expect(outcome(await master.request('GET', '/api/v1/namespaces'))).toBe('200');
      for (const client of [known, master]) client.close();
    },
  },
];

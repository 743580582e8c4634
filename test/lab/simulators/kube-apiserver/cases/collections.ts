// Many objects: lists, pages and watches.
import { expect } from 'vitest';
import { startWatch } from '../watch-client.ts';
import { type ApiCase, bodyOf, configMaps, fill, namesOf, outcome } from './case.ts';

export const lists: readonly ApiCase[] = [
  {
    name: 'lists one namespace or all, by labels and by name, sorted',
    async run(api, namespace) {
      await fill(api, namespace, ['b', 'a'], { tier: 'front' });
      await fill(api, namespace, ['c']);
      const list = async (query: string) =>
        namesOf(await api.admin.request('GET', `${configMaps(namespace)}?${query}`));
      expect(await list('')).toEqual(['a', 'b', 'c']);
      expect(await list('labelSelector=tier%3Dfront')).toEqual(['a', 'b']);
      expect(await list('labelSelector=!tier')).toEqual(['c']);
      expect(await list('labelSelector=tier+in+(back,front),tier')).toEqual(['a', 'b']);
      expect(await list('fieldSelector=metadata.name%3Db')).toEqual(['b']);
      expect(await list('fieldSelector=metadata.name!%3Db')).toEqual(['a', 'c']);
      const all = await api.admin.request('GET', '/api/v1/configmaps');
      expect(namesOf(all)).toEqual(expect.arrayContaining(['a', 'b', 'c', 'lifeboat-probe']));
      // The kind stands on the list, not on its items.
      expect([bodyOf(all).kind, bodyOf(all).items[0]?.kind]).toEqual(['ConfigMapList', undefined]);
      expect(bodyOf(await api.admin.request('GET', '/api/v1/pods')).items).toEqual([]);
    },
  },
  {
    name: 'lists in pages that belong together',
    async run(api, namespace) {
      await fill(api, namespace, ['a', 'b', 'c', 'd', 'e']);
      const page = (query: string) => api.admin.request('GET', `${configMaps(namespace)}?limit=2${query}`);
      const first = await page('');
      const { continue: token = '', remainingItemCount, resourceVersion } = bodyOf(first).metadata;
      expect([namesOf(first), remainingItemCount]).toEqual([['a', 'b'], 3]);
      await fill(api, namespace, ['c1']);
      await api.admin.request('DELETE', `${configMaps(namespace)}/d`);
      const second = await page(`&continue=${token}`);
      expect([namesOf(second), bodyOf(second).metadata.resourceVersion]).toEqual([['c', 'd'], resourceVersion]);
      const third = await page(`&continue=${bodyOf(second).metadata.continue}`);
      expect([namesOf(third), bodyOf(third).metadata.continue]).toEqual([['e'], undefined]);
      expect(namesOf(await page('&resourceVersion=0'))).toEqual(['a', 'b', 'c', 'c1', 'e']);
      expect(outcome(await page('&continue=no-token'))).toBe('400 BadRequest');
    },
  },
  {
    name: 'refuses options that cannot be',
    async run(api, namespace) {
      const list = async (query: string) =>
        outcome(await api.admin.request('GET', `${configMaps(namespace)}?${query}`));
      expect(await list('resourceVersion=99999999')).toBe('504 Timeout');
      expect(await list('resourceVersion=abc')).toBe('400 BadRequest');
      expect(await list('limit=x')).toBe('400 BadRequest');
      expect(await list('labelSelector=a+b')).toBe('400 BadRequest');
      expect(await list('fieldSelector=data.x%3D1')).toBe('400 BadRequest');
      expect(await list('resourceVersionMatch=Exact')).toBe('422 Invalid');
      expect(await list('sendInitialEvents=true')).toBe('422 Invalid');
      expect(await list('watch=1&sendInitialEvents=true')).toBe('422 Invalid');
      expect(await list('watch=1&resourceVersionMatch=NotOlderThan')).toBe('422 Invalid');
    },
  },
];

export const watches: readonly ApiCase[] = [
  {
    name: 'watches from the version of a list on, in order',
    async run(api, namespace) {
      await fill(api, namespace, ['a']);
      const { metadata } = bodyOf(await api.admin.request('GET', configMaps(namespace)));
      await fill(api, namespace, ['b']);
      const watcher = await startWatch(
        api,
        'admin',
        `${configMaps(namespace)}?watch=1&resourceVersion=${metadata.resourceVersion}`,
      );
      await watcher.until(1);
      await api.admin.patch(`${configMaps(namespace)}/a`, { data: { k: 'v' } });
      await api.admin.request('DELETE', `${configMaps(namespace)}/b`);
      expect(await watcher.until(3)).toEqual(['ADDED b', 'MODIFIED a', 'DELETED b']);
      const versions = watcher.events.map(({ object }) => Number(object.metadata.resourceVersion));
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
      watcher.close();
    },
  },
  {
    name: 'watches from everything that is there, with or without a bookmark at its end',
    async run(api, namespace) {
      await fill(api, namespace, ['a', 'b']);
      const old = await startWatch(api, 'admin', `${configMaps(namespace)}?watch=1&resourceVersion=0`);
      expect(await old.until(2)).toEqual(['ADDED a', 'ADDED b']);
      const query = 'watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan';
      const streaming = await startWatch(api, 'admin', `${configMaps(namespace)}?${query}`);
      expect(await streaming.until(3)).toEqual(['ADDED a', 'ADDED b', 'BOOKMARK']);
      expect(streaming.events[2]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
      await fill(api, namespace, ['c']);
      expect((await old.until(3))[2]).toBe('ADDED c');
      expect((await streaming.until(4))[3]).toBe('ADDED c');
      for (const watcher of [old, streaming]) watcher.close();
    },
  },
  {
    name: 'shows an object that begins or ceases to match a selector as added or deleted',
    async run(api, namespace) {
      const path = `${configMaps(namespace)}?watch=1&labelSelector=on`;
      const watcher = await startWatch(api, 'admin', path);
      await fill(api, namespace, ['a']);
      const label = (value: string | null) =>
        api.admin.patch(`${configMaps(namespace)}/a`, { metadata: { labels: { on: value } } });
      await label('y');
      await label('z');
      await label(null);
      expect(await watcher.until(3)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
      watcher.close();
    },
  },
  {
    name: 'ends a watch when the client said so',
    async run(api, namespace) {
      const startedAtMs = Date.now();
      const watcher = await startWatch(api, 'admin', `${configMaps(namespace)}?watch=1&timeoutSeconds=1`);
      await expect.poll(() => watcher.isOver, { timeout: 5_000 }).toBe(true);
      expect([watcher.status, watcher.events]).toEqual([200, []]);
      expect(Date.now() - startedAtMs).toBeGreaterThan(900);
    },
  },
];

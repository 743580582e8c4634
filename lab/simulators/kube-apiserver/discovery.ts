// The version, and the lists of groups and resources by which kubectl finds its way, made from the table of kinds. They tell what is there, and
// look at no object.
import type { ServerResponse } from 'node:http';
import { kinds } from './kinds/table.ts';
import { sendJson } from './response.ts';

/** What this server is like in what it does; `gitVersion` says that it is none. */
const version = { major: '1', minor: '36', gitVersion: 'v1.36.0-lifeboat-lab', platform: `${process.platform}/node` };

const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
const readVerbs = ['get', 'list', 'watch'];

/** False when the path is none of these. */
export function answerDiscovery(path: string, response: ServerResponse): boolean {
  const body = documentAt(path.replace(/\/$/, ''));
  if (body === undefined) return false;
  sendJson(response, 200, body);
  return true;
}

function documentAt(path: string): object | undefined {
  const groups = [...new Set(kinds.map(({ group }) => group))].filter((group) => group !== '');
  if (path === '/version') return version;
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (path === '/api/v1') return resourcesOf('');
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupDocument) };
  const [, root, name = '', groupVersion, more] = path.split('/');
  if (root !== 'apis' || !groups.includes(name) || more !== undefined) return undefined;
  if (groupVersion === undefined) return { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(name) };
  return groupVersion === 'v1' ? resourcesOf(name) : undefined;
}

function groupDocument(name: string) {
  const only = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [only], preferredVersion: only };
}

function resourcesOf(group: string): object {
  const own = kinds.filter((kind) => kind.group === group);
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? 'v1' : `${group}/v1`,
    resources: own.map(({ plural, kind, namespaced, shortNames, readOnly }) => ({
      name: plural,
      singularName: kind.toLowerCase(),
      namespaced,
      kind,
      verbs: readOnly ? readVerbs : verbs,
      ...(shortNames.length === 0 ? {} : { shortNames }),
    })),
  };
}

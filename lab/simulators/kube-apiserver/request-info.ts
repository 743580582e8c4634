// What a request is about, from its method and URL alone: a resource or a plain path. It looks nothing up.
// The rules: k8s.io/apiserver pkg/endpoints/request/requestinfo.go.
import { selectedName } from './selectors.ts';

export interface ResourceRequest {
  readonly kind: 'resource';
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  /** '' for a resource of the cluster, or all namespaces. A namespace itself is in the namespace of its name. */
  readonly namespace: string;
  readonly plural: string;
  readonly subresource: string;
  /** '' for a collection. */
  readonly name: string;
  readonly query: URLSearchParams;
}

export interface PathRequest {
  readonly kind: 'path';
  /** The method in lower case. */
  readonly verb: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

export type RequestInfo = ResourceRequest | PathRequest;

/** undefined when the URL cannot be read. */
export function requestInfoOf(method: string, url: string): RequestInfo | undefined {
  const parsed = URL.parse(url, 'https://api.invalid');
  if (parsed === null) return undefined;
  const { pathname: path, searchParams: query } = parsed;
  const words = decodedWords(path);
  if (words === undefined) return undefined;
  const [root, ...rest] = words;
  const groupWords = root === 'api' ? 1 : root === 'apis' ? 2 : 0;
  const [group = '', version = ''] = root === 'api' ? ['', rest[0]] : rest;
  const parts = rest.slice(groupWords);
  if (groupWords === 0 || parts.length === 0) return { kind: 'path', verb: method.toLowerCase(), path, query };
  const place = placeOf(parts);
  return { kind: 'resource', group, version, ...place, ...verbAndName(method, place.name, query), query };
}

function decodedWords(path: string): readonly string[] | undefined {
  try {
    return path
      .replace(/^\/|\/$/g, '')
      .split('/')
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

const namespaceSubresources: readonly string[] = ['status', 'finalize'];

/** `namespaces/NAME`, `namespaces/NAME/PLURAL/…` or `PLURAL/…`. */
function placeOf(parts: readonly string[]): Pick<ResourceRequest, 'namespace' | 'plural' | 'name' | 'subresource'> {
  const [first = '', second = '', third = ''] = parts;
  const isBelowNamespace = first === 'namespaces' && parts.length > 2 && !namespaceSubresources.includes(third);
  const [plural = '', name = '', ...subresource] = isBelowNamespace ? parts.slice(2) : parts;
  return { namespace: first === 'namespaces' ? second : '', plural, name, subresource: subresource.join('/') };
}

function verbAndName(method: string, name: string, query: URLSearchParams): Pick<ResourceRequest, 'verb' | 'name'> {
  const isCollection = name === '';
  switch (method) {
    case 'GET': {
      if (!isCollection) return { verb: 'get', name };
      const isWatch = ['1', 'true'].includes(query.get('watch') ?? '');
      return { verb: isWatch ? 'watch' : 'list', name: selectedName(query.get('fieldSelector') ?? '') };
    }
    case 'POST':
      return { verb: 'create', name };
    case 'PUT':
      return { verb: 'update', name };
    case 'PATCH':
      return { verb: 'patch', name };
    case 'DELETE':
      return { verb: isCollection ? 'deletecollection' : 'delete', name };
    default:
      return { verb: method.toLowerCase(), name };
  }
}

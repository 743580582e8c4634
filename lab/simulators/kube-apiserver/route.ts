// From a request that was let in to the handler that answers it, or to the error that says why there is none.
import type { ServerResponse } from 'node:http';
import type { Call } from './call.ts';
import type { Kind } from './kinds/kind.ts';
import { findKind, kinds } from './kinds/table.ts';
import { getOne, list } from './read.ts';
import type { ResourceRequest } from './request-info.ts';
import { sendText } from './response.ts';
import { methodNotAllowed, noSuchResource, notAcceptable } from './status.ts';
import { watch } from './watch.ts';
import { create, patch, remove, replace } from './write.ts';

type Handler = (call: Call) => void | Promise<void>;

const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['get', getOne],
  ['list', list],
  ['watch', watch],
  ['create', create],
  ['update', replace],
  ['patch', patch],
  ['delete', remove],
]);

export const readVerbs: readonly string[] = ['get', 'list', 'watch'];
/** These are about a collection, the others about one object. */
const collectionVerbs: readonly string[] = ['list', 'watch', 'create'];

/** Answers, and resolves when the answer is out or its client gone. */
export async function route(info: ResourceRequest, call: Omit<Call, 'kind' | 'info' | 'namespace'>): Promise<void> {
  const { group, version, plural, namespace, verb } = info;
  if (version !== 'v1' || !kinds.some((kind) => kind.group === group)) return sendPageNotFound(call.response);
  const kind = findKind(group, plural);
  if (kind === undefined || !isPlace(kind, info)) throw noSuchResource();
  if (verb === 'deletecollection') throw methodNotAllowed('collections cannot be deleted on this server');
  const handler = handlers.get(verb);
  if (handler === undefined || (info.name !== '' && verb === 'create')) throw methodNotAllowed();
  if (kind.readOnly && !readVerbs.includes(verb)) throw methodNotAllowed(`${plural} cannot be written on this server`);
  if (info.name === '' && !collectionVerbs.includes(verb)) throw methodNotAllowed();
  checkAccept(call.request.headers.accept);
  await handler({ ...call, kind, info, namespace: kind.namespaced ? namespace : '' });
}

export function sendPageNotFound(response: ServerResponse): void {
  sendText(response, 404, '404 page not found\n', 'text/plain; charset=utf-8');
}

function isPlace(kind: Kind, { namespace, subresource, verb, plural }: ResourceRequest): boolean {
  if (subresource !== '') return false;
  if (kind.namespaced) return namespace !== '' || ['list', 'watch'].includes(verb);
  return namespace === '' || plural === 'namespaces';
}

/** Only JSON is spoken. CoreDNS and kubectl ask for another form first, but take JSON as well. */
function checkAccept(accept = '*/*'): void {
  const types = accept.split(',').map((each) => each.trim());
  const takesJson = types.some((type) => /^(application\/json|application\/\*|\*\/\*) *(;(?!.*\bas=).*)?$/i.test(type));
  if (!takesJson) throw notAcceptable();
}

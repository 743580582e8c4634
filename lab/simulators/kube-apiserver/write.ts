// POST, PUT, PATCH and DELETE: from a request to a change and its answer. The rules of the change itself are in change.ts.
import { z } from 'zod';
import { parseObject, readBody, shaped } from './body.ts';
import type { Call } from './call.ts';
import { createObject, deleteObject, present, updateObject } from './change.ts';
import { collectionOf } from './kinds/kind.ts';
import { mergePatch } from './merge-patch.ts';
import type { KubeObject, Stored } from './objects.ts';
import { sendJson } from './response.ts';
import { badRequest, notFound } from './status.ts';

const json = 'application/json';
const mergePatchJson = 'application/merge-patch+json';

export async function create(call: Call): Promise<void> {
  refuseDryRun(call.info.query.get('dryRun'));
  const draft = parseObject(await readBody(call.request, json, call.signal), call.kind);
  const stored = createObject(call.parts, call, draft);
  sendJson(call.response, 201, present(call.kind, stored));
}

export async function replace(call: Call): Promise<void> {
  refuseDryRun(call.info.query.get('dryRun'));
  const draft = parseObject(await readBody(call.request, json, call.signal), call.kind);
  const stored = updateObject(call.parts, call, find(call), draft);
  sendJson(call.response, 200, present(call.kind, stored));
}

export async function patch(call: Call): Promise<void> {
  refuseDryRun(call.info.query.get('dryRun'));
  const change = parsePatch(await readBody(call.request, mergePatchJson, call.signal));
  const before = find(call);
  // Nothing is awaited from here on: no other write comes between.
  const stored = updateObject(call.parts, call, before, patched(call, before, change));
  sendJson(call.response, 200, present(call.kind, stored));
}

export async function remove(call: Call): Promise<void> {
  refuseDryRun(call.info.query.get('dryRun'));
  const options = parseDeleteOptions(await readBody(call.request, json, call.signal));
  refuseDryRun(options.dryRun?.join() ?? null);
  const { kind, info, parts, response } = call;
  const stored = deleteObject(parts, call, find(call), options.preconditions ?? {});
  const object = present(kind, stored);
  if (kind.deleteAnswers === 'object') return sendJson(response, 200, object);
  const { group, plural } = kind;
  const details = { name: info.name, ...(group === '' ? {} : { group }), kind: plural, uid: object.metadata.uid };
  sendJson(response, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
}

function find({ parts, kind, namespace, info }: Call): Stored {
  const stored = parts.store.get(collectionOf(kind), namespace, info.name);
  if (stored === undefined) throw notFound(kind, info.name);
  return stored;
}

function refuseDryRun(value: string | null): void {
  if (value !== null && value !== '') throw badRequest('dryRun: not supported by this server');
}

function parsePatch(text: string): object {
  const value = parseJson(text, 'error decoding patch');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest('error decoding patch: expected a JSON object');
  }
  return value;
}

function patched({ kind }: Call, before: Stored, change: object): KubeObject {
  try {
    return shaped(mergePatch(present(kind, before), change), kind);
  } catch (error) {
    throw error instanceof RangeError ? badRequest(`error decoding patch: ${error.message}`) : error;
  }
}

const deleteOptionsShape = z.looseObject({
  dryRun: z.array(z.string()).optional(),
  preconditions: z.looseObject({ uid: z.string().optional(), resourceVersion: z.string().optional() }).optional(),
});

/** DELETE needs no body. Propagation policies mean nothing where no garbage collector runs. */
function parseDeleteOptions(text: string): z.infer<typeof deleteOptionsShape> {
  if (text.trim() === '') return {};
  const parsed = deleteOptionsShape.safeParse(parseJson(text, 'error decoding DeleteOptions'));
  if (parsed.success) return parsed.data;
  throw badRequest(`error decoding DeleteOptions: ${z.prettifyError(parsed.error)}`);
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`${what}: ${(error as Error).message}`);
  }
}

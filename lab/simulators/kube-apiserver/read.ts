// GET of one object and LIST of many. Every answer is made anew from the stored bytes: a list decodes, filters and encodes each object again
// for each caller, in slices of time, which is what makes many large lists at once so heavy. It changes nothing.
import type { Call } from './call.ts';
import { apiVersionOf, collectionOf } from './kinds/kind.ts';
import { type ListOptions, parseListOptions } from './list-options.ts';
import { decode, type Stored } from './objects.ts';
import type { Page } from './pages.ts';
import { type LongBody, sendJson, startLongBody } from './response.ts';
import { expired, notFound, tooLargeVersion } from './status.ts';

export function getOne({ parts, kind, info, namespace, response }: Call): void {
  const stored = parts.store.get(collectionOf(kind), namespace, info.name);
  if (stored === undefined) throw notFound(kind, info.name);
  sendJson(response, 200, { kind: kind.kind, apiVersion: apiVersionOf(kind), ...decode(stored) });
}

export async function list(call: Call): Promise<void> {
  const { parts, kind, info } = call;
  const options = parseListOptions(info, kind);
  const page = options.continueToken === '' ? firstPage(call, options) : parts.pages.fetch(options.continueToken);
  const body = startLongBody(call.request, call.response);
  body.write(`{"kind":"${kind.kind}List","apiVersion":"${apiVersionOf(kind)}","items":[`);
  const seen = await writeItems(call, body, options, page.rest);
  if (call.signal.aborted) return;
  // Behind the items, as only now it is known whether something is left.
  body.write(`],"metadata":${JSON.stringify(metadataOf(call, options, page, seen))}}\n`);
  await body.end();
}

function firstPage({ parts: { store }, kind, namespace }: Call, { resourceVersion = 0, match }: ListOptions): Page {
  const { revision } = store;
  if (resourceVersion > revision) throw tooLargeVersion(resourceVersion, revision);
  if (match === 'Exact' && resourceVersion !== revision) throw expired(`too old resource version: ${resourceVersion}`);
  return { revision, rest: store.list(collectionOf(kind), namespace) };
}

/** How many of the stored objects have been looked at: all, or as many as it took to reach the limit. */
async function writeItems(
  { parts: { slices }, signal }: Call,
  body: LongBody,
  { matches, limit, resourceVersion }: ListOptions,
  stored: readonly Stored[],
): Promise<number> {
  // With version 0 the real server answers from its cache, which knows no limit.
  const most = limit === 0 || resourceVersion === 0 ? Number.POSITIVE_INFINITY : limit;
  let slice = await slices.turn();
  let written = 0;
  for (const [i, each] of stored.entries()) {
    if (written === most) return i;
    if (slice.isOver()) slice = await slices.turn();
    if (signal.aborted) return i;
    const object = decode(each);
    if (!matches(object)) continue;
    const slow = body.write(`${written === 0 ? '' : ','}${JSON.stringify(object)}`);
    written++;
    if (slow === undefined) continue;
    await slow;
    slice = await slices.turn();
  }
  return stored.length;
}

function metadataOf({ parts }: Call, { isUnselective }: ListOptions, { revision, rest }: Page, seen: number): object {
  const left = rest.slice(seen);
  if (left.length === 0) return { resourceVersion: String(revision) };
  const token = parts.pages.keep({ revision, rest: left });
  return {
    resourceVersion: String(revision),
    continue: token,
    // Unknown where a selector still has to choose among them.
    ...(isUnselective ? { remainingItemCount: left.length } : {}),
  };
}

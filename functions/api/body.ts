// Reads a request's body within a limit, as text or as JSON of a known shape. What is too large is given up while it comes in.
import type { z } from 'zod';
import { readBoundedText } from '../lib/bounded-text.ts';
import { problem, shown } from './problem.ts';
import type { ApiContext } from './routes.ts';

export type Read<T> =
  | { readonly status: 'ok'; readonly value: T }
  | { readonly status: 'problem'; readonly response: Response };

/** The body as text, exactly as it came: a signature may stand over it. */
export async function readText(c: ApiContext, maxBytes: number): Promise<Read<string>> {
  const encoding = c.req.header('Content-Encoding');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    return wrong('media-type', { detail: `a body in the coding "${shown(encoding)}" is not taken: send it plain` });
  const length = c.req.header('Content-Length');
  if (length !== undefined && !/^\d{1,15}$/.test(length))
    return wrong('malformed', { detail: 'Content-Length is no number', field: 'Content-Length', got: length });
  if (Number(length ?? 0) > maxBytes) return tooLarge(maxBytes);
  return decode(c.req.raw.body, maxBytes);
}

async function decode(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Read<string>> {
  try {
    const { text, isWhole } = await readBoundedText(body, maxBytes, 'as-it-came');
    return isWhole ? { status: 'ok', value: text } : tooLarge(maxBytes);
  } catch (error) {
    // Anything else is a connection that broke: nobody is there to be told.
    if (!(error instanceof TypeError)) throw error;
    return wrong('malformed', { detail: 'the body is not UTF-8' });
  }
}

export interface JsonLimits {
  readonly maxBytes: number;
  /** By field: what it takes, for the problem. */
  readonly takes: Readonly<Record<string, string>>;
}

/** The body as JSON of this shape, checked once. */
export async function readJson<Shape extends z.ZodType>(
  c: ApiContext,
  shape: Shape,
  { maxBytes, takes }: JsonLimits,
): Promise<Read<z.output<Shape>>> {
  if (mediaTypeOf(c) !== 'application/json')
    return wrong('media-type', { detail: 'send the body as JSON', field: 'Content-Type', want: 'application/json' });
  const text = await readText(c, maxBytes);
  return text.status === 'ok' ? checkJson(text.value, shape, takes) : text;
}

function checkJson<Shape extends z.ZodType>(
  text: string,
  shape: Shape,
  takes: Readonly<Record<string, string>>,
): Read<z.output<Shape>> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return wrong('malformed', { detail: 'the body is no JSON' });
  }
  const parsed = shape.safeParse(document);
  if (parsed.success) return { status: 'ok', value: parsed.data };
  const [issue] = parsed.error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const field = unknown ?? String(issue?.path[0] ?? '');
  const fields = Object.keys(takes).join(', ');
  if (field === '' || unknown !== undefined) {
    const detail = unknown === undefined ? 'the body is no JSON object' : `there is no field "${shown(unknown)}"`;
    return wrong('field', { detail, ...(field === '' ? {} : { field: shown(field) }), want: `the fields ${fields}` });
  }
  return wrong('field', { detail: `the field "${field}" is wrong`, field, want: takes[field] ?? 'nothing' });
}

/** Lower case, without parameters; empty when there is none. */
export function mediaTypeOf(c: ApiContext): string {
  return (c.req.header('Content-Type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function tooLarge(maxBytes: number): Read<never> {
  return wrong('too-large', { detail: `the body is larger than the limit of ${maxBytes} bytes` });
}

function wrong(...parts: Parameters<typeof problem>): Read<never> {
  return { status: 'problem', response: problem(...parts) };
}

// One request of the CLI to the Worker's API: within a deadline and a size, the token in its header and nowhere else, and every failure in
// words that say what to do. It knows no route.
import { readBoundedText } from '../../lib/bounded-text.ts';
import { clip } from '../../lib/clip.ts';
import { withDeadline } from '../../lib/deadline.ts';
import type { Clock, Fetch } from '../../lib/deps.ts';
import { type ErrorCode, LifeboatError } from '../../lib/errors.ts';
import { createRedactor } from '../../lib/redact.ts';

export interface RemoteDeps {
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Ends every request. */
  readonly signal: AbortSignal;
}

export interface RemoteRequest {
  readonly path: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Posted as JSON; without it the request is a GET. */
  readonly body?: object;
  readonly idempotencyKey?: string;
}

export type RemoteAnswer =
  | { readonly status: 'ok'; readonly text: string }
  /** 409: the machine says no. */
  | { readonly status: 'refused'; readonly reason: string };

export type Send = (request: RemoteRequest) => Promise<RemoteAnswer>;

/** What helps whenever the Worker does not. */
const alone = 'The same command without --remote acts by itself.';

const maxProblemBytes = 65_536;
const maxDetailCharacters = 1000;

/**
 * | answer                    | outcome                                                                |
 * |---------------------------|------------------------------------------------------------------------|
 * | 2xx                       | its text                                                               |
 * | 409                       | refused, with the reason                                               |
 * | 401, 403                  | `credential`: the token is unknown, or lacks a scope                   |
 * | 400, 422, 404 of Lifeboat | `usage`: what the API finds wrong                                      |
 * | 429                       | `limit`                                                                |
 * | 5xx, no answer            | `network` or `timeout`: another try can help                           |
 * | all else, redirects too   | `protocol`: that is not Lifeboat                                       |
 */
export function createSend(deps: RemoteDeps, origin: string, token: string): Send {
  const redact = createRedactor([token]);
  return async (request) => {
    const { path, timeoutMs, maxBytes, body, idempotencyKey } = request;
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json, application/problem+json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    };
    const init = body === undefined ? { method: 'GET' } : { method: 'POST', body: JSON.stringify(body) };
    const deadline = { what: `the Worker at ${origin}`, timeoutMs, signal: deps.signal };
    try {
      return await withDeadline(deps.clock, deadline, async (signal) => {
        const response = await deps.fetch(`${origin}${path}`, { ...init, headers, redirect: 'manual', signal });
        if (response.ok) return { status: 'ok', text: await readText(response, maxBytes, origin) } as const;
        const detail = redact(detailOf(await readText(response, maxProblemBytes, origin)));
        if (response.status === 409 && detail !== '') return { status: 'refused', reason: detail } as const;
        throw faultOf(origin, response.status, detail);
      });
    } catch (error) {
      throw error instanceof LifeboatError ? withAdvice(error) : unreachable(origin, error);
    }
  };
}

function faultOf(origin: string, status: number, detail: string): LifeboatError {
  const at = `the Worker at ${origin}`;
  const fault = (code: ErrorCode, words: string) => new LifeboatError(code, words);
  if (status === 401)
    return fault(
      'credential',
      `${at} does not know the token in LIFEBOAT_TOKEN: its hash must stand in api.tokens of the configuration that is deployed${because(detail)}`,
    );
  if (status === 403) return fault('credential', `${at} does not let this token do it${because(detail)}`);
  if (status === 429) return fault('limit', `${at} is asked too often${because(detail)}`);
  if (status >= 500) return fault('network', `${at} answers ${status}${because(detail)}. ${alone}`);
  // Only Lifeboat's own problems say what is wrong; a 404 of anything else means that it is not there.
  if ([400, 404, 409, 413, 415, 422].includes(status) && detail !== '') return fault('usage', `${at}: ${detail}`);
  return fault(
    'protocol',
    `what answers at ${origin} (${status}) is not Lifeboat: is it deployed there, and is the address right? ${alone}`,
  );
}

function because(detail: string): string {
  return detail === '' ? '' : ` (${detail})`;
}

function withAdvice(error: LifeboatError): LifeboatError {
  return error.code === 'timeout' ? new LifeboatError('timeout', `${error.message}. ${alone}`) : error;
}

/** Only the kind of fault: messages of the platform's fetch may hold headers. */
function unreachable(origin: string, error: unknown): LifeboatError {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  const kind = typeof code === 'string' ? ` (${code})` : '';
  return new LifeboatError(
    'network',
    `the Worker at ${origin} cannot be reached${kind}: is it deployed, and is the address right? ${alone}`,
  );
}

/** The detail of an RFC 9457 problem of Lifeboat's, on one line; empty for anything else. */
function detailOf(text: string): string {
  try {
    const { type, detail } = JSON.parse(text) as { readonly type?: unknown; readonly detail?: unknown };
    if (typeof type !== 'string' || !type.startsWith('urn:lifeboat:problem:') || typeof detail !== 'string') return '';
    return clip(detail.replace(/\p{Cc}+/gu, ' '), maxDetailCharacters);
  } catch {
    return '';
  }
}

async function readText(response: Response, maxBytes: number, origin: string): Promise<string> {
  const { text, isWhole } = await readBoundedText(response.body, maxBytes);
  if (isWhole) return text;
  throw new LifeboatError('limit', `the answer of the Worker at ${origin} is larger than ${maxBytes} bytes`);
}

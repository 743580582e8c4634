// PagerDuty's Events API v2 on loopback: checks every event as PagerDuty documents it, keeps alerts as PagerDuty does, and can be told to be
// overloaded, broken or silent. It shares no code with the channel that it receives from.
// https://developer.pagerduty.com/docs/events-api-v2-overview, https://developer.pagerduty.com/docs/send-alert-event
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { poll } from './poll.ts';

/** An event that was accepted. */
export interface ReceivedEvent {
  readonly receivedAtMs: number;
  readonly action: 'trigger' | 'acknowledge' | 'resolve';
  readonly dedupKey: string;
  /** Empty where an acknowledge or resolve brings no payload. */
  readonly summary: string;
  readonly severity: string;
  readonly source: string;
  readonly customDetails: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly href: string; readonly text?: string }[];
}

/** What PagerDuty makes of events with one key: one alert from its first trigger to its resolve. */
export interface ReceivedIncident {
  readonly dedupKey: string;
  readonly status: 'triggered' | 'acknowledged' | 'resolved';
  readonly openedAtMs: number;
  /** How often it was triggered: reminders come on top of the first. */
  readonly triggers: number;
  /** The newest. */
  readonly summary: string;
  readonly severity: string;
}

/** `accept` as documented; `busy` 429, with Retry-After where it is given; `broken` 500; `hang` no answer; `cut` ends the connection. */
export type Behaviour =
  | { readonly kind: 'accept' | 'broken' | 'hang' | 'cut' }
  | { readonly kind: 'busy'; readonly retryAfterSeconds?: number };

export interface PagerDutyReceiver {
  readonly url: string;
  /** The one integration key that it knows. */
  readonly routingKey: string;
  readonly events: readonly ReceivedEvent[];
  readonly incidents: readonly ReceivedIncident[];
  /** What was wrong with each request that was answered 4xx for itself. */
  readonly refusals: readonly (readonly string[])[];
  /** Requests that came, whatever became of them. */
  requests(): number;
  behave(behaviour: Behaviour): void;
  /** What is accepted from now on is kept at once and answered after so many milliseconds. */
  hold(ms: () => number): void;
  /** The first trigger under this key from the instant on; rejects with what came instead. */
  paged(dedupKey: string, options?: WaitOptions): Promise<ReceivedEvent>;
  /** The incident under this key, once it is resolved. */
  resolved(dedupKey: string, options?: Pick<WaitOptions, 'timeoutMs'>): Promise<ReceivedIncident>;
  close(): Promise<void>;
}

interface WaitOptions {
  readonly sinceMs?: number;
  readonly timeoutMs?: number;
}

type Json = Readonly<Record<string, unknown>>;

const path = '/v2/enqueue';
const maxBytes = 512 * 1024;
const routingKeyLength = 32;
const maxKeyCharacters = 255;
const maxSummaryCharacters = 1024;
const actions = ['trigger', 'acknowledge', 'resolve'];
const severities = ['critical', 'warning', 'error', 'info'];

export async function startPagerDutyReceiver(
  routingKey = 'R0UT1NGKEY0F0THE0STAND0IN0000042',
): Promise<PagerDutyReceiver> {
  const events: ReceivedEvent[] = [];
  const incidents: ReceivedIncident[] = [];
  const refusals: (readonly string[])[] = [];
  let requests = 0;
  let behaviour: Behaviour = { kind: 'accept' };
  let hold = () => 0;
  const server = createServer((request, response) => {
    requests++;
    void bodyOf(request).then((body) => {
      switch (behaviour.kind) {
        case 'accept':
          return judge(request, response, body);
        case 'busy':
          if (behaviour.retryAfterSeconds !== undefined)
            response.setHeader('retry-after', String(behaviour.retryAfterSeconds));
          return answer(response, 429, {
            status: 'throttle exceeded',
            message: 'Requests for this service are arriving too quickly.',
          });
        case 'broken':
          return answer(response, 500, { status: 'error', message: 'Internal Server Error' });
        case 'cut':
          return request.socket.destroy();
        case 'hang':
          return;
      }
    });
  });
  const judge = (request: IncomingMessage, response: ServerResponse, body: Buffer) => {
    const outside = problemOfRequest(request, body);
    if (outside !== undefined) {
      refusals.push([outside.message]);
      return answer(response, outside.code, { status: 'invalid event', message: outside.message, errors: [] });
    }
    const event = JSON.parse(body.toString('utf8')) as Json;
    const errors = problemsOfEvent(event, routingKey);
    if (errors.length > 0) {
      refusals.push(errors);
      return answer(response, 400, { status: 'invalid event', message: 'Event object is invalid', errors });
    }
    const received = readEvent(event, `generated-${requests}`);
    events.push(received);
    keep(incidents, received);
    const { dedupKey } = received;
    setTimeout(
      () => answer(response, 202, { status: 'success', message: 'Event processed', dedup_key: dedupKey }),
      hold(),
    );
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const instead = () => events.map(({ action, dedupKey }) => `${action} ${dedupKey}`).join(', ');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    routingKey,
    events,
    incidents,
    refusals,
    requests: () => requests,
    hold: (ms) => {
      hold = ms;
    },
    behave: (next) => {
      behaviour = next;
    },
    paged: (dedupKey, { sinceMs = 0, timeoutMs = 60_000 } = {}) => {
      const isIt = (event: ReceivedEvent) =>
        event.dedupKey === dedupKey && event.action === 'trigger' && event.receivedAtMs >= sinceMs;
      return poll(`page ${dedupKey}`, () => events.find(isIt), { timeoutMs, instead });
    },
    resolved: (dedupKey, { timeoutMs = 60_000 } = {}) => {
      const newest = () => incidents.findLast((incident) => incident.dedupKey === dedupKey);
      const look = () => (newest()?.status === 'resolved' ? newest() : undefined);
      return poll(`resolve of ${dedupKey}`, look, { timeoutMs, instead });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A trigger opens an alert or adds to the open one; a resolve closes it; an acknowledge or resolve without an open alert is dropped. */
function keep(incidents: ReceivedIncident[], event: ReceivedEvent): void {
  const { dedupKey, action, summary, severity, receivedAtMs } = event;
  const at = incidents.findLastIndex((one) => one.dedupKey === dedupKey && one.status !== 'resolved');
  const open = incidents[at];
  if (open === undefined) {
    if (action !== 'trigger') return;
    incidents.push({ dedupKey, status: 'triggered', openedAtMs: receivedAtMs, triggers: 1, summary, severity });
    return;
  }
  const changes: Partial<ReceivedIncident> =
    action === 'trigger'
      ? { triggers: open.triggers + 1, summary, severity }
      : { status: action === 'resolve' ? 'resolved' : 'acknowledged' };
  incidents[at] = { ...open, ...changes };
}

function problemOfRequest(
  request: IncomingMessage,
  body: Buffer,
): { readonly code: number; readonly message: string } | undefined {
  if (request.url !== path) return { code: 404, message: `no such path: ${request.url}` };
  if (request.method !== 'POST') return { code: 405, message: `method ${request.method} not allowed` };
  if (!/^application\/json(;|$)/.test(request.headers['content-type'] ?? ''))
    return { code: 400, message: 'Content-Type must be application/json' };
  if (body.length > maxBytes) return { code: 413, message: `${body.length} bytes, more than 512 KB` };
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body);
    // Half a surrogate pair, which many JSON parsers refuse.
    if (/\\ud[89a-f]../i.test(text)) return { code: 400, message: 'Parse error: invalid surrogate' };
    const parsed: unknown = JSON.parse(text);
    if (isObject(parsed)) return undefined;
  } catch {
    return { code: 400, message: 'Parse error' };
  }
  return { code: 400, message: 'Event is no object' };
}

function problemsOfEvent(event: Json, routingKey: string): readonly string[] {
  const { routing_key: key, event_action: action, dedup_key: dedupKey, links } = event;
  const problems: string[] = [];
  if (typeof key !== 'string' || key === '') problems.push("'routing_key' is missing or blank");
  else if (key.length !== routingKeyLength)
    problems.push(`Length of 'routing_key' is incorrect (should be ${routingKeyLength} characters)`);
  else if (key !== routingKey) problems.push('Invalid routing key');
  if (!isOneOf(actions, action)) problems.push(`'event_action' is invalid (must be one of ${actions.join(', ')})`);
  if (dedupKey === undefined ? action !== 'trigger' : typeof dedupKey !== 'string' || dedupKey === '')
    problems.push("'dedup_key' is missing or blank");
  if (typeof dedupKey === 'string' && [...dedupKey].length > maxKeyCharacters)
    problems.push(`'dedup_key' is too long (maximum ${maxKeyCharacters} characters)`);
  if (event.payload !== undefined || action === 'trigger') problems.push(...problemsOfPayload(event.payload));
  for (const name of ['client', 'client_url'])
    if (event[name] !== undefined && typeof event[name] !== 'string') problems.push(`'${name}' is no string`);
  const isLink = (link: unknown) =>
    isObject(link) && typeof link.href === 'string' && URL.canParse(link.href) && isTextOrAbsent(link.text);
  if (links !== undefined && !(Array.isArray(links) && links.every(isLink))) problems.push("'links' is invalid");
  return problems;
}

function problemsOfPayload(payload: unknown): readonly string[] {
  if (!isObject(payload)) return ["'payload' is missing or no object"];
  const { summary, source, severity, timestamp, custom_details: details } = payload;
  const problems: string[] = [];
  if (typeof summary !== 'string' || summary.trim() === '') problems.push("'payload.summary' is missing or blank");
  else if ([...summary].length > maxSummaryCharacters)
    problems.push(`'payload.summary' is too long (maximum ${maxSummaryCharacters} characters)`);
  if (typeof source !== 'string' || source.trim() === '') problems.push("'payload.source' is missing or blank");
  if (!isOneOf(severities, severity))
    problems.push(
      "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
    );
  if (timestamp !== undefined && !(typeof timestamp === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(timestamp)))
    problems.push("'payload.timestamp' is no ISO 8601 time");
  for (const name of ['component', 'group', 'class'])
    if (!isTextOrAbsent(payload[name])) problems.push(`'payload.${name}' is no string`);
  if (details !== undefined && !isObject(details)) problems.push("'payload.custom_details' is no object");
  return problems;
}

function readEvent(event: Json, generatedKey: string): ReceivedEvent {
  const payload = (event.payload ?? {}) as Json;
  const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
  return {
    receivedAtMs: Date.now(),
    action: event.event_action as ReceivedEvent['action'],
    dedupKey: textOf(event.dedup_key) || generatedKey,
    summary: textOf(payload.summary),
    severity: textOf(payload.severity),
    source: textOf(payload.source),
    customDetails: (payload.custom_details ?? {}) as ReceivedEvent['customDetails'],
    links: (event.links ?? []) as ReceivedEvent['links'],
  };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOneOf(allowed: readonly string[], value: unknown): boolean {
  return typeof value === 'string' && allowed.includes(value);
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function answer(response: ServerResponse, status: number, body: Json): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

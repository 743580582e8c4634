// The HTTPS server: every request is authenticated, waits for a seat, is authorised and then handled, in the order of the real one
// (k8s.io/apiserver pkg/server/config.go DefaultBuildHandlerChain). It knows no kind.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { authenticate, mastersGroup, readTokens, type Tokens, type User } from './authentication.ts';
import type { Parts } from './call.ts';
import { answerDiscovery } from './discovery.ts';
import type { Settings } from './flags.ts';
import { createFlowControl, type FlowControl } from './flow-control.ts';
import { createHealth, type Health } from './health.ts';
import { rbacGroup } from './kinds/rbac.ts';
import { createParts } from './parts.ts';
import { type Authorizer, createAuthorizer } from './rbac.ts';
import { type RequestInfo, requestInfoOf } from './request-info.ts';
import { sendError, sendText } from './response.ts';
import { readVerbs, route, sendPageNotFound } from './route.ts';
import {
  ApiError,
  badRequest,
  forbidden,
  forbiddenPath,
  internalError,
  methodNotAllowed,
  requestTimeout,
  unauthorized,
} from './status.ts';

export interface RunningServer {
  /** Closes every connection and the store. */
  close(): void;
}

interface Deps {
  readonly settings: Settings;
  readonly tokens: Tokens;
  readonly parts: Parts;
  readonly authorizer: Authorizer;
  readonly flowControl: FlowControl;
  readonly health: Health;
}

const maxConnections = 4_000;
const handshakeTimeoutMs = 10_000;
const headersTimeoutMs = 10_000;
/** Of a connection between two requests; Go's net/http as the real server sets it up. */
const idleTimeoutMs = 90_000;

/** Resolves when the port listens; rejects with what is wrong with a file, the folder or the port. */
export async function startServer(settings: Settings): Promise<RunningServer> {
  const tokens = readTokens(settings.tokenFile);
  const server = createHttpsServer(settings);
  server.listen(settings.port, settings.host);
  // Before the store is opened: a second server on the same port must not touch the first one's files.
  await once(server, 'listening');
  const parts = createParts(settings);
  const deps: Deps = {
    settings,
    tokens,
    parts,
    authorizer: createAuthorizer(parts.store),
    flowControl: createFlowControl(settings.flow),
    health: createHealth(parts.store),
  };
  server.on('request', (request, response) => handle(deps, request, response));
  return {
    close() {
      server.close();
      server.closeAllConnections();
      parts.store.close();
    },
  };
}

function createHttpsServer(settings: Settings): Server {
  const server = createServer({
    cert: readFileSync(settings.certificateFile),
    key: readFileSync(settings.keyFile),
    ca: readFileSync(settings.clientCaFile),
    // Asked for, not needed: a certificate that is not of the authority is a 401, not a broken handshake.
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: handshakeTimeoutMs,
    headersTimeout: headersTimeoutMs,
    // Later than the deadline that is told to the client.
    requestTimeout: settings.requestTimeoutMs + headersTimeoutMs,
    keepAliveTimeout: idleTimeoutMs,
  });
  server.maxConnections = maxConnections;
  return server;
}

/** Never throws or rejects: every failure is an answer, or the end of the connection. */
async function handle(deps: Deps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const ending = new AbortController();
  response.once('close', () => ending.abort());
  response.setHeader('audit-id', randomUUID());
  response.setHeader('cache-control', 'no-cache, private');
  const info = requestInfoOf(request.method ?? '', request.url ?? '');
  const { requestTimeoutMs } = deps.settings;
  // A watch has an end of its own.
  const deadline =
    info?.verb === 'watch'
      ? undefined
      : setTimeout(() => ending.abort(requestTimeout(requestTimeoutMs)), requestTimeoutMs);
  try {
    if (info === undefined) throw badRequest('the URL cannot be read');
    await serve(deps, request, response, info, ending.signal);
    ending.signal.throwIfAborted();
  } catch (error) {
    fail(response, error);
  } finally {
    clearTimeout(deadline);
  }
}

async function serve(
  deps: Deps,
  request: IncomingMessage,
  response: ServerResponse,
  info: RequestInfo,
  signal: AbortSignal,
): Promise<void> {
  const user = authenticate(request, deps.tokens);
  if (user === undefined) throw unauthorized();
  const flow = flowOf(user, info);
  response.setHeader('x-kubernetes-pf-flowschema-uid', flow.schemaUid);
  response.setHeader('x-kubernetes-pf-prioritylevel-uid', flow.levelUid);
  const admission = flow.isExempt ? exempt : await deps.flowControl.admit(user.name, signal);
  if (admission.status === 'abandoned') return;
  if (admission.status === 'rejected') return sendTooManyRequests(response);
  try {
    authorize(deps.authorizer, user, info);
    const call = { parts: deps.parts, request, response, signal, leaveSeat: admission.release };
    if (info.kind === 'resource') await route(info, call);
    else if (info.verb !== 'get') throw methodNotAllowed();
    else if (!deps.health.answer(info, response) && !answerDiscovery(info.path, response)) sendPageNotFound(response);
  } finally {
    admission.release();
  }
}

const exempt = { status: 'seated', release() {} } as const;

/** Made up, and fixed as the real ones are for the life of a cluster: nothing stores FlowSchemas here. */
const flows = {
  exempt: { schemaUid: 'a1d0c3f2-0001-4b6e-9a57-3c1f00000001', levelUid: 'b7e4d9a6-0001-4f2c-8d31-5e2a00000001' },
  probes: { schemaUid: 'a1d0c3f2-0002-4b6e-9a57-3c1f00000002', levelUid: 'b7e4d9a6-0001-4f2c-8d31-5e2a00000001' },
  everybody: { schemaUid: 'a1d0c3f2-0003-4b6e-9a57-3c1f00000003', levelUid: 'b7e4d9a6-0002-4f2c-8d31-5e2a00000002' },
} as const;

/** The FlowSchemas `exempt`, `probes` and `global-default` of k8s.io/apiserver pkg/apis/flowcontrol/bootstrap/default.go. */
function flowOf(user: User, info: RequestInfo) {
  if (user.groups.includes(mastersGroup)) return { ...flows.exempt, isExempt: true };
  const isProbe = info.kind === 'path' && ['/healthz', '/livez', '/readyz'].includes(info.path);
  return isProbe ? { ...flows.probes, isExempt: true } : { ...flows.everybody, isExempt: false };
}

function authorize(authorizer: Authorizer, user: User, info: RequestInfo): void {
  const who = `User "${user.name}" cannot ${info.verb}`;
  const isAllowed = authorizer.isAllowed(user, info);
  if (info.kind === 'path') {
    if (!isAllowed) throw forbiddenPath(`${who} path "${info.path}"`);
    return;
  }
  const { plural, subresource, group, namespace, name, verb } = info;
  const resource = subresource === '' ? plural : `${plural}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  if (!isAllowed) throw forbidden(info, name, `${who} resource "${resource}" in API group "${group}" ${where}`);
  // The real server compares what is granted with what the writer has.
  if (group === rbacGroup && !readVerbs.includes(verb) && !user.groups.includes(mastersGroup)) {
    throw forbidden(info, name, `on this server only the group ${mastersGroup} may grant rights`);
  }
}

/** Plain text: k8s.io/apiserver pkg/server/filters/priority-and-fairness.go tooManyRequests. */
function sendTooManyRequests(response: ServerResponse): void {
  response.setHeader('retry-after', '1');
  sendText(response, 429, 'Too many requests, please try again later.\n', 'text/plain; charset=utf-8');
}

function fail(response: ServerResponse, error: unknown): void {
  const known = error instanceof ApiError;
  const isGone = response.destroyed || response.writableEnded;
  if (!known && !isGone) console.error(error);
  if (isGone) return;
  if (!response.req.complete) response.shouldKeepAlive = false;
  // Half an answer cannot be taken back: its end must not look like one.
  if (response.headersSent) response.destroy();
  else sendError(response, known ? error : internalError('the request failed'));
}

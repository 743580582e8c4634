// How a route of the API is declared: who may call it stands in the declaration, and is asked before its handler runs.
import type { Context, Hono } from 'hono';
import type { Scope } from '../config/api.ts';
import type { ClusterControl } from '../tasks/control/control-port.ts';
import { refusalOf, unauthenticated } from './caller.ts';
import type { ApiDeps, ApiEnv } from './context.ts';
import { problem, shown } from './problem.ts';

export type ApiContext = Context<ApiEnv>;
export type Handler = (c: ApiContext) => Response | Promise<Response>;

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** As hono writes it: `/v1/clusters/:id`. */
  readonly path: string;
  /** What a caller needs; `open`: nothing, and it gives no state. */
  readonly scope: Scope | 'open';
  /** No session will do: for what machines send. */
  readonly bearerOnly?: boolean;
  readonly handle: Handler;
}

/** Registers the routes, and an answer for every other method on their paths. */
export function mountRoutes(app: Hono<ApiEnv>, routes: readonly Route[]): void {
  for (const route of routes) app.on(route.method, route.path, guarded(route));
  for (const [path, there] of Map.groupBy(routes, (route) => route.path)) app.all(path, otherMethod(there));
}

function guarded({ scope, method, bearerOnly = false, handle }: Route): Handler {
  if (scope === 'open') return handle;
  return (c) => refusalOf(c, { scope, changes: method !== 'GET', bearerOnly }) ?? handle(c);
}

function otherMethod(there: readonly Route[]): Handler {
  const allowed = there.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
  const isOpen = there.some(({ scope }) => scope === 'open');
  return (c) => {
    if (!isOpen && c.var.caller === undefined) return unauthenticated(c);
    const detail = `${shown(c.req.method)} is not among the methods here: ${allowed}`;
    return problem('method', { detail, headers: { Allow: allowed } });
  };
}

/** A handler for the cluster that the path names. */
export function atCluster(
  deps: ApiDeps,
  handle: (control: ClusterControl, c: ApiContext, id: string) => Promise<Response>,
): Handler {
  return (c) => {
    const id = c.req.param('id') ?? '';
    const control = deps.controls.get(id);
    return control === undefined ? unknownCluster(id) : handle(control, c, id);
  };
}

export function unknownCluster(id: string): Response {
  return problem('unknown-cluster', { detail: `the configuration has no cluster "${shown(id)}"` });
}

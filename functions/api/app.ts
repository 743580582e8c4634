// The API and the page as one hono application, for any runtime that speaks Request and Response. It wires resources; each has a file.
import { type Context, Hono } from 'hono';
import { messageOf } from '../lib/errors.ts';
import { createRedactor } from '../lib/redact.ts';
import { identify, unauthenticated } from './caller.ts';
import { clusterRoutes } from './clusters.ts';
import type { ApiDeps, ApiEnv } from './context.ts';
import { readCookie } from './cookie.ts';
import { eventRoutes } from './events.ts';
import { addSafeHeaders } from './headers.ts';
import { healthRoutes } from './health.ts';
import { metricsRoutes } from './metrics.ts';
import { orderRoutes } from './orders.ts';
import { dashboardRoutes } from './page/index.ts';
import { problem, problemOfError } from './problem.ts';
import { releaseRoutes } from './release-deletes.ts';
import { reportRoutes } from './reports.ts';
import { mountRoutes, type Route } from './routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { readCredentials } from './tokens.ts';

export function createApp(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  app.use(addSafeHeaders());
  app.use(identify(deps));
  mountRoutes(app, apiRoutes(deps));
  app.route('/', dashboardRoutes(deps));
  app.notFound((c) => {
    // Which paths there are below /v1 is not for everybody either.
    if (c.req.path.startsWith('/v1') && c.var.caller === undefined) return unauthenticated(c);
    return problem('no-such-path', { detail: 'no resource has this path' });
  });
  app.onError((error, c) => {
    const redact = createRedactor(shownSecrets(c));
    deps.onFault?.(redact(`${c.req.method} ${c.req.path}: ${messageOf(error)}`), error);
    return problemOfError(error, redact);
  });
  return app;
}

/** Every route but those of the page. */
export function apiRoutes(deps: ApiDeps): readonly Route[] {
  return [
    ...clusterRoutes(deps),
    ...eventRoutes(deps),
    ...orderRoutes(deps),
    ...releaseRoutes(deps),
    ...reportRoutes(deps),
    ...healthRoutes(deps),
    ...metricsRoutes(deps),
    ...sessionRoutes(deps),
  ];
}

/** What this request showed and no answer may repeat. */
function shownSecrets(c: Context<ApiEnv>): readonly string[] {
  const credentials = readCredentials(c.req.header('Authorization'));
  const cookie = readCookie(c.req.url, c.req.header('Cookie'));
  return [
    ...(credentials.status === 'bearer' ? [credentials.token] : []),
    ...(cookie === undefined ? [] : [cookie]),
    ...(c.var.caller?.csrf === undefined ? [] : [c.var.caller.csrf]),
  ];
}

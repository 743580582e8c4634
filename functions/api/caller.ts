// Who asks: by bearer token, or by the cookie of a session. An Authorization header stands alone: when it is no good, no cookie helps.
import type { Context, MiddlewareHandler } from 'hono';
import type { Scope } from '../config/api.ts';
import { equalInConstantTime } from '../lib/constant-time.ts';
import type { ApiDeps, ApiEnv, Caller } from './context.ts';
import { readCookie } from './cookie.ts';
import { problem } from './problem.ts';
import { findSession } from './sessions.ts';
import { findToken, readCredentials } from './tokens.ts';

/** Sets `caller` before any route runs. */
export function identify(deps: ApiDeps): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    c.set('caller', await callerOf(deps, c));
    await next();
  };
}

async function callerOf(deps: ApiDeps, c: Context<ApiEnv>): Promise<Caller | undefined> {
  const header = c.req.header('Authorization');
  if (header === undefined) {
    const id = readCookie(c.req.url, c.req.header('Cookie'));
    return id === undefined ? undefined : findSession(deps, id);
  }
  const credentials = readCredentials(header);
  if (credentials.status !== 'bearer') return undefined;
  const token = await findToken(deps.config.api.tokens, credentials.token);
  return token && { id: token.id, scopes: new Set(token.scopes) };
}

/** The answer for whoever did not show a known token or session. */
export function unauthenticated(c: Context<ApiEnv>): Response {
  const credentials = readCredentials(c.req.header('Authorization'));
  switch (credentials.status) {
    case 'none':
      return problem('unauthenticated', {
        detail: 'send "Authorization: Bearer <token>", with a token of the configuration\'s api.tokens',
        headers: { 'WWW-Authenticate': 'Bearer' },
      });
    case 'malformed':
      return problem('malformed-credentials', {
        detail: `the Authorization header cannot be read: ${credentials.reason}`,
        headers: { 'WWW-Authenticate': 'Bearer error="invalid_request"' },
      });
    case 'bearer':
      return problem('unauthenticated', {
        detail: "the token is none of those in the configuration's api.tokens",
        headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
      });
  }
}

export interface Demand {
  readonly scope: Scope;
  readonly changes: boolean;
  /** No session will do. */
  readonly bearerOnly: boolean;
}

/** Why this caller may not; undefined: it may. */
export function refusalOf(c: Context<ApiEnv>, { scope, changes, bearerOnly }: Demand): Response | undefined {
  const { caller } = c.var;
  if (caller === undefined) return unauthenticated(c);
  if (!caller.scopes.has(scope)) {
    return problem('scope', {
      detail: `the token "${caller.id}" lacks the scope "${scope}"`,
      headers: { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
    });
  }
  if (caller.csrf === undefined) return undefined;
  if (bearerOnly) return problem('bearer-only', { detail: 'send the token itself, as a bearer token' });
  if (changes && !equalInConstantTime(c.req.header('X-CSRF-Token') ?? '', caller.csrf)) {
    return problem('csrf', {
      detail: 'a session must send its CSRF token along',
      field: 'X-CSRF-Token',
      want: 'the CSRF token of the session',
    });
  }
  return undefined;
}

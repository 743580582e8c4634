// Signing in and out: a token is shown once and becomes a session's cookie. Only Lifeboat's own page may do that.
import { z } from 'zod';
import { mediaTypeOf, type Read, readJson, readText } from './body.ts';
import type { ApiDeps } from './context.ts';
import { readCookie, writeCookie } from './cookie.ts';
import { createLimiter } from './limiter.ts';
import { problem } from './problem.ts';
import type { ApiContext, Route } from './routes.ts';
import { isFromOurPage } from './same-origin.ts';
import { endSession, openSession, sessionMs } from './sessions.ts';
import { findToken } from './tokens.ts';

const maxBodyBytes = 4096;
const formType = 'application/x-www-form-urlencoded';
const failureLimits = { most: 10, windowMs: 60_000, maxKeys: 1000 };

const bodyShape = z.strictObject({ token: z.string() });

export function sessionRoutes(deps: ApiDeps): readonly Route[] {
  const limiter = createLimiter(failureLimits);

  async function signIn(c: ApiContext): Promise<Response> {
    const isForm = mediaTypeOf(c) === formType;
    if (!isFromOurPage(c, deps.config.api.url, 'session')) return crossSite();
    const now = deps.clock.now();
    const address = deps.addressOf?.(c.req.raw);
    const waitMs = address === undefined ? 0 : limiter.waitMs(address, now);
    if (waitMs > 0) return isForm ? backToPage('limited') : tooMany(waitMs);
    const shown = isForm ? await readForm(c) : await readJson(c, bodyShape, jsonLimits);
    if (shown.status === 'problem') return shown.response;
    const token = await findToken(deps.config.api.tokens, shown.value.token.trim());
    if (token === undefined) {
      if (address !== undefined) limiter.fail(address, now);
      return isForm ? backToPage('refused') : notAToken();
    }
    if (!token.scopes.includes('view')) return isForm ? backToPage('scope') : mayNotSee(token.id);
    await endShown(c);
    return done(isForm, writeCookie(c.req.url, await openSession(deps, token), sessionMs / 1000));
  }

  /** The session that the browser holds; a new one takes its place, so that none is left that nobody could end. */
  async function endShown(c: ApiContext): Promise<void> {
    const id = readCookie(c.req.url, c.req.header('Cookie'));
    if (id !== undefined) await endSession(deps, id);
  }

  async function signOut(c: ApiContext): Promise<Response> {
    if (!isFromOurPage(c, deps.config.api.url, 'session')) return crossSite();
    await endShown(c);
    return done(mediaTypeOf(c) === formType, writeCookie(c.req.url, '', 0));
  }

  return [
    { method: 'POST', path: '/session', scope: 'open', handle: signIn },
    { method: 'POST', path: '/session/end', scope: 'open', handle: signOut },
  ];
}

const jsonLimits = { maxBytes: maxBodyBytes, takes: { token: 'a token' } };

async function readForm(c: ApiContext): Promise<Read<{ readonly token: string }>> {
  const text = await readText(c, maxBodyBytes);
  if (text.status === 'problem') return text;
  const [token, ...others] = new URLSearchParams(text.value).getAll('token');
  if (token !== undefined && others.length === 0) return { status: 'ok', value: { token } };
  const response = problem('field', {
    detail: 'the form has no field "token", or several',
    field: 'token',
    want: 'a token',
  });
  return { status: 'problem', response };
}

function done(isForm: boolean, cookie: string): Response {
  const headers = { 'Set-Cookie': cookie };
  return isForm
    ? new Response(null, { status: 303, headers: { ...headers, Location: '/' } })
    : new Response(null, { status: 204, headers });
}

/** A person with a form is shown the page again, which says why in words. */
function backToPage(why: 'refused' | 'limited' | 'scope'): Response {
  return new Response(null, { status: 303, headers: { Location: `/?sign-in=${why}` } });
}

function crossSite(): Response {
  return problem('cross-site', {
    detail: "sessions are opened and ended by Lifeboat's own page only; scripts send the token as a bearer token",
  });
}

function notAToken(): Response {
  return problem('unauthenticated', {
    detail: "the token is none of those in the configuration's api.tokens",
    headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
  });
}

function mayNotSee(id: string): Response {
  return problem('scope', { detail: `the token "${id}" lacks the scope "view", which the page needs` });
}

function tooMany(waitMs: number): Response {
  const seconds = Math.ceil(waitMs / 1000);
  return problem('too-many-attempts', {
    detail: `more than ${failureLimits.most} wrong tokens from one address: wait ${seconds} s`,
    headers: { 'Retry-After': String(seconds) },
  });
}

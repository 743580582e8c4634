// Where a browser says a request comes from: the one check of it. A page can change neither header. It knows no session and no token.
import type { Context } from 'hono';
import type { ApiEnv } from './context.ts';

/**
 * `Sec-Fetch-Site` says how the sender's site is related to ours; `Origin` who the sender is, and is `null` in a form of a page with
 * `Referrer-Policy: no-referrer`.
 *
 * | request            | `Sec-Fetch-Site`                 | `Origin`                     | why                                                       |
 * |--------------------|----------------------------------|------------------------------|-----------------------------------------------------------|
 * | begins a session   | `same-origin`, where it is sent  | ours, where the other is not | who sends neither is no browser, and needs no session     |
 * | a form in a session | `same-origin`, where it is sent | ours, where it is sent       | who sends neither has to know the session's CSRF token    |
 */
export function isFromOurPage(
  { req }: Pick<Context<ApiEnv>, 'req'>,
  ownOrigin: string | undefined,
  what: 'session' | 'form',
): boolean {
  const site = req.header('Sec-Fetch-Site');
  const origin = req.header('Origin');
  const isOurs = origin === new URL(req.url).origin || (origin !== undefined && origin === ownOrigin);
  if (site !== undefined && site !== 'same-origin') return false;
  if (what === 'session') return site !== undefined || isOurs;
  return origin === undefined || isOurs;
}

// The frame of every page: head, header, main, footer, and the response with its security headers. It knows nothing of clusters.
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ApiEnv, Caller } from '../context.ts';
import { type Markup, markup, nothing } from './markup.ts';

export interface Page {
  readonly title: string;
  readonly main: Markup;
  readonly caller: Caller | undefined;
  readonly version: string;
  /** The page goes on by itself: `cluster` names the stream of events to listen to, when there is one. */
  readonly live?: { readonly cluster?: string };
  /** More than one cluster is watched: there is a list to go back to. */
  readonly back?: boolean;
}

/**
 * Nothing is allowed but the page's own files, and nothing inline. `same-origin` and not `no-referrer`: with the latter browsers send
 * `Origin: null` along with forms, and the origin could not be checked (Fetch, "append a request Origin header").
 */
const headers: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

type Ctx = Context<ApiEnv>;

export async function respond(c: Ctx, page: Page, status: ContentfulStatusCode = 200): Promise<Response> {
  return c.html((await pageOf(page)).toString(), status, headers);
}

/** The inside of main alone, for the page that goes on by itself. */
export async function respondPart(c: Ctx, main: Markup, status: ContentfulStatusCode = 200): Promise<Response> {
  return c.html((await main).toString(), status, headers);
}

const buoy = markup`<svg class="buoy" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false"><circle cx="12" cy="12" r="7.5" fill="none" stroke="currentColor" stroke-width="5"/><path d="m4.5 4.5 4 4m7 7 4 4m0-15-4 4m-7 7-4 4" stroke="var(--ground)" stroke-width="2.5"/></svg>`;

function pageOf({ title, main, caller, version, live, back }: Page): Markup {
  const attributes =
    live === undefined
      ? nothing
      : live.cluster === undefined
        ? markup` data-live`
        : markup` data-live data-cluster="${live.cluster}"`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/page.css">
<link rel="stylesheet" href="/panels.css">
<link rel="stylesheet" href="/forms.css">
${live === undefined ? nothing : markup`<script src="/page.js" defer></script>`}
</head>
<body>
<a class="skip" href="#main">Skip to the status</a>
<header class="top">
<a class="home" href="/">${buoy}<span>Lifeboat</span></a>
${back === true ? markup`<nav aria-label="Clusters"><a href="/">All clusters</a></nav>` : nothing}
${live === undefined ? nothing : liveState()}
${signOut(caller)}
</header>
<main id="main" tabindex="-1"${attributes}>
${main}
</main>
<footer>Lifeboat ${version}${caller === undefined ? nothing : markup`, signed in as ${caller.id}`}. All times are UTC.</footer>
</body>
</html>
`;
}

/** Without script the page says how old it is, and how to get a newer one. */
function liveState(): Markup {
  return markup`<p id="live" class="live" role="status"><span id="live-words">Not live without script.</span> <a href="" id="reload">Reload</a></p>`;
}

function signOut(caller: Caller | undefined): Markup {
  if (caller?.csrf === undefined) return nothing;
  return markup`<form method="post" action="/session/end" class="end"><input type="hidden" name="csrf" value="${caller.csrf}"><button class="quiet">Sign out</button></form>`;
}

// Is Lifeboat watching? For load balancers and other watchdogs, open to all: one word, no name, no state.
import type { ApiDeps } from './context.ts';
import type { Route } from './routes.ts';
import { type Seen, viewAll } from './views.ts';

/** Rounds that may be missed. */
const lateIntervals = 6;
/** Asking often costs the clusters' controls nothing. */
const cachedMs = 5000;

export function healthRoutes(deps: ApiDeps): readonly Route[] {
  // Finished answers only: a promise of one request must not be awaited by another on workerd.
  let known: { readonly at: number; readonly isWatching: boolean } | undefined;
  return [
    {
      method: 'GET',
      path: '/healthz',
      scope: 'open',
      handle: async (c) => {
        const now = deps.clock.now();
        if (known === undefined || Math.abs(now - known.at) >= cachedMs)
          known = { at: now, isWatching: (await viewAll(deps)).every(isWatching) };
        return known.isWatching ? c.json({ status: 'ok' }) : c.json({ status: 'not-watching' }, 503);
      },
    },
  ];
}

function isWatching({ view }: Seen): boolean {
  if (view === undefined || view.watch.lastRoundAt === null) return false;
  return view.at - view.watch.lastRoundAt <= lateIntervals * view.watch.intervalMs;
}

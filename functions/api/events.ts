// What happens at a cluster, as server-sent events. Nobody is served for ever on one showing of a token: a stream ends after a while, and
// whoever may still see comes back by itself.
import type { Clock } from '../lib/deps.ts';
import type { ApiDeps } from './context.ts';
import { atCluster, type Route } from './routes.ts';

/** Nothing is sent later than this after the token was shown. */
export const streamMs = 15 * 60_000;

export function eventRoutes(deps: ApiDeps): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/clusters/:id/events',
      scope: 'view',
      handle: atCluster(deps, async (control, c) => {
        // HEAD runs the handler of GET and drops the body unread: a stream would stay open for nobody.
        const body = c.req.method === 'HEAD' ? null : endingAfter(deps.clock, await control.events(), streamMs);
        return new Response(body, { headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' } });
      }),
    },
  ];
}

/** The same bytes, up to the first that come when the time is over. Cancelling reaches the source. */
function endingAfter(clock: Clock, source: ReadableStream<Uint8Array>, ms: number): ReadableStream<Uint8Array> {
  const startedAt = clock.now();
  const reader = source.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        // A clock that was set back does not prolong it.
        const isOver = Math.abs(clock.now() - startedAt) >= ms;
        if (!done && !isOver) return controller.enqueue(value);
        controller.close();
        if (!done) await reader.cancel();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

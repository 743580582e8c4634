// Reading clusters: the list, one of them whole, its observations, its snapshots.
import { clusterHeadline, clusterSummary } from '../tasks/cluster/summary.ts';
import type { ApiDeps } from './context.ts';
import { problem, shown } from './problem.ts';
import { atCluster, type Route } from './routes.ts';
import { viewAll } from './views.ts';

const numberPattern = /^[1-9]\d{0,11}$/;

export function clusterRoutes(deps: ApiDeps): readonly Route[] {
  const read = { method: 'GET', scope: 'view' } as const;
  return [
    {
      ...read,
      path: '/v1/clusters',
      handle: async (c) => {
        const seen = await viewAll(deps);
        return c.json({
          clusters: seen.map(({ id, view }) => (view === undefined ? { id, unreadable: true } : clusterHeadline(view))),
        });
      },
    },
    {
      ...read,
      path: '/v1/clusters/:id',
      handle: atCluster(deps, async (control, c) => c.json(clusterSummary(await control.view()))),
    },
    {
      ...read,
      path: '/v1/clusters/:id/observations',
      handle: atCluster(deps, async (control, c) => {
        const { at, record } = await control.view();
        return c.json({ at, observations: record.machine.observations });
      }),
    },
    {
      ...read,
      path: '/v1/clusters/:id/snapshots',
      handle: atCluster(deps, async (control, c) => c.json((await control.view()).snapshots)),
    },
    {
      ...read,
      path: '/v1/clusters/:id/snapshots/:number',
      handle: atCluster(deps, async (control, c) => {
        const text = c.req.param('number') ?? '';
        const document = numberPattern.test(text) ? await control.snapshot(Number(text)) : undefined;
        if (document === undefined)
          return problem('unknown-snapshot', { detail: `no snapshot "${shown(text)}" is kept`, want: 'a kept number' });
        return new Response(document, { headers: { 'Content-Type': 'application/json' } });
      }),
    },
  ];
}

// Placeholder until the API lands: answers healthz only.
import { Hono } from 'hono';
import type { ApiDeps, ApiEnv } from './context.ts';

export function createApp(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.get('/view/:id', async (c) => c.json(await deps.desks.get(c.req.param('id'))?.view()));
  app.post('/order/:id/:command', async (c) =>
    c.json(
      await deps.desks
        .get(c.req.param('id'))
        ?.order({ command: c.req.param('command') as 'hold', who: 'x', why: 'y', dryRun: c.req.query('dry') === '1' }),
    ),
  );
  app.get('/events/:id', async (c) => new Response(await deps.desks.get(c.req.param('id'))?.events()));
  return app;
}

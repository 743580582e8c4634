// The API says of a cluster what `lifeboat status --json` says. Apart from the other tests, because the CLI needs Node.
import { expect, it } from 'vitest';
import { createFakeCli } from '../../fakes/cli.ts';
import { createApiWorld } from './world.ts';

it('GET /v1/clusters/:id is `lifeboat status --json`, and how the watch is', async () => {
  const world = await createApiWorld();
  world.fake.weather = 'api-down';
  const status = await createFakeCli(world.fake).run('status', '--offline', '--json');
  const { markers: _, ...said } = status.json() as Record<string, unknown>;
  const body = (await (await world.ask('/v1/clusters/prod', { as: 'viewer' })).json()) as Record<string, unknown>;
  expect(body).toMatchObject(said);
  expect(Object.keys(body).sort()).toEqual([...Object.keys(said), 'at', 'snapshots', 'vantages', 'watch'].sort());
});

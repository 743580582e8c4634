// Reading: what the API says of clusters; headers and problems of every answer.
import { describe, expect, it } from 'vitest';
import { streamMs } from '../../../functions/api/events.ts';
import { safeHeaders } from '../../../functions/api/headers.ts';
import { LifeboatError } from '../../../functions/lib/errors.ts';
import { decodeSnapshot } from '../../../functions/snapshot/codec.ts';
import type { ClusterControl } from '../../../functions/tasks/control/control-port.ts';
import { type ApiWorld, createApiWorld, tokens } from './world.ts';

const control = (world: ApiWorld) => world.controls.get('prod') as ClusterControl;

describe('GET /v1/clusters', () => {
  it('lists each cluster in short', async () => {
    const world = await createApiWorld();
    const response = await world.ask('/v1/clusters', { as: 'viewer' });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      clusters: [
        {
          id: 'prod',
          phase: 'watching',
          worst: 'healthy',
          verdicts: { apiserver: 'healthy', 'dns 10.0.0.10:53': 'healthy' },
          incidents: 0,
          activation: null,
          snapshot: 1,
        },
      ],
    });
  });

  it('hides no cluster behind one that fails or hangs', async () => {
    const world = await createApiWorld();
    world.controls.set('broken', { ...control(world), view: () => Promise.reject(new Error('secret stack')) });
    const response = await world.ask('/v1/clusters', { as: 'viewer' });
    const text = await response.text();
    expect(JSON.parse(text).clusters).toMatchObject([{ id: 'prod' }, { id: 'broken', unreadable: true }]);
    expect(text).not.toContain('secret stack');
    expect(world.faults).toEqual([expect.stringContaining('view of cluster broken')]);
  });
});

describe('GET /v1/clusters/:id', () => {
  it('gives all of it, with the evidence and how the watch is', async () => {
    const world = await createApiWorld();
    const response = await world.ask('/v1/clusters/prod', { as: 'viewer' });
    expect(await response.json()).toMatchObject({
      cluster: 'prod',
      phase: 'watching',
      verdicts: { apiserver: { evidence: [expect.any(String)] } },
      transitions: [],
      outbox: { pending: [], dead: [] },
      snapshots: { numbers: [1] },
      watch: { intervalMs: 5000 },
      vantages: [{ id: 'edge' }, { id: 'rack', refused: 2 }],
    });
  });

  it.each(['/v1/clusters/nobody', '/v1/clusters/nobody/events', '/v1/clusters/nobody/snapshots/1'])(
    'has no %s',
    async (path) => {
      const response = await (await createApiWorld()).ask(path, { as: 'viewer' });
      expect([response.status, await response.json()]).toMatchObject([
        404,
        { type: 'urn:lifeboat:problem:unknown-cluster' },
      ]);
    },
  );

  it('gives the fresh observations', async () => {
    const response = await (await createApiWorld()).ask('/v1/clusters/prod/observations', { as: 'viewer' });
    expect(await response.json()).toMatchObject({
      observations: expect.arrayContaining([expect.objectContaining({ signal: 'dns.answer' })]),
    });
  });

  it('gives snapshots: the numbers, and a document that can be read back', async () => {
    const world = await createApiWorld();
    const list = await world.ask('/v1/clusters/prod/snapshots', { as: 'viewer' });
    expect(await list.json()).toMatchObject({ numbers: [1], latest: { number: 1, counts: { records: 2 } } });
    const document = await world.ask('/v1/clusters/prod/snapshots/1', { as: 'viewer' });
    expect(document.headers.get('Content-Type')).toBe('application/json');
    expect(await decodeSnapshot(await document.text())).toMatchObject({ number: 1, cluster: 'prod' });
  });

  it.each(['2', '0', '01', '-1', '1e0', '1.0', 'latest', '9'.repeat(400), '%31%00'])(
    'has no snapshot %s',
    async (number) => {
      const response = await (await createApiWorld()).ask(`/v1/clusters/prod/snapshots/${number}`, { as: 'viewer' });
      const text = await response.text();
      expect([response.status, JSON.parse(text).type]).toEqual([404, 'urn:lifeboat:problem:unknown-snapshot']);
      expect(text.length).toBeLessThan(400);
    },
  );
});

describe('GET /v1/clusters/:id/events', () => {
  const path = '/v1/clusters/prod/events';

  /** A control port whose events a test sends by hand. */
  async function withEvents() {
    const world = await createApiWorld();
    const seen = { opened: 0, cancelled: 0, send: (_text: string) => {} };
    world.controls.set('prod', {
      ...control(world),
      events: async () => {
        seen.opened++;
        return new ReadableStream<Uint8Array>({
          start(controller) {
            seen.send = (text) => controller.enqueue(new TextEncoder().encode(text));
          },
          cancel() {
            seen.cancelled++;
          },
        });
      },
    });
    return { world, seen };
  }

  it('streams what the control port sends', async () => {
    const response = await (await createApiWorld()).ask(path, { as: 'viewer' });
    expect(response.headers.get('Content-Type')).toBe('text/event-stream');
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(await response.text()).toContain('event: view');
  });

  it('opens nothing for HEAD, and closes when the client goes', async () => {
    const { world, seen } = await withEvents();
    expect((await world.ask(path, { as: 'viewer', method: 'HEAD' })).status).toBe(200);
    expect(seen.opened).toBe(0);
    const response = await world.ask(path, { as: 'viewer' });
    await response.body?.cancel();
    expect(seen).toMatchObject({ opened: 1, cancelled: 1 });
  });

  it('sends nothing later than 15 minutes after the token was shown', async () => {
    const { world, seen } = await withEvents();
    const reader = (await world.ask(path, { as: 'viewer' })).body?.getReader();
    seen.send('first');
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('first');
    world.pass(streamMs);
    seen.send('late');
    expect(await reader?.read()).toMatchObject({ done: true });
    expect(seen.cancelled).toBe(1);
  });
});

describe('every answer', () => {
  it.each([
    ['/v1/clusters', 'viewer'],
    ['/v1/clusters', undefined],
    ['/v1/clusters/prod/events', 'viewer'],
    ['/nothing', 'viewer'],
    ['/healthz', undefined],
    ['/metrics', 'viewer'],
  ] as const)('%s carries the safe headers', async (path, as) => {
    const { headers } = await (await createApiWorld()).ask(path, as === undefined ? {} : { as });
    for (const [name, value] of Object.entries(safeHeaders)) expect([name, headers.get(name)]).toEqual([name, value]);
  });

  it.each([
    ['DELETE', '/v1/clusters', 'GET, HEAD'],
    ['POST', '/v1/clusters/prod', 'GET, HEAD'],
    ['OPTIONS', '/metrics', 'GET, HEAD'],
    ['GET', '/v1/clusters/prod/hold', 'POST'],
    ['PATCH', '/v1/snapshots/3', 'PUT'],
    ['DELETE', '/session', 'POST'],
  ])('%s %s is 405 with Allow', async (method, path, allow) => {
    const response = await (await createApiWorld()).ask(path, { method, as: 'viewer' });
    expect([response.status, response.headers.get('Allow')]).toEqual([405, allow]);
  });

  it('is 404 as a problem where nothing is', async () => {
    const response = await (await createApiWorld()).ask('/v1/clusters/', { as: 'viewer' });
    expect(response.headers.get('Content-Type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ type: 'urn:lifeboat:problem:no-such-path', status: 404 });
  });
});

describe('a fault', () => {
  const faulty = async (error: unknown) => {
    const world = await createApiWorld();
    world.controls.set('prod', { ...control(world), view: () => Promise.reject(error) });
    const response = await world.ask('/v1/clusters/prod', { as: 'viewer' });
    return { world, response, text: await response.text() };
  };

  it.each([
    ['store', 503],
    ['limit', 503],
    ['timeout', 504],
    ['network', 502],
    ['tls', 502],
    ['protocol', 502],
    ['credential', 502],
    ['conflict', 409],
    ['refused', 409],
    ['input', 400],
    ['usage', 400],
  ] as const)('%s is told with status %i', async (code, status) => {
    const { response, text } = await faulty(new LifeboatError(code, 'the disk is full'));
    expect(response.status).toBe(status);
    expect(JSON.parse(text)).toMatchObject({ status, detail: 'the disk is full' });
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
  });

  it.each([
    ['of another make', new Error('at internal/secret.js')],
    ['of a broken invariant', new LifeboatError('internal', 'at internal/secret.js')],
    ['of the configuration', new LifeboatError('config', 'at internal/secret.js')],
  ])('%s is told without its message, and logged with it', async (_, error) => {
    const { world, response, text } = await faulty(error);
    expect(response.status).toBe(500);
    expect(text).not.toContain('secret.js');
    expect(world.faults).toEqual(['GET /v1/clusters/prod: at internal/secret.js']);
  });

  it('never repeats what the request showed', async () => {
    const { text, world } = await faulty(new LifeboatError('store', `cannot read for ${tokens.viewer}`));
    expect(text).toContain('cannot read for [redacted]');
    expect(world.faults.join()).not.toContain(tokens.viewer);
  });
});

// What vantages send: passed on as it came, without what is secret; limits; each refusal with its status.
import { describe, expect, it } from 'vitest';
import { maxObservationBytes, maxSnapshotBytes } from '../../../functions/api/reports.ts';
import type { ReportRefusal } from '../../../functions/tasks/control/control-port.ts';
import { type Asked, createApiWorld } from './world.ts';

const send = (init: Asked = {}): Asked => {
  return {
    method: 'POST',
    as: 'rack',
    body: '{"a":1}',
    ...init,
    headers: { 'Lifeboat-Cluster': 'prod', ...init.headers },
  };
};

/** A body in parts of 64 KiB, of which nobody says how long it is. */
function streamOf(
  bytes: number,
  byte = 0x61,
): { readonly body: ReadableStream<Uint8Array>; readonly read: () => number } {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const size = Math.min(65_536, bytes - sent);
      if (size === 0) return controller.close();
      sent += size;
      controller.enqueue(new Uint8Array(size).fill(byte));
    },
  });
  return { body, read: () => sent };
}

describe('a report', () => {
  it('goes to the control port as it came, but for the token', async () => {
    const world = await createApiWorld();
    const until = 1_700_000_100_000;
    world.reportAnswer = {
      status: 'taken',
      wants: [{ kind: 'capture', number: 7, source: 'axfr', from: ['10.0.0.10:53'], until }],
    };
    const body = '\ufeff{"é": "🛟"}\r\n';
    const headers = { 'Signature-Input': 'lifeboat=("@method")', Signature: 'lifeboat=:YQ==:', Cookie: 'a=b' };
    const response = await world.ask('/v1/observations?x=%20', send({ body, headers }));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      wants: [{ kind: 'capture', number: 7, source: 'axfr', from: ['10.0.0.10:53'], until }],
    });
    expect(world.reports).toEqual([
      {
        method: 'POST',
        path: '/v1/observations?x=%20',
        headers: expect.objectContaining({
          'lifeboat-cluster': 'prod',
          'signature-input': 'lifeboat=("@method")',
          signature: 'lifeboat=:YQ==:',
        }),
        body,
      },
    ]);
    expect(world.reports[0]?.headers).not.toHaveProperty('authorization');
    expect(world.reports[0]?.headers).not.toHaveProperty('cookie');
  });

  it('may be a snapshot', async () => {
    const world = await createApiWorld();
    const response = await world.ask('/v1/snapshots/7', send({ method: 'PUT' }));
    expect([response.status, world.reports]).toMatchObject([200, [{ method: 'PUT', path: '/v1/snapshots/7' }]]);
  });

  it.each<[ReportRefusal, number]>([
    ['malformed', 400],
    ['unknown-vantage', 403],
    ['bad-signature', 401],
    ['clock-skew', 401],
    ['replayed', 409],
    ['flooding', 429],
    ['unwanted', 409],
    ['conflict', 409],
  ])('that is refused as %s is answered %i', async (refusal, status) => {
    const world = await createApiWorld();
    world.reportAnswer = { status: 'refused', refusal, reason: 'in words' };
    const response = await world.ask('/v1/observations', send());
    expect([response.status, await response.json()]).toMatchObject([
      status,
      { type: `urn:lifeboat:problem:report-${refusal}`, detail: 'in words' },
    ]);
    expect(response.headers.has('Retry-After')).toBe(refusal === 'flooding');
    expect(response.headers.has('WWW-Authenticate')).toBe(status === 401);
  });

  it.each<[string, Asked, number]>([
    ['that names no cluster', { headers: { 'Lifeboat-Cluster': '' } }, 404],
    ['that names another cluster', { headers: { 'Lifeboat-Cluster': 'nobody' } }, 404],
    ['that names two clusters', { headers: { 'Lifeboat-Cluster': 'prod, prod' } }, 404],
    ['that is no UTF-8', { body: Uint8Array.of(0xc3) }, 400],
    ['with a large header', { headers: { 'X-Large': 'x'.repeat(40_000) } }, 400],
    ['that is packed', { headers: { 'Content-Encoding': 'br' } }, 415],
    ['of a viewer', { as: 'viewer' }, 403],
    ['of an operator', { as: 'oncall' }, 403],
  ])('%s does not reach the control port', async (_, init, status) => {
    const world = await createApiWorld();
    const response = await world.ask('/v1/observations', send(init));
    expect([response.status, world.reports]).toEqual([status, []]);
  });

  it.each(['0', '01', '-1', 'x', '1.5', '9'.repeat(20)])(
    'of snapshot %s does not reach the control port',
    async (number) => {
      const world = await createApiWorld();
      const response = await world.ask(`/v1/snapshots/${number}`, send({ method: 'PUT' }));
      expect([response.status, world.reports]).toEqual([400, []]);
    },
  );

  it('without a cluster says which header it lacks', async () => {
    const response = await (await createApiWorld()).ask('/v1/observations', { method: 'POST', as: 'rack', body: '{}' });
    expect([response.status, await response.json()]).toMatchObject([400, { field: 'Lifeboat-Cluster' }]);
  });

  it('is for tokens: no session will do', async () => {
    const world = await createApiWorld();
    const { cookie, csrf } = await world.signIn('viewer');
    const headers = { 'Lifeboat-Cluster': 'prod', cookie, 'X-CSRF-Token': csrf };
    const response = await world.ask('/v1/observations', { method: 'POST', body: '{}', headers });
    expect([response.status, world.reports]).toEqual([403, []]);
  });
});

describe('the limit', () => {
  it.each([
    ['POST', '/v1/observations', maxObservationBytes],
    ['PUT', '/v1/snapshots/1', maxSnapshotBytes],
  ])('of %s %s is %i bytes, counted as they come', async (method, path, limit) => {
    const world = await createApiWorld();
    const over = streamOf(limit * 2);
    const response = await world.ask(path, send({ method, body: over.body }));
    expect([response.status, await response.json()]).toMatchObject([
      413,
      { detail: expect.stringContaining(String(limit)) },
    ]);
    expect(over.read()).toBeLessThan(limit + 3 * 65_536);
    const most = await world.ask(path, send({ method, body: streamOf(limit).body }));
    expect([most.status, world.reports[0]?.body.length]).toEqual([200, limit]);
  });

  it('of an observation holds for what is said to come, before any of it is read', async () => {
    const world = await createApiWorld();
    const body = streamOf(10);
    const headers = { 'Content-Length': String(maxObservationBytes + 1) };
    const response = await world.ask('/v1/observations', send({ body: body.body, headers }));
    expect(response.status).toBe(413);
  });
});

import { describe, expect, it } from 'vitest';
import { wireHeartbeat } from '../../../functions/entry/wire-heartbeat.ts';
import type { Fetch } from '../../../functions/lib/deps.ts';
import { realClock as clock } from '../../fakes/real-deps.ts';

const url = 'https://hc.example/5b7d9c3e-secret';
const config = { id: 'prod', heartbeat: { url: { secret: 'BEAT' }, intervalMs: 60_000, timeoutMs: 50 } };
const wire = (value: string | undefined, fetch: Fetch = async () => new Response()) =>
  wireHeartbeat({ fetch, clock, secrets: (name) => (name === 'BEAT' ? value : undefined) }, config);

describe('a heartbeat', () => {
  it('is a POST without a body to the secret address', async () => {
    const asked: unknown[] = [];
    const fetch: Fetch = async (where, { method, body, redirect }) => {
      asked.push([where, method, body, redirect]);
      return new Response();
    };
    expect(await wire(`${url}\n`, fetch).ports.heartbeat?.send()).toEqual({ status: 'delivered' });
    expect(asked).toEqual([[url, 'POST', '', 'manual']]);
  });

  it.each<[string, Fetch]>([
    ['a refusal', async () => new Response(url, { status: 404 })],
    ['a fault that names the address', async (where) => Promise.reject(new Error(`no route to ${where}`))],
    ['no answer', () => new Promise(() => {})],
  ])('never shows its address: %s', async (_, fetch) => {
    const result = await wire(url, fetch).ports.heartbeat?.send();
    expect(result?.status).not.toBe('delivered');
    expect(JSON.stringify(result)).not.toContain('hc.example');
  });

  it.each([[undefined], ['http://hc.example/1'], ['https://me:pw@hc.example/'], ['nonsense']])(
    'is none with %s',
    (value) => {
      const { ports, lacking } = wire(value);
      expect(ports).toEqual({});
      expect(lacking).toEqual([expect.stringContaining('clusters, id prod, heartbeat.url')]);
      if (value !== undefined) expect(lacking.join()).not.toContain(value);
    },
  );

  it('is not asked for', () => {
    expect(wireHeartbeat({ fetch: async () => new Response(), clock, secrets: () => url }, { id: 'prod' })).toEqual({
      ports: {},
      lacking: [],
    });
  });
});

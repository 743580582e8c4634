// One TLS instance and several requests of a Worker, each with sockets of its own: none may touch what belongs to another, nor need it.
import { env, exports } from 'cloudflare:workers';
import { beforeAll, expect, inject, it } from 'vitest';

const { ca, ports } = inject('tls');

type Asked = Pick<typeof exports.default, 'fetch'>;

async function ask(line: string, waitMs: number, port = ports.good, whom: Asked = exports.default): Promise<string> {
  const body = JSON.stringify({ port, ca, line, waitMs });
  const response = await whom.fetch('https://test.example/', { method: 'POST', body });
  return response.text();
}

// The Worker is loaded with its first request, all 7.6 MB of it.
beforeAll(() => exports.default.fetch('https://test.example/').then((response) => response.text()), 60_000);

it('serves requests that overlap, whichever ends first', async () => {
  const waits = [200, 0, 120, 40, 0, 80];
  const answers = await Promise.all(waits.map((waitMs, i) => ask(`request ${i}`, waitMs)));
  expect(answers).toEqual(waits.map((_, i) => `request ${i}`));
});

it('serves a request after the one that made the instance is over', async () => {
  for (const line of ['first', 'second', 'third']) expect(await ask(line, 0)).toBe(line);
});

it('lets a request fail without harm to the others', async () => {
  const [broken, whole] = await Promise.all([ask('x', 0, ports.hasty), ask('whole', 50)]);
  expect(broken).toMatch(/the peer closed the connection during the TLS handshake/);
  expect(whole).toBe('whole');
});

it('serves Durable Objects beside the Worker', async () => {
  const objects: readonly Asked[] = [exports.default, env.ASKER.getByName('a'), env.ASKER.getByName('b')];
  const answers = await Promise.all(
    [0, 100, 50, 0, 100, 0].map((waitMs, i) => ask(`${i}`, waitMs, ports.good, objects[i % 3])),
  );
  expect(answers).toEqual(['0', '1', '2', '3', '4', '5']);
});

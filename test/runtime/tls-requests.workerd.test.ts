// One TLS instance and several requests of a Worker, each with sockets of its own: none may touch what belongs to another, nor need it.
import { exports } from 'cloudflare:workers';
import { expect, inject, it } from 'vitest';

const { ca, ports } = inject('tls');

async function ask(line: string, waitMs: number, port = ports.good): Promise<string> {
  const body = JSON.stringify({ port, ca, line, waitMs });
  const response = await exports.default.fetch('https://test.example/', { method: 'POST', body });
  return response.text();
}

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

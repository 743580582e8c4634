// Private addresses through a binding, as Workers VPC has them: the same questions, the same TLS.
import { env } from 'cloudflare:workers';
import { beforeAll, expect, inject, it } from 'vitest';
import { transfer } from '../../functions/dnswire/axfr.ts';
import { query } from '../../functions/dnswire/transport.ts';
import { createWorkersNetwork } from '../../functions/networks/workers.ts';
import { parseName } from '../../functions/records/name.ts';
import { realClock as clock, realRandom as random } from '../fakes/real-deps.ts';

const deps = { network: createWorkersNetwork({ through: env.TUNNEL }), clock, random };
const zone = parseName('cluster.local');
const at = (port: number) => ({ host: '10.9.9.9', port });

/** The Worker behind the binding is loaded with the first call, which takes long where the machine is busy. */
beforeAll(async () => {
  const name = parseName('svc-1.default.svc.cluster.local');
  await query(deps, at(inject('dnsPort')), { name, type: 'A' }, { timeoutMs: 50_000 });
}, 60_000);

it('asks and transfers', async () => {
  const name = parseName('svc-7.default.svc.cluster.local');
  const reply = await query(deps, at(inject('dnsPort')), { name, type: 'A' }, { timeoutMs: 8_000 });
  expect(reply.message).toMatchObject({ rcode: 'NOERROR', answers: [{ name, value: '10.0.0.7' }] });
  const limits = { timeoutMs: 8_000, maxBytes: 1_000_000, maxRecords: 1_000 };
  expect(await transfer(deps, at(inject('dnsPort')), zone, limits)).toMatchObject({
    status: 'transferred',
    messages: 3,
  });
});

it('keeps the deadline with a silent server', async () => {
  const name = parseName('svc-7.default.svc.cluster.local');
  const asked = query(deps, at(inject('silentDnsPort')), { name, type: 'A' }, { timeoutMs: 100 });
  await expect(asked).rejects.toMatchObject({ code: 'timeout' });
});

import { afterEach, describe, expect, it } from 'vitest';
import { type QueryOptions, query, sendUpdate } from '../../../functions/dnswire/transport.ts';
import { importTsigKey } from '../../../functions/dnswire/tsig.ts';
import { networkReasonOf } from '../../../functions/lib/network.ts';
import { createNodeNetwork } from '../../../functions/networks/node.ts';
import { parseName } from '../../../functions/records/name.ts';
import type { DnsRecord } from '../../../functions/records/rrset.ts';
import {
  answerFromZone,
  encodeMessage,
  type FakeAnswer,
  type FakeDnsServer,
  silent,
  startDnsServer,
} from '../../fakes/dns-server.ts';
import { realClock, realRandom } from '../../fakes/real-deps.ts';

const deps = { network: createNodeNetwork(), clock: realClock, random: realRandom };
const name = parseName('api.default.svc.cluster.local');
const record: DnsRecord = { name, type: 'A', ttlSeconds: 5, value: '10.0.0.1' };
const soa: DnsRecord = {
  name: parseName('cluster.local'),
  type: 'SOA',
  ttlSeconds: 5,
  value: 'ns. host. 7 1 1 1 1',
};
const secret = { name: 'lifeboat.', secretBase64: 'c2VjcmV0IG9mIHRoZSBsaWZlYm9hdCB0ZXN0cw==' };

let server: FakeDnsServer | undefined;
afterEach(() => server?.close());

const ask = async (answer: FakeAnswer, options: Partial<QueryOptions> = {}, fake = {}) => {
  server = await startDnsServer(answer, fake);
  return query(deps, server.endpoint, { name, type: 'A' }, { timeoutMs: 1_000, ...options });
};

describe('query', () => {
  it('asks over UDP with EDNS and says how long it took', async () => {
    const reply = await ask(answerFromZone(soa, [record]));
    expect(reply).toMatchObject({
      protocol: 'udp',
      message: { rcode: 'NOERROR', answers: [record], flags: { aa: true } },
    });
    expect(reply.latencyMs).toBeGreaterThanOrEqual(0);
    expect(server?.queries).toMatchObject([
      { protocol: 'udp', name, packet: { additionals: [{ udpPayloadSize: 1232 }] } },
    ]);
  });

  it('asks over TCP at once, or after a truncated UDP answer, and then with a new id', async () => {
    const zone = answerFromZone(soa, [record]);
    expect(await ask(zone, { protocol: 'tcp' })).toMatchObject({ protocol: 'tcp', message: { answers: [record] } });
    await server?.close();
    const truncating: FakeAnswer = (q) => (q.protocol === 'udp' ? { messages: [{ tc: true }] } : zone(q));
    expect(await ask(truncating)).toMatchObject({ protocol: 'tcp', message: { answers: [record] } });
    const ids = server?.queries.map((seen) => seen.id);
    expect(new Set(ids).size).toBe(2);
  });

  it('goes to TCP even when the truncated answer is cut in the middle of a record', async () => {
    const zone = answerFromZone(soa, [record]);
    const cutting: FakeAnswer = (q) =>
      q.protocol === 'udp'
        ? { messages: [Uint8Array.from(encodeMessage(q, { tc: true, answers: [record] }).subarray(0, -3))] }
        : zone(q);
    expect(await ask(cutting)).toMatchObject({ protocol: 'tcp', message: { answers: [record] } });
  });

  it('goes to TCP where the platform has no UDP', async () => {
    const { exchange: _, ...withoutUdp } = deps.network;
    server = await startDnsServer(answerFromZone(soa, [record]));
    const reply = await query(
      { ...deps, network: withoutUdp },
      server.endpoint,
      { name, type: 'A' },
      { timeoutMs: 1_000 },
    );
    expect(reply.protocol).toBe('tcp');
  });

  it('drops datagrams that are no answer to it, and takes the one that is', async () => {
    const spoofed: FakeAnswer = (q) => ({
      messages: [
        { id: q.id ^ 1, answers: [{ ...record, value: '6.6.6.6' }] },
        { question: 'evil.example', answers: [{ ...record, value: '6.6.6.6' }] },
        { question: false, answers: [{ ...record, value: '6.6.6.6' }] },
        q.bytes,
        Uint8Array.of(1, 2, 3),
        { answers: [record] },
      ],
    });
    expect(await ask(spoofed)).toMatchObject({ message: { answers: [record] } });
  });

  it.each<[string, FakeAnswer, Partial<QueryOptions>, object]>([
    [
      'a silent server',
      () => silent,
      { timeoutMs: 50 },
      { code: 'timeout', message: expect.stringMatching(/within 50 ms/) },
    ],
    ['a silent server over TCP', () => silent, { timeoutMs: 50, protocol: 'tcp' }, { code: 'timeout' }],
    ['a server that closes', () => ({ messages: [] }), { protocol: 'tcp' }, { code: 'network' }],
    ['another id over TCP', (q) => ({ messages: [{ id: q.id ^ 1 }] }), { protocol: 'tcp' }, { code: 'protocol' }],
    [
      'another question over TCP',
      () => ({ messages: [{ question: 'evil.example' }] }),
      { protocol: 'tcp' },
      { code: 'protocol' },
    ],
    [
      'garbage with the right id',
      (q) => ({ messages: [Uint8Array.of(...q.bytes.subarray(0, 2), 0x80, 0, ...Array(9).fill(9))] }),
      {},
      { code: 'protocol' },
    ],
    ['garbage over TCP', () => ({ messages: [new Uint8Array(70).fill(7)] }), { protocol: 'tcp' }, { code: 'protocol' }],
  ])('throws for %s', async (_, answer, options, error) => {
    await expect(ask(answer, options)).rejects.toMatchObject({ name: 'LifeboatError', ...error });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(server?.openConnections()).toBe(0);
  });

  it('takes an error without a question', async () => {
    expect(await ask(() => ({ messages: [{ rcode: 'FORMERR', question: false }] }))).toMatchObject({
      message: { rcode: 'FORMERR' },
    });
  });

  it('tells a port where nobody listens, over UDP and TCP', async () => {
    server = await startDnsServer(() => silent);
    const { endpoint } = server;
    await server.close();
    for (const protocol of ['udp-then-tcp', 'tcp'] as const) {
      const error: unknown = await query(deps, endpoint, { name, type: 'A' }, { timeoutMs: 1_000, protocol }).catch(
        (e) => e,
      );
      expect(error).toMatchObject({ code: 'network' });
      expect(networkReasonOf(error)).toBe('refused');
    }
  });

  it('ends when the caller gives up, before and during', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    await expect(ask(() => silent, { signal: controller.signal })).rejects.toMatchObject({ code: 'timeout' });
    await expect(ask(() => silent, { signal: controller.signal })).rejects.toMatchObject({ code: 'timeout' });
  });

  it('signs, and refuses an answer that is not signed', async () => {
    const tsig = await importTsigKey(secret.name, secret.secretBase64);
    for (const protocol of ['udp-then-tcp', 'tcp'] as const) {
      expect(await ask(answerFromZone(soa, [record]), { tsig, protocol }, { tsig: secret })).toMatchObject({
        message: { answers: [record] },
      });
      await server?.close();
      const unsigned: FakeAnswer = () => ({ messages: [{ answers: [record], sign: 'none' }] });
      await expect(ask(unsigned, { tsig, protocol }, { tsig: secret })).rejects.toMatchObject({ code: 'credential' });
      await server?.close();
    }
  });
});

describe('sendUpdate', () => {
  it('sends over TCP and returns the rcode', async () => {
    server = await startDnsServer((q) => ({ messages: [{ rcode: q.opcode === 'UPDATE' ? 'NXRRSET' : 'REFUSED' }] }));
    const update = { zone: soa.name, prerequisites: [], steps: [] };
    expect(await sendUpdate(deps, server.endpoint, update, { timeoutMs: 1_000 })).toMatchObject({
      protocol: 'tcp',
      message: { rcode: 'NXRRSET' },
    });
  });

  it('refuses an answer that is to a query', async () => {
    server = await startDnsServer((q) => ({ messages: [encodeMessage({ ...q, opcode: 'QUERY' }, {})] }));
    const update = { zone: soa.name, prerequisites: [], steps: [] };
    await expect(sendUpdate(deps, server.endpoint, update, { timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'protocol',
    });
  });
});

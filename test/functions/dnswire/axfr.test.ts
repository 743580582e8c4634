import { afterEach, describe, expect, it } from 'vitest';
import { ixfrSerial, type TransferOptions, transfer } from '../../../functions/dnswire/axfr.ts';
import { importTsigKey, type TsigKey } from '../../../functions/dnswire/tsig.ts';
import { createNodeNetwork } from '../../../functions/networks/node.ts';
import { parseName } from '../../../functions/records/name.ts';
import type { DnsRecord } from '../../../functions/records/rrset.ts';
import {
  type FakeAnswer,
  type FakeDnsOptions,
  type FakeDnsServer,
  type FakeMessage,
  type FakeReply,
  refused,
  silent,
  startDnsServer,
  transferOf,
} from '../../fakes/dns-server.ts';
import { realClock, realRandom } from '../../fakes/real-deps.ts';

const zone = parseName('cluster.local');
const deps = { network: createNodeNetwork(), clock: realClock, random: realRandom };
const secret = { name: 'lifeboat.', secretBase64: 'c2VjcmV0IG9mIHRoZSBsaWZlYm9hdCB0ZXN0cw==' };
const limits = { timeoutMs: 2_000, maxBytes: 10_000_000, maxRecords: 50_000 };

const soaOf = (serial: number): DnsRecord => ({
  name: zone,
  type: 'SOA',
  ttlSeconds: 5,
  value: `ns.dns.cluster.local. hostmaster.cluster.local. ${serial} 7200 1800 86400 5`,
});
const soa = soaOf(1_792_000_000);
const records = Array.from(
  { length: 250 },
  (_, i): DnsRecord => ({
    name: parseName(`svc-${i}.default.svc.cluster.local`),
    type: i % 2 === 0 ? 'A' : 'SRV',
    ttlSeconds: 5,
    value: i % 2 === 0 ? `10.0.${i >> 8}.${i & 255}` : `0 100 80 svc-${i}.default.svc.cluster.local.`,
  }),
);

let server: FakeDnsServer | undefined;
afterEach(() => server?.close());

async function run(
  answer: FakeReply | FakeAnswer,
  options: Partial<TransferOptions> = {},
  fake: FakeDnsOptions = {},
): Promise<Awaited<ReturnType<typeof transfer>>> {
  server = await startDnsServer(typeof answer === 'function' ? answer : () => answer, fake);
  const outcome = await transfer(deps, server.endpoint, zone, { ...limits, ...options });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(server.openConnections()).toBe(0);
  return outcome;
}

const key = (secretBase64 = secret.secretBase64, name = secret.name): Promise<TsigKey> =>
  importTsigKey(name, secretBase64);

/** The messages of a good transfer, each changed by `change`. */
const changed = (change: (message: FakeMessage, i: number, count: number) => FakeMessage): FakeReply => {
  const messages = (transferOf(soa, records).messages ?? []) as readonly FakeMessage[];
  return { messages: messages.map((message, i) => change(message, i, messages.length)) };
};

describe('transfer', () => {
  it('reads a zone of several messages', async () => {
    const progress: number[] = [];
    const outcome = await run(transferOf(soa, records), { onProgress: ({ records }) => progress.push(records) });
    expect(outcome).toMatchObject({
      status: 'transferred',
      serial: 1_792_000_000,
      messages: 3,
      signed: false,
      left: [],
    });
    expect(outcome.status === 'transferred' && outcome.records).toEqual(records);
    expect(progress).toEqual([99, 199, 250]);
  });

  it('reads a zone that comes octet by octet, with a question in the first message only', async () => {
    const reply = changed((message, i) => ({ ...message, question: i === 0 }));
    const outcome = await run({ ...reply, chunkBytes: 7 });
    expect(outcome.status === 'transferred' && outcome.records).toEqual(records);
  });

  it('names what it leaves out, counts it among the records, and takes those of another zone like the others', async () => {
    const foreign = { ...soa, name: parseName('example.org') };
    const damaged = {
      name: parseName('a.cluster.local'),
      type: 'A',
      ttlSeconds: 5,
      value: '',
      data: Uint8Array.of(1),
    } as const;
    const reply: FakeReply = { messages: [{ answers: [soa, foreign, damaged, soa] }] };
    expect(await run(reply)).toMatchObject({
      status: 'transferred',
      records: [foreign],
      left: [{ name: 'a.cluster.local.', type: 'A', why: 'data', detail: expect.stringContaining('1 octets, not 4') }],
    });
    await server?.close();
    const many: FakeReply = { messages: [{ answers: [soa, ...Array<typeof damaged>(5).fill(damaged), soa] }] };
    expect(await run(many, { maxRecords: 4 })).toMatchObject({ status: 'refused', reason: 'too-large' });
  });

  it('stops at the closing SOA although the server keeps the connection open', async () => {
    const outcome = await run({ ...transferOf(soa, records), keepOpen: true });
    expect(outcome.status).toBe('transferred');
  });

  it.each<[string, FakeReply, string, RegExp]>([
    ['REFUSED', refused, 'refused', /AXFR of cluster\.local\. from 127\.0\.0\.1:\d+: the server says REFUSED/],
    ['NOTAUTH', { messages: [{ rcode: 'NOTAUTH' }] }, 'notauth', /NOTAUTH/],
    ['SERVFAIL', { messages: [{ rcode: 'SERVFAIL' }] }, 'server-failure', /SERVFAIL/],
    ['SOA and SOA only', transferOf(soaOf(0), []), 'empty', /serial 0: the zone is empty/],
    ['a single SOA', { messages: [{ answers: [soa] }] }, 'truncated', /before the closing SOA/],
    ['no closing SOA', { messages: [{ answers: [soa, ...records] }] }, 'truncated', /after 1 messages, 250 records/],
    ['a connection that just ends', { messages: [] }, 'truncated', /ended the stream/],
    [
      'a cut inside a message',
      { ...transferOf(soa, records), cutAfterBytes: 9_000 },
      'truncated',
      /middle of a message/,
    ],
    ['a TC bit', changed((message, i) => ({ ...message, tc: i === 1 })), 'truncated', /TC bit/],
    [
      'another closing SOA',
      { messages: [{ answers: [soa, ...records, soaOf(7)] }] },
      'malformed',
      /not the one that opened/,
    ],
    [
      'records after the end',
      { messages: [{ answers: [soa, ...records, soa, soa] }] },
      'malformed',
      /after the closing SOA/,
    ],
    ['no SOA at the start', { messages: [{ answers: records }] }, 'malformed', /first record is svc-0/],
    ['no records', { messages: [{}] }, 'truncated', /before the closing SOA/],
    [
      'another id',
      changed((message, i) => (i === 1 ? { ...message, id: 0 } : message)),
      'malformed',
      /no answer to the request/,
    ],
    [
      'another question',
      changed((message) => ({ ...message, question: 'evil.example' })),
      'malformed',
      /another question/,
    ],
    ['garbage', { messages: [new Uint8Array(40).fill(0xff)] }, 'malformed', /malformed DNS message/],
    ['a message of no octets', { messages: [new Uint8Array()] }, 'malformed', /shorter than a header/],
  ])('refuses %s', async (_, reply, reason, evidence) => {
    const outcome = await run(reply);
    expect(outcome).toMatchObject({ status: 'refused', reason });
    expect(outcome.status === 'refused' && outcome.evidence).toMatch(evidence);
  });

  it('refuses by its limits', async () => {
    expect(await run(transferOf(soa, records), { maxRecords: 249 })).toMatchObject({ reason: 'too-large' });
    await server?.close();
    expect(await run(transferOf(soa, records), { maxBytes: 10_000 })).toMatchObject({ reason: 'too-large' });
  });

  it('gives a silent server no more than its time', async () => {
    const outcome = await run(silent, { timeoutMs: 60 });
    expect(outcome).toMatchObject({ reason: 'timeout', evidence: expect.stringMatching(/nothing within 60 ms/) });
  });

  it('gives a server that stops in the middle no more than its time', async () => {
    const outcome = await run({ ...transferOf(soa, records), cutAfterBytes: 9_000, keepOpen: true }, { timeoutMs: 60 });
    expect(outcome).toMatchObject({
      reason: 'timeout',
      evidence: expect.stringMatching(/after 1 messages, 99 records/),
    });
  });

  it('refuses a stream that is cut after any of its octets, each quickly', async () => {
    const small = transferOf(soa, records.slice(0, 3), 2);
    let cutAfterBytes = 100_000;
    server = await startDnsServer(() => ({ ...small, cutAfterBytes }), { tsig: secret });
    const tsig = await key();
    const reasons = new Set<string>();
    const whole = await transfer(deps, server.endpoint, zone, { ...limits, tsig });
    if (whole.status !== 'transferred') throw new Error(whole.evidence);
    const octets = whole.bytes + 2 * whole.messages;
    for (cutAfterBytes = 0; cutAfterBytes < octets; cutAfterBytes += 1) {
      const outcome = await transfer(deps, server.endpoint, zone, { ...limits, tsig });
      reasons.add(outcome.status === 'refused' ? outcome.reason : outcome.status);
    }
    expect([...reasons]).toEqual(['truncated']);
  });

  it('says that nobody listens', async () => {
    server = await startDnsServer(() => silent);
    const { endpoint } = server;
    await server.close();
    const outcome = await transfer(deps, endpoint, zone, limits);
    expect(outcome).toMatchObject({ reason: 'network', evidence: expect.stringMatching(/connection refused/) });
  });
});

describe('transfer with TSIG', () => {
  it('verifies every message', async () => {
    const outcome = await run(transferOf(soa, records), { tsig: await key() }, { tsig: secret });
    expect(outcome).toMatchObject({ status: 'transferred', signed: true, messages: 3 });
    expect(server?.queries[0]?.tsig).toBe('good');
  });

  it('accepts unsigned messages between signed ones', async () => {
    const reply = changed((message, i) => ({ ...message, sign: i === 1 ? 'none' : 'good' }));
    const outcome = await run(reply, { tsig: await key() }, { tsig: secret });
    expect(outcome).toMatchObject({ status: 'transferred', signed: true });
  });

  it.each<[string, FakeReply, string]>([
    ['a forged first message', changed((message, i) => ({ ...message, sign: i === 0 ? 'forged' : 'good' })), 'bad-mac'],
    ['a forged later message', changed((message, i) => ({ ...message, sign: i === 1 ? 'forged' : 'good' })), 'bad-mac'],
    ['an unsigned answer', changed((message) => ({ ...message, sign: 'none' })), 'missing-mac'],
    ['an unsigned end', changed((m, i, count) => ({ ...m, sign: i === count - 1 ? 'none' : 'good' })), 'missing-mac'],
    ['an old answer', changed((message) => ({ ...message, signedSecondsLater: -400 })), 'bad-time'],
    ['an unsigned REFUSED', { messages: [{ rcode: 'REFUSED', sign: 'none' }] }, 'refused'],
  ])('refuses %s', async (_, reply, reason) => {
    expect(await run(reply, { tsig: await key() }, { tsig: secret })).toMatchObject({ status: 'refused', reason });
  });

  it('tells a wrong secret, a wrong key name and no key apart, without the secret', async () => {
    const wrong = 'd3Jvbmcgc2VjcmV0IHRoYXQgbm9ib2R5IGtub3dz';
    const outcome = await run(transferOf(soa, records), { tsig: await key(wrong) }, { tsig: secret });
    expect(outcome).toMatchObject({ reason: 'bad-mac', evidence: expect.stringMatching(/BADSIG.*lifeboat\./) });
    expect(JSON.stringify(outcome)).not.toContain(wrong);
    await server?.close();
    const other = await run(transferOf(soa, records), { tsig: await key(wrong, 'other.') }, { tsig: secret });
    expect(other).toMatchObject({ reason: 'bad-key', evidence: expect.stringMatching(/BADKEY.*other\./) });
    await server?.close();
    expect(await run(transferOf(soa, records), {}, { tsig: secret })).toMatchObject({ reason: 'refused' });
  });
});

describe('ixfrSerial', () => {
  const ask = async (answer: FakeReply, options: { tsig?: TsigKey; timeoutMs?: number } = {}, fake = {}) => {
    server = await startDnsServer(() => answer, fake);
    return ixfrSerial(deps, server.endpoint, zone, { timeoutMs: 1_000, knownSerial: 1_791_999_999, ...options });
  };

  it('reads the serial of a single SOA and of a full answer, and says the known serial to the server', async () => {
    expect(await ask({ messages: [{ answers: [soa] }], keepOpen: true })).toMatchObject({
      serial: 1_792_000_000,
      records: 1,
    });
    expect(server?.queries[0]).toMatchObject({ type: 'IXFR', name: 'cluster.local.', protocol: 'tcp' });
    expect(server?.queries[0]?.packet.authorities).toMatchObject([{ data: { serial: 1_791_999_999 } }]);
    await server?.close();
    expect(await ask(transferOf(soa, records))).toMatchObject({
      status: 'answered',
      serial: 1_792_000_000,
      records: 100,
    });
  });

  it('verifies the signature', async () => {
    expect(await ask({ messages: [{ answers: [soa] }] }, { tsig: await key() }, { tsig: secret })).toMatchObject({
      signed: true,
    });
    await server?.close();
    const forged = { messages: [{ answers: [soa], sign: 'forged' as const }] };
    expect(await ask(forged, { tsig: await key() }, { tsig: secret })).toMatchObject({ reason: 'bad-mac' });
  });

  it('refuses what has no SOA, and waits no longer than its time', async () => {
    expect(await ask({ messages: [{}] })).toMatchObject({ reason: 'malformed' });
    await server?.close();
    expect(await ask(refused)).toMatchObject({ reason: 'refused' });
    await server?.close();
    expect(await ask(silent, { timeoutMs: 50 })).toMatchObject({ reason: 'timeout' });
  });
});

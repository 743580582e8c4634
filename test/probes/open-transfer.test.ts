import { afterEach, expect, it } from 'vitest';
import { createNodeNetwork } from '../../functions/networks/node.ts';
import { parseName } from '../../functions/records/name.ts';
import type { DnsRecord } from '../../functions/records/rrset.ts';
import { probeOpenTransfer } from '../../probes/open-transfer.ts';
import {
  answerFromZone,
  type FakeAnswer,
  type FakeDnsServer,
  refused,
  silent,
  startDnsServer,
} from '../fakes/dns-server.ts';
import { realClock as clock, realRandom as random } from '../fakes/real-deps.ts';

const zone = parseName('cluster.local');
const soa: DnsRecord = {
  name: zone,
  type: 'SOA',
  ttlSeconds: 5,
  value: 'ns.dns.cluster.local. hostmaster.cluster.local. 1792000000 7200 1800 86400 5',
};
const records = Array.from({ length: 5_000 }, (_, i): DnsRecord => {
  return { name: parseName(`s${i}.a.svc.cluster.local`), type: 'A', ttlSeconds: 5, value: '10.0.0.1' };
});
const tsig = { name: 'lifeboat.', secretBase64: 'c2VjcmV0IG9mIHRoZSBsaWZlYm9hdCB0ZXN0cw==' };

let server: FakeDnsServer | undefined;
afterEach(() => server?.close());

async function probe(answer: FakeAnswer, options = {}) {
  server = await startDnsServer(answer, options);
  return probeOpenTransfer({ network: createNodeNetwork(), clock, random }, server.endpoint, zone, 300);
}

it('says open of a zone that anybody gets, without reading it all', async () => {
  const seen = await probe(answerFromZone(soa, records));
  expect(seen).toMatchObject({
    status: 'open',
    evidence: expect.stringMatching(/hands cluster\.local\. to whoever asks/),
  });
});

it.each([
  ['refuses', () => refused, {}],
  ['wants a key', answerFromZone(soa, records), { tsig }],
] as const)('says closed of a server that %s', async (_, answer, options) => {
  expect(await probe(answer, options)).toMatchObject({ status: 'closed' });
});

it.each([
  ['is silent', () => silent],
  ['answers SERVFAIL', () => ({ messages: [{ rcode: 'SERVFAIL' as const }] })],
] as const)('says unknown of a server that %s', async (_, answer) => {
  expect(await probe(answer)).toMatchObject({ status: 'unknown' });
});

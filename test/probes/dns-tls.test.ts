import { afterEach, describe, expect, it } from 'vitest';
import type { DnsTls } from '../../functions/config/cluster/dns-tls.ts';
import { transfer } from '../../functions/dnswire/axfr.ts';
import { formatEndpoint } from '../../functions/lib/endpoint.ts';
import { createNodeNetwork } from '../../functions/networks/node.ts';
import { parseName } from '../../functions/records/name.ts';
import type { DnsRecord } from '../../functions/records/rrset.ts';
import { createAxfrSource } from '../../functions/snapshot/sources/axfr.ts';
import { createAuthority } from '../../lab/processes/certificates.ts';
import { probeDns } from '../../probes/dns.ts';
import { createSerialAsker } from '../../probes/dns-serial.ts';
import { createDnsNetwork } from '../../probes/dns-tls.ts';
import { answerFromZone, type FakeDnsOptions, type FakeDnsServer, startDnsServer } from '../fakes/dns-server.ts';
import { realClock as clock, realRandom as random } from '../fakes/real-deps.ts';

const zone = parseName('cluster.local');
const soa: DnsRecord = {
  name: zone,
  type: 'SOA',
  ttlSeconds: 5,
  value: 'ns.dns.cluster.local. hostmaster.cluster.local. 1792000000 7200 1800 86400 5',
};
const records = Array.from(
  { length: 250 },
  (_, i): DnsRecord => ({
    name: parseName(`svc-${i}.default.svc.cluster.local`),
    type: 'A',
    ttlSeconds: 5,
    value: `10.0.0.${i}`,
  }),
);
const context = { cluster: 'prod', vantage: 'here', group: 'home' };
const target = {
  zone,
  serialMethod: 'auto',
  probeNamespace: 'default',
  timeoutMs: 2_000,
  ttlSeconds: 5,
  knownName: 'svc-7.default.svc',
} as const;
const limits = { timeoutMs: 2_000, maxBytes: 1_000_000, maxRecords: 1_000 };

const authority = await createAuthority('DNS Root');
const strange = await createAuthority('Strange Root');
const serving = await authority.issueServer(['dns.test'], ['127.0.0.1']);
const client = await authority.issueClient('watchdog', []);
const tlsOf = ({ certificate, key }: typeof serving) => ({ cert: certificate, key });
const mutual = { ...tlsOf(serving), ca: authority.certificate, requestCert: true };
const ca = { pem: authority.certificate };
const secrets: Readonly<Record<string, string>> = {
  CA: authority.certificate,
  CERTIFICATE: client.certificate,
  KEY: client.key,
};
const shown = { client: { certificate: { secret: 'CERTIFICATE' }, key: { secret: 'KEY' } } };

let server: FakeDnsServer | undefined;
afterEach(() => server?.close());

const depsOf = (tls: DnsTls | undefined) => ({
  clock,
  random,
  network: createDnsNetwork(
    {
      network: createNodeNetwork(),
      readFile: async (path) => {
        const text = secrets[path.replace('.pem', '').toUpperCase()];
        if (text === undefined) throw new Error(`no file ${path}`);
        return text;
      },
      readSecret: (name) => secrets[name],
    },
    tls,
  ),
});

async function start(options: FakeDnsOptions) {
  server = await startDnsServer(answerFromZone(soa, records), options);
  return server;
}

async function probe(tls: DnsTls, options: FakeDnsOptions = { tls: mutual }) {
  const { endpoint } = await start(options);
  const [answer, serial] = await probeDns(depsOf(tls), endpoint, target, context);
  return { answer, serial };
}

describe('DNS over TLS', () => {
  it.each<DnsTls>([
    { ca, ...shown },
    { ca: { file: 'ca.pem' }, client: { certificateFile: 'certificate.pem', keyFile: 'key.pem' } },
    { ca: { secret: { secret: 'CA' } }, serverName: 'dns.test', ...shown },
  ])('asks a verified server, and shows a client certificate: %#', async (tls) => {
    const { answer, serial } = await probe(tls);
    expect(answer).toMatchObject({ condition: 'up', details: { protocol: 'tcp' } });
    expect(serial).toMatchObject({ condition: 'up', details: { serial: 1_792_000_000 } });
    expect(server?.queries.map(({ protocol }) => protocol)).not.toContain('udp');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server?.openConnections()).toBe(0);
  });

  it('asks for the serial by IXFR', async () => {
    const { endpoint } = await start({ tls: mutual });
    const ask = createSerialAsker(depsOf({ ca, ...shown }), { ...target, serialMethod: 'ixfr' });
    expect(await ask(endpoint)).toMatchObject({ status: 'serial', serial: 1_792_000_000 });
  });

  it('captures a snapshot', async () => {
    const { endpoint } = await start({ tls: mutual });
    const deps = depsOf({ ca, ...shown });
    const source = createAxfrSource(
      { ...deps, askSerial: createSerialAsker(deps, target) },
      { ...limits, cluster: 'prod', zone, servers: [endpoint], mustHave: ['svc-1.default.svc'], behindSeconds: 60 },
    );
    expect(await source.capture([formatEndpoint(endpoint)])).toMatchObject({
      status: 'captured',
      snapshot: { counts: { records: 250 } },
    });
    expect(server?.queries.map(({ protocol }) => protocol)).not.toContain('udp');
  });

  it.each<readonly [string, DnsTls, RegExp]>([
    ['another authority', { ca: { pem: strange.certificate } }, /unable to get local issuer|unable to verify/],
    ['another name', { ca, serverName: 'other.test' }, /other\.test/],
    ['no such secret', { ca: { secret: { secret: 'NONE' } } }, /DNS over TLS: there is no secret named NONE/],
    ['no such file', { ca: { file: 'none.pem' } }, /DNS over TLS: no file none\.pem/],
    [
      'a key that is none',
      { ca, client: { certificate: { secret: 'CERTIFICATE' }, key: { secret: 'CA' } } },
      /cannot be used/,
    ],
  ])('a server that cannot be verified is unknown, never down: %s', async (_, tls, words) => {
    const { answer, serial } = await probe(tls, { tls: tlsOf(serving) });
    for (const seen of [answer, serial]) {
      expect(seen).toMatchObject({ condition: 'unknown', reason: 'tls', evidence: expect.stringMatching(words) });
      expect(seen.evidence).not.toContain('PRIVATE KEY');
    }
    const { endpoint } = server ?? (await start({}));
    expect(await transfer(depsOf(tls), endpoint, zone, limits)).toMatchObject({ status: 'refused', reason: 'tls' });
    expect(server?.queries).toEqual([]);
  });

  it('a server that answers without TLS is unknown, and one that is gone is down', async () => {
    const { answer } = await probe({ ca }, {});
    expect(answer.condition).toMatch(/^(unknown|down)$/);
    const { endpoint } = server ?? (await start({}));
    await server?.close();
    const [gone] = await probeDns(depsOf({ ca }), endpoint, target, context);
    expect(gone).toMatchObject({ condition: 'down', reason: 'refused' });
  });

  it('is the network as it was without it', () => {
    const network = createNodeNetwork();
    const rest = { readFile: async () => '', readSecret: () => undefined };
    expect(createDnsNetwork({ network, ...rest }, undefined)).toBe(network);
    expect(createDnsNetwork({ network, ...rest }, {}).exchange).toBeUndefined();
  });
});

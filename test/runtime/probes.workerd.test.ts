// The probes and the snapshot source in real workerd, over its sockets, to servers in Node (servers.ts).

import { describe, expect, inject, it } from 'vitest';
import type { DnsTls } from '../../functions/config/cluster/dns-tls.ts';
import { transfer } from '../../functions/dnswire/axfr.ts';
import { formatEndpoint } from '../../functions/lib/endpoint.ts';
import { startTlsInstance } from '../../functions/networks/tls/workers.ts';
import { createWorkersNetwork } from '../../functions/networks/workers.ts';
import { parseName } from '../../functions/records/name.ts';
import { createAxfrSource } from '../../functions/snapshot/sources/axfr.ts';
import { probeApiServer } from '../../probes/api-server.ts';
import { probeDns } from '../../probes/dns.ts';
import { createSerialAsker } from '../../probes/dns-serial.ts';
import { createDnsNetwork } from '../../probes/dns-tls.ts';
import { createIdentity } from '../../probes/identity.ts';
import { realClock as clock, realRandom as random } from '../fakes/real-deps.ts';

const deps = { network: createWorkersNetwork(), clock, random };
const zone = parseName('cluster.local');
const context = { cluster: 'prod', vantage: 'edge', group: 'edge' };
const at = (port: number) => ({ host: '127.0.0.1', port });
const target = {
  zone,
  serialMethod: 'auto' as const,
  probeNamespace: 'default',
  timeoutMs: 5_000,
  ttlSeconds: 5,
  knownName: 'svc-7.default.svc',
};

describe('the DNS probe in workerd', () => {
  it('asks over TCP: a known name and the live serial', async () => {
    const [answer, serial] = await probeDns(deps, at(inject('dnsPort')), target, context);
    expect(answer).toMatchObject({ condition: 'up', vantage: 'edge', details: { protocol: 'tcp' } });
    expect(serial).toMatchObject({ condition: 'up', details: { serial: 1_792_000_000 } });
  });

  it('gives a silent server its time and no more', async () => {
    const seen = await probeDns(deps, at(inject('silentDnsPort')), { ...target, timeoutMs: 100 }, context);
    expect(seen.map(({ condition, reason }) => [condition, reason])).toEqual([
      ['down', 'timeout'],
      ['down', 'timeout'],
    ]);
  });
});

it('captures a snapshot in workerd', async () => {
  const source = createAxfrSource(
    { ...deps, askSerial: createSerialAsker(deps, target) },
    {
      cluster: 'prod',
      zone,
      servers: [at(inject('dnsPort'))],
      timeoutMs: 3_000,
      maxBytes: 1e6,
      maxRecords: 1e4,
      mustHave: ['svc-1.default.svc'],
      behindSeconds: 60,
    },
  );
  const result = await source.capture([formatEndpoint(at(inject('dnsPort')))]);
  expect(result).toMatchObject({
    status: 'captured',
    snapshot: { counts: { records: 250 }, freshness: { serial: 1_792_000_000 } },
  });
});

describe('the API server probe in workerd', () => {
  const { ca, strangeCa, ports, client } = inject('tls');
  const network = createWorkersNetwork({ startTlsInstance });
  const address = { url: `https://127.0.0.1:${ports.api}`, readPath: '/api/v1/namespaces/default' };
  // How fast they answer is not the subject: what comes before the deadline is not slow, however busy the machine.
  const times = { slowMs: 5_000, timeoutMs: 5_000 };
  const identity = {
    credential: async () => ({ status: 'usable', credential: client }) as const,
    rejected: () => {},
  };
  const readFile = async () => '';

  it('verifies it against the CA of the cluster, and shows it a client certificate', async () => {
    const target = { ...address, ...times, ca: { pem: ca } };
    const seen = await probeApiServer(
      { ...deps, network, readFile, readSecret: () => undefined, identity },
      target,
      context,
    );
    expect(seen.map(({ signal, condition }) => `${signal} ${condition}`)).toEqual([
      'apiserver.connect up',
      'apiserver.tls up',
      'apiserver.live up',
      'apiserver.ready up',
      'apiserver.read up',
    ]);
    expect(seen[1]?.evidence).toMatch(/^TLSv1\.3 with 127\.0\.0\.1:\d+ in \d+ ms; its certificate \(CN=kubernetes\)/);
    expect(seen[1]?.details?.certificateDaysLeft).toBeCloseTo(365, -1);
  });

  it('calls one of another CA unknown, in the words of the verification', async () => {
    const target = { ...address, ...times, ca: { pem: strangeCa } };
    const seen = await probeApiServer(
      { ...deps, network, readFile, readSecret: () => undefined, identity },
      target,
      context,
    );
    const tls = seen.find(({ signal }) => signal === 'apiserver.tls');
    expect(tls).toMatchObject({ condition: 'unknown', reason: 'tls' });
    expect(tls?.evidence).toMatch(/signed by unknown authority/);
  });

  it('calls one that wants another client certificate a matter of the credential', async () => {
    const target = { ...address, ...times, url: `https://127.0.0.1:${ports.mutual}`, ca: { pem: ca } };
    const nobody = { credential: async () => ({ status: 'usable', credential: {} }) as const, rejected: () => {} };
    const seen = await probeApiServer(
      { ...deps, network, readFile, readSecret: () => undefined, identity: nobody },
      target,
      context,
    );
    expect(seen.find(({ signal }) => signal === 'apiserver.read')).toMatchObject({
      condition: 'unknown',
      reason: 'credential',
    });
  });
});

describe('DNS over TLS in workerd', () => {
  const { ca, strangeCa, ports, client } = inject('tls');
  const secrets: Readonly<Record<string, string>> = { CERTIFICATE: client.certificate, KEY: client.key };
  const shown = { client: { certificate: { secret: 'CERTIFICATE' }, key: { secret: 'KEY' } } };
  const server = at(ports.dns);
  const depsOf = (tls: DnsTls) => {
    const network = createWorkersNetwork({ startTlsInstance });
    const readFile = async () => '';
    return { ...deps, network: createDnsNetwork({ network, readFile, readSecret: (name) => secrets[name] }, tls) };
  };

  it('asks a known name and the serial, with a client certificate', async () => {
    const [answer, serial] = await probeDns(depsOf({ ca: { pem: ca }, ...shown }), server, target, context);
    expect(answer).toMatchObject({ condition: 'up', details: { protocol: 'tcp' } });
    expect(serial).toMatchObject({ condition: 'up', details: { serial: 1_792_000_000 } });
  });

  it('transfers the zone', async () => {
    const limits = { timeoutMs: 3_000, maxBytes: 1e6, maxRecords: 1e4 };
    const outcome = await transfer(depsOf({ ca: { pem: ca }, ...shown }), server, zone, limits);
    expect(outcome).toMatchObject({ status: 'transferred', serial: 1_792_000_000, messages: 3 });
    expect(outcome.status === 'transferred' && outcome.records).toHaveLength(250);
  });

  it.each([
    [{ ca: { pem: strangeCa }, ...shown }, /signed by unknown authority/],
    [{ ca: { pem: ca }, serverName: 'other.test', ...shown }, /valid for dns\.test, not other\.test/],
    [{ ca: { pem: ca } }, /certificate required/],
  ] as const)('calls a server that it cannot verify, or that refuses us, unknown: %#', async (tls, words) => {
    for (const seen of await probeDns(depsOf(tls), server, target, context)) {
      expect(seen).toMatchObject({ condition: 'unknown', reason: 'tls', evidence: expect.stringMatching(words) });
    }
  });
});

it('calls an API server that the platform cannot verify unknown, never down', async () => {
  const readFile = async () => 'token-of-a-test';
  const execute = async () => '';
  const identity = createIdentity(
    { clock, readFile, execute, readSecret: () => undefined },
    { kind: 'token', file: 't' },
    { url: 'https://127.0.0.1' },
  );
  const port = inject('tlsPort');
  const api = { url: `https://127.0.0.1:${port}`, readPath: '/api', slowMs: 5_000, timeoutMs: 5_000 };
  const seen = await probeApiServer({ ...deps, readFile, readSecret: () => undefined, identity }, api, context);
  const bySignal = new Map(seen.map((one) => [one.signal, one]));
  expect(bySignal.get('apiserver.connect')).toMatchObject({ condition: 'up' });
  expect(bySignal.get('apiserver.tls')).toMatchObject({ condition: 'unknown', reason: 'tls' });
  expect(JSON.stringify(seen)).not.toContain('token-of-a-test');
});

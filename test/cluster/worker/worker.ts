// A Worker that probes and transfers as the product does from there, for the cluster tests: one round a request, and the outcome as JSON.
import { transfer } from '../../../functions/dnswire/axfr.ts';
import { importTsigKey } from '../../../functions/dnswire/tsig.ts';
import type { Endpoint } from '../../../functions/lib/network.ts';
import { startTlsInstance } from '../../../functions/networks/tls/workers.ts';
import { createWorkersNetwork } from '../../../functions/networks/workers.ts';
import { parseName } from '../../../functions/records/name.ts';
import { probeApiServer } from '../../../probes/api-server.ts';
import { probeDns } from '../../../probes/dns.ts';
import { createDnsNetwork } from '../../../probes/dns-tls.ts';
import { createIdentity } from '../../../probes/identity.ts';
import { realClock as clock, realRandom as random } from '../../fakes/real-deps.ts';

export interface Round {
  readonly apiUrl: string;
  readonly server: Endpoint;
  readonly tsig: { readonly name: string; readonly secret: string };
  /** CA, CERTIFICATE and KEY. */
  readonly secrets: Readonly<Record<string, string>>;
}

const network = createWorkersNetwork({ startTlsInstance });
const zone = parseName('cluster.local');
const context = { cluster: 'test', vantage: 'edge', group: 'edge' };
const ca = { secret: { secret: 'CA' } };
const client = { certificate: { secret: 'CERTIFICATE' }, key: { secret: 'KEY' } };

async function runRound({ apiUrl, server, tsig, secrets }: Round) {
  const noFile = async (path: string) => {
    throw new Error(`a Worker has no file ${path}`);
  };
  const pemDeps = { readFile: noFile, readSecret: (name: string) => secrets[name] };
  const identity = createIdentity(
    { clock, ...pemDeps, execute: noFile },
    { kind: 'certificate', ...client },
    { url: apiUrl },
  );
  const dnsDeps = { clock, random, network: createDnsNetwork({ network, ...pemDeps }, { ca, client }) };
  const key = await importTsigKey(tsig.name, tsig.secret);
  const api = {
    url: apiUrl,
    ca,
    readPath: '/api/v1/namespaces/default',
    write: { namespace: 'lifeboat', configMap: 'lifeboat-probe' },
  };
  const dns = {
    zone,
    serialMethod: 'auto',
    probeNamespace: 'default',
    ttlSeconds: 30,
    knownName: 'kubernetes.default.svc',
  } as const;
  const timeoutMs = 5_000;
  const observations = [
    ...(await probeApiServer({ network, clock, ...pemDeps, identity }, { ...api, slowMs: 4_000, timeoutMs }, context)),
    ...(await probeDns(dnsDeps, server, { ...dns, tsig: key, timeoutMs }, context)),
  ];
  const limits = { timeoutMs, maxBytes: 10_000_000, maxRecords: 100_000 };
  return { observations, transfer: await transfer(dnsDeps, server, zone, { ...limits, tsig: key }) };
}

export default {
  async fetch(request: Request) {
    return Response.json(await runRound(await request.json()));
  },
};

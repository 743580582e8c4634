// Starts, in Node, the servers that the workerd tests talk to through real sockets. It holds no test.
import type { TestProject } from 'vitest/node';
import { parseName } from '../../functions/records/name.ts';
import type { DnsRecord } from '../../functions/records/rrset.ts';
import { createAuthority } from '../../lab/processes/certificates.ts';
import { startByteServer } from '../fakes/byte-server.ts';
import { answerFromZone, silent, startDnsServer } from '../fakes/dns-server.ts';
import { startTlsServers } from './tls-servers.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly dnsPort: number;
    readonly signedDnsPort: number;
    readonly silentDnsPort: number;
    readonly tlsPort: number;
  }
}

const soa: DnsRecord = {
  name: parseName('cluster.local'),
  type: 'SOA',
  ttlSeconds: 5,
  value: 'ns.dns.cluster.local. hostmaster.cluster.local. 1792000000 7200 1800 86400 5',
};

/** The zone that the servers hold: 250 addresses. */
const records = Array.from(
  { length: 250 },
  (_, i): DnsRecord => ({
    name: parseName(`svc-${i}.default.svc.cluster.local`),
    type: 'A',
    ttlSeconds: 5,
    value: `10.0.0.${i}`,
  }),
);

export default async function start(project: TestProject): Promise<() => Promise<void>> {
  const zone = answerFromZone(soa, records);
  const tsig = { name: 'lifeboat.', secretBase64: 'c2VjcmV0IG9mIHRoZSBsaWZlYm9hdCB0ZXN0cw==' };
  const identity = await (await createAuthority('Unknown Root')).issueServer([], ['127.0.0.1']);
  const servers = [
    await startDnsServer(zone),
    await startDnsServer(zone, { tsig }),
    await startDnsServer(() => silent),
    await startByteServer((socket) => socket.resume(), { cert: identity.certificate, key: identity.key }),
  ] as const;
  project.provide('dnsPort', servers[0].endpoint.port);
  project.provide('signedDnsPort', servers[1].endpoint.port);
  project.provide('silentDnsPort', servers[2].endpoint.port);
  project.provide('tlsPort', servers[3].endpoint.port);
  const tls = await startTlsServers(zone);
  project.provide('tls', tls.provided);
  return async () => {
    await Promise.all([...servers, tls].map((server) => server.close()));
  };
}

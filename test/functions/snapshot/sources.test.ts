// The sources there are, and a toy that was added by docs/contributing/add-a-source.md alone, on the list that every source must pass.
import { afterEach } from 'vitest';
import { sourcesOf } from '../../../functions/config/sources/index.ts';
import { formatEndpoint } from '../../../functions/lib/endpoint.ts';
import { createNodeNetwork } from '../../../functions/networks/node.ts';
import { parseName } from '../../../functions/records/name.ts';
import type { DnsRecord, RecordType } from '../../../functions/records/rrset.ts';
import { createAxfrSource } from '../../../functions/snapshot/sources/axfr.ts';
import { describeSource } from '../../conformance/source.ts';
import { type FakeAnswer, type FakeDnsServer, refused, startDnsServer, transferOf } from '../../fakes/dns-server.ts';
import { realClock, realRandom } from '../../fakes/real-deps.ts';
import { createToySource, toyTerms } from '../../fakes/toy-source.ts';

const zone = parseName('cluster.local');
const serial = 1_700_000_000;
const record = (name: string, type: RecordType, value: string): DnsRecord => {
  return { name: parseName(name), type, ttlSeconds: 30, value };
};
const soa = record('cluster.local', 'SOA', `ns.dns.cluster.local. host.cluster.local. ${serial} 7200 1800 86400 30`);
const kubernetes = record('kubernetes.default.svc.cluster.local', 'A', '10.96.0.1');
const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => record(`web-${i}.shop.svc.cluster.local`, 'A', `10.96.1.${i}`));
const whole = transferOf(soa, [kubernetes, ...numbered(40)], 10);

const servers: FakeDnsServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const answers: Readonly<Record<string, FakeAnswer>> = {
  well: () => whole,
  refuses: () => refused,
  hangs: () => ({ keepOpen: true }),
  cut: () => ({ ...whole, cutAfterBytes: 900 }),
  empty: () => transferOf(soa, [], 5),
  'too-large': () => transferOf(soa, [kubernetes, ...numbered(200)], 50),
};

describeSource({
  name: 'axfr',
  async create(behaviour) {
    let asked = 0;
    const answer = answers[behaviour] ?? (() => refused);
    const server = await startDnsServer((...args) => {
      asked++;
      return answer(...args);
    });
    servers.push(server);
    const { endpoint } = server;
    const [terms] = sourcesOf({ leastIntervalMs: 30_000, bytesPerHour: 500_000_000 });
    if (terms === undefined) throw new Error('a source is needed');
    const source = createAxfrSource(
      {
        ...{ network: createNodeNetwork(), clock: realClock, random: realRandom },
        askSerial: async () => ({ status: 'serial', serial, evidence: 'fine' }),
      },
      {
        ...{ cluster: 'prod', zone, servers: [endpoint], timeoutMs: 300, maxBytes: 1_000_000, maxRecords: 100 },
        ...{ mustHave: ['kubernetes.default.svc'], behindSeconds: 60 },
      },
    );
    return { terms, source, place: formatEndpoint(endpoint), asked: () => asked };
  },
  kinds: { refuses: 'denied', hangs: 'timed-out', cut: 'incomplete', empty: 'incomplete', 'too-large': 'too-large' },
});

describeSource({
  name: 'a toy',
  async create(behaviour) {
    let asked = 0;
    const source = createToySource({
      cluster: 'prod',
      zone,
      timeoutMs: 300,
      maxServices: 100,
      list: async () => {
        asked++;
        return behaviour;
      },
    });
    return { terms: toyTerms, source, place: 'apiserver', asked: () => asked };
  },
  kinds: { refuses: 'denied', hangs: 'timed-out', cut: 'incomplete', empty: 'incomplete', 'too-large': 'too-large' },
});

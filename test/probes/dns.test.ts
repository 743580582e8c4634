import { afterEach, describe, expect, it } from 'vitest';
import { importTsigKey } from '../../functions/dnswire/tsig.ts';
import { createNodeNetwork } from '../../functions/networks/node.ts';
import { parseName } from '../../functions/records/name.ts';
import type { DnsRecord } from '../../functions/records/rrset.ts';
import { type DnsTarget, probeDns } from '../../probes/dns.ts';
import { askCorednsSerial, createSerialAsker, type SerialHint } from '../../probes/dns-serial.ts';
import {
  type FakeAnswer,
  type FakeDnsServer,
  type FakeMessage,
  type FakeQuery,
  type FakeReply,
  refused,
  startDnsServer,
} from '../fakes/dns-server.ts';
import { realClock, realRandom } from '../fakes/real-deps.ts';

const zone = parseName('cluster.local');
const known = parseName('kubernetes.default.svc.cluster.local');
const context = { cluster: 'prod', vantage: 'here', group: 'home' };
const network = createNodeNetwork();
const deps = { network, clock: realClock, random: realRandom };
const serial = Math.floor(Date.now() / 1000) - 34;

const soaOf = (mname: string, number: number): DnsRecord => ({
  name: zone,
  type: 'SOA',
  ttlSeconds: 30,
  value: `${mname} hostmaster.cluster.local. ${number} 7200 1800 86400 30`,
});
const own = (number = serial) => soaOf('ns.dns.cluster.local.', number);
const standby = soaOf('ns1.standby.example.', 7);
const address = (ttlSeconds = 30, type: 'A' | 'AAAA' = 'A'): DnsRecord => ({
  name: known,
  type,
  ttlSeconds,
  value: type === 'A' ? '10.96.0.1' : 'fd00::1',
});

type Kind = 'known' | 'random-name' | 'pod-txt' | 'ixfr';
function kindOf({ name, type }: FakeQuery): Kind {
  if (name === known) return 'known';
  if (type === 'IXFR') return 'ixfr';
  return /^\d+-\d+-\d+-\d+\.default\.pod\./.test(name) ? 'pod-txt' : 'random-name';
}
const isReply = (reply: FakeMessage | FakeReply): reply is FakeReply => 'messages' in reply || 'keepOpen' in reply;
/** A healthy CoreDNS; what a test names is answered in another way. */
function coredns(other: Partial<Record<Kind, FakeMessage | FakeReply>> = {}): FakeAnswer {
  const usual: Record<Kind, FakeMessage> = {
    known: { answers: [address()] },
    'random-name': { rcode: 'NXDOMAIN', authorities: [own()] },
    'pod-txt': { authorities: [own()] },
    ixfr: { answers: [own()] },
  };
  return (query) => {
    const reply = other[kindOf(query)] ?? usual[kindOf(query)];
    return isReply(reply) ? reply : { messages: [reply] };
  };
}

let server: FakeDnsServer | undefined;
afterEach(() => server?.close());
async function start(answer: FakeAnswer): Promise<FakeDnsServer> {
  server = await startDnsServer(answer);
  return server;
}

const target: DnsTarget = {
  zone,
  serialMethod: 'auto',
  probeNamespace: 'default',
  ttlSeconds: 30,
  knownName: 'kubernetes.default.svc',
  timeoutMs: 200,
};
async function probe(answer: FakeAnswer, overrides: Partial<DnsTarget> = {}, hint: SerialHint = {}) {
  const { endpoint, queries } = await start(answer);
  const observations = await probeDns(deps, endpoint, { ...target, ...overrides }, context, hint);
  const [answered, serialSeen] = observations;
  expect(answered.target).toEqual({ kind: 'dns', id: `127.0.0.1:${endpoint.port}` });
  expect([answered.signal, serialSeen.signal]).toEqual(['dns.answer', 'dns.serial']);
  return { answered, serialSeen, queries, kinds: queries.map(kindOf) };
}
const verdict = ({ condition, reason }: { condition: string; reason: string }) => `${condition} ${reason}`;
/** The evidence with address and times blanked out. */
const words = ({ evidence }: { evidence: string }) =>
  evidence
    .replaceAll(/127\.0\.0\.1:\d+/g, 'SERVER')
    .replaceAll(/\d+ ms/g, 'N ms')
    .replaceAll(/lifeboat-[0-9a-f]{20}/g, 'NONCE');

describe('probeDns', () => {
  it('asks two questions of a healthy CoreDNS, neither of which a cache can answer unseen', async () => {
    const { answered, serialSeen, queries } = await probe(coredns());
    expect(verdict(answered)).toBe('up none');
    expect(words(answered)).toBe(
      'NOERROR from SERVER in N ms: kubernetes.default.svc.cluster.local. is 10.96.0.1, TTL 30',
    );
    expect(verdict(serialSeen)).toBe('up none');
    expect(words(serialSeen)).toMatch(
      /^NXDOMAIN from SERVER in N ms, serial \d+ \(by random-name\): last change seen \d+ s ago$/,
    );
    expect(serialSeen.details).toMatchObject({ serial, serialMethod: 'random-name' });
    expect(queries).toHaveLength(2);
    expect(queries.every(({ packet, protocol }) => packet.flag_rd === false && protocol === 'udp')).toBe(true);
    expect(queries.map(({ name, type }) => `${type} ${name}`.replace(/lifeboat-[0-9a-f]{20}/, 'NONCE')).sort()).toEqual(
      ['A NONCE.default.svc.cluster.local.', 'A kubernetes.default.svc.cluster.local.'],
    );
  });

  it('asks another random name each time', async () => {
    const { endpoint, queries } = await start(coredns());
    for (let i = 0; i < 3; i++) await askCorednsSerial(deps, endpoint, target);
    await askCorednsSerial(deps, endpoint, { ...target, serialMethod: 'pod-txt' });
    await askCorednsSerial(deps, endpoint, { ...target, serialMethod: 'pod-txt' });
    expect(new Set(queries.map(({ name }) => name)).size).toBe(5);
  });

  it('takes an IPv6 address where there is no other', async () => {
    const answer: FakeAnswer = (query) =>
      query.type === 'AAAA'
        ? { messages: [{ answers: [address(30, 'AAAA')] }] }
        : coredns({ known: { authorities: [own()] } })(query);
    const { answered } = await probe(answer);
    expect(verdict(answered)).toBe('up none');
    expect(answered.evidence).toContain('is fd00::1');
  });

  it('goes over TCP after a truncated answer, and only over TCP where there is no UDP', async () => {
    const answer: FakeAnswer = (query) => (query.protocol === 'udp' ? { messages: [{ tc: true }] } : coredns()(query));
    const { answered, serialSeen } = await probe(answer);
    expect([verdict(answered), verdict(serialSeen)]).toEqual(['up none', 'up none']);
    expect(answered.details?.protocol).toBe('tcp');
    const { endpoint, queries } = await start(coredns());
    const { exchange: _, ...tcpOnly } = network;
    const [first] = await probeDns({ ...deps, network: tcpOnly }, endpoint, target, context);
    expect(verdict(first)).toBe('up none');
    expect(queries.every(({ protocol }) => protocol === 'tcp')).toBe(true);
  });
});

const unsynced: FakeMessage = { rcode: 'SERVFAIL', authorities: [own(0)] };
/** What is wrong, what the two observations say, and the words that a person reads. */
const cases: readonly {
  readonly what: string;
  readonly answer: FakeAnswer;
  readonly target?: Partial<DnsTarget>;
  readonly answered: string;
  readonly answerWords: string | RegExp;
  readonly serial: string;
  readonly serialWords: string | RegExp;
}[] = [
  {
    what: 'unsynced: SERVFAIL with its own SOA',
    answer: coredns({ known: unsynced, 'random-name': unsynced }),
    answered: 'down unsynced',
    answerWords: 'SERVFAIL from SERVER in N ms: CoreDNS has no API data (unsynced)',
    serial: 'down unsynced',
    serialWords: 'SERVFAIL from SERVER in N ms: CoreDNS has no API data (unsynced)',
  },
  {
    what: 'unsynced: serial 0, though it answers the known name',
    answer: coredns({ 'random-name': { rcode: 'NXDOMAIN', authorities: [own(0)] } }),
    answered: 'up none',
    answerWords: /TTL 30$/,
    serial: 'down unsynced',
    serialWords: 'NXDOMAIN from SERVER in N ms, serial 0: CoreDNS has no API data (unsynced)',
  },
  {
    what: 'a forwarder whose upstream is gone: SERVFAIL without an SOA',
    answer: () => ({ messages: [{ rcode: 'SERVFAIL', aa: false }] }),
    answered: 'down servfail',
    answerWords: 'SERVFAIL from SERVER in N ms for kubernetes.default.svc.cluster.local.',
    serial: 'down servfail',
    serialWords: 'SERVFAIL from SERVER in N ms: whoever it forwards to does not answer',
  },
  {
    what: 'silence',
    answer: () => ({ keepOpen: true }),
    answered: 'down timeout',
    answerWords: 'A kubernetes.default.svc.cluster.local. at SERVER: nothing within N ms',
    serial: 'down timeout',
    serialWords: 'A NONCE.default.svc.cluster.local. at SERVER: nothing within N ms',
  },
  {
    what: 'REFUSED for everything',
    answer: () => refused,
    answered: 'down refused',
    answerWords:
      'REFUSED from SERVER in N ms for kubernetes.default.svc.cluster.local.: it does not serve the zone to us',
    serial: 'unknown refused',
    serialWords:
      /^no live serial from SERVER: random-name: REFUSED from SERVER in N ms; pod-txt: REFUSED from SERVER in N ms; ixfr: .*REFUSED/,
  },
  {
    what: 'a known name that is denied',
    answer: coredns({ known: { rcode: 'NXDOMAIN', authorities: [own()] } }),
    answered: 'down wrong-answer',
    answerWords: 'NXDOMAIN from SERVER in N ms: its answer for kubernetes.default.svc.cluster.local., which must exist',
    serial: 'up none',
    serialWords: /by random-name/,
  },
  {
    what: 'a known name without an address',
    answer: coredns({ known: { authorities: [own()] } }),
    answered: 'down wrong-answer',
    answerWords: 'NOERROR from SERVER in N ms: no address for kubernetes.default.svc.cluster.local., which must exist',
    serial: 'up none',
    serialWords: /by random-name/,
  },
  {
    what: 'a TTL below the configured one',
    answer: coredns({ known: { answers: [address(29)] } }),
    answered: 'unknown cached',
    answerWords:
      'NOERROR from SERVER in N ms: kubernetes.default.svc.cluster.local. is 10.96.0.1, TTL 29 of 30: answered by a cache, which proves nothing, or the Corefile has another ttl (its kubernetes block says it, CoreDNS takes 5 where it says none): then set dns.ttlSeconds to that',
    serial: 'up none',
    serialWords: /by random-name/,
  },
  {
    what: 'an answer that is not authoritative',
    answer: coredns({ known: { aa: false, answers: [address()] } }),
    answered: 'unknown cached',
    answerWords:
      'NOERROR from SERVER in N ms: kubernetes.default.svc.cluster.local. is 10.96.0.1, TTL 30, not authoritative: answered by a cache, which proves nothing',
    serial: 'up none',
    serialWords: /by random-name/,
  },
  {
    what: 'a TTL above the configured one',
    answer: coredns(),
    target: { ttlSeconds: 5 },
    answered: 'up none',
    answerWords: /TTL 30 \(above the configured 5: set dns\.ttlSeconds to what the Corefile says\)$/,
    serial: 'up none',
    serialWords: /by random-name/,
  },
  {
    what: 'the standby, which answers in place of CoreDNS',
    answer: coredns({
      'random-name': { rcode: 'NXDOMAIN', authorities: [standby] },
      'pod-txt': { rcode: 'NXDOMAIN', authorities: [standby] },
      ixfr: { answers: [standby] },
    }),
    answered: 'unknown cached',
    answerWords:
      'NOERROR from SERVER in N ms: kubernetes.default.svc.cluster.local. is 10.96.0.1, TTL 30, but not by CoreDNS itself: see dns.serial',
    serial: 'unknown cached',
    serialWords:
      'no live serial from SERVER: random-name: NXDOMAIN from SERVER in N ms with the SOA of ns1.standby.example.: another server answers here; pod-txt: NXDOMAIN from SERVER in N ms with the SOA of ns1.standby.example.: another server answers here; ixfr: SOA from SERVER in N ms of ns1.standby.example.: another server answers here; CoreDNS itself cannot be seen on this address',
  },
  {
    what: 'a wildcard that answers random names',
    answer: coredns({ 'random-name': { answers: [{ ...address(), name: zone }] } }),
    target: { serialMethod: 'random-name' },
    answered: 'unknown cached',
    answerWords: /see dns\.serial$/,
    serial: 'unknown cached',
    serialWords: /1 records for a random name/,
  },
  {
    what: 'an unexpected code',
    answer: () => ({ messages: [{ rcode: 'NOTIMP' }] }),
    answered: 'down wrong-answer',
    answerWords: /^NOTIMP from SERVER/,
    serial: 'down wrong-answer',
    serialWords: /^NOTIMP from SERVER/,
  },
  {
    what: 'octets that are no DNS message',
    answer: (query) => ({
      messages: [new Uint8Array([query.id >> 8, query.id & 255, 0x84, 0, 0, 1, 0, 9, 0, 0, 0, 0])],
    }),
    answered: 'down protocol',
    answerWords: /malformed DNS message/,
    serial: 'down protocol',
    serialWords: /malformed DNS message/,
  },
];

describe('what answers mean', () => {
  for (const one of cases) {
    it(one.what, async () => {
      const { answered, serialSeen } = await probe(one.answer, one.target);
      expect([verdict(answered), verdict(serialSeen)]).toEqual([one.answered, one.serial]);
      expect(words(answered)).toMatch(one.answerWords);
      expect(words(serialSeen)).toMatch(one.serialWords);
    });
  }

  it('nobody listens', async () => {
    const { endpoint, close } = await start(coredns());
    await close();
    const [answered, serialSeen] = await probeDns(deps, endpoint, target, context);
    expect([verdict(answered), verdict(serialSeen)]).toEqual(['down refused', 'down refused']);
    expect(words(answered)).toBe('UDP with SERVER: connection refused: nothing listens on that port (ECONNREFUSED)');
  });
});

describe('the way to the serial', () => {
  const foreign: FakeMessage = { rcode: 'NXDOMAIN', authorities: [standby] };

  it('is found by trying, and kept', async () => {
    const found = await probe(coredns({ 'random-name': foreign }));
    expect(found.serialSeen.details).toMatchObject({ serial, serialMethod: 'pod-txt' });
    expect(verdict(found.answered)).toBe('up none');
    expect(found.kinds.filter((kind) => kind !== 'known')).toEqual(['random-name', 'pod-txt']);
    const kept = await probe(coredns({ 'random-name': foreign }), {}, { method: 'pod-txt' });
    expect(kept.kinds.filter((kind) => kind !== 'known')).toEqual(['pod-txt']);
  });

  it('is tried again when the kept one does not work any more', async () => {
    const { kinds, serialSeen } = await probe(coredns({ 'pod-txt': foreign }), {}, { method: 'pod-txt' });
    expect(kinds.filter((kind) => kind !== 'known')).toEqual(['pod-txt', 'random-name']);
    expect(serialSeen.details?.serialMethod).toBe('random-name');
  });

  it('by pod-txt works without pods too: NXDOMAIN carries the same SOA', async () => {
    const { serialSeen } = await probe(coredns({ 'pod-txt': { rcode: 'NXDOMAIN', authorities: [own()] } }), {
      serialMethod: 'pod-txt',
    });
    expect(serialSeen.details).toMatchObject({ serial, serialMethod: 'pod-txt' });
  });

  it('by IXFR tells the serial that is known, over TCP', async () => {
    const { serialSeen, queries } = await probe(
      coredns({ 'random-name': foreign, 'pod-txt': foreign }),
      {},
      { serial: 77 },
    );
    expect(serialSeen.details).toMatchObject({ serial, serialMethod: 'ixfr' });
    expect(words(serialSeen)).toMatch(/^SOA from SERVER in N ms, serial \d+ \(by ixfr\): last change seen/);
    const ixfr = queries.find((query) => kindOf(query) === 'ixfr');
    expect(ixfr?.protocol).toBe('tcp');
    expect(JSON.stringify(ixfr?.packet.authorities)).toContain('"serial":77');
  });

  it('stays with the one that is configured', async () => {
    const { kinds, serialSeen } = await probe(coredns({ ixfr: refused }), { serialMethod: 'ixfr' });
    expect(kinds.filter((kind) => kind !== 'known')).toEqual(['ixfr']);
    expect(verdict(serialSeen)).toBe('unknown refused');
  });

  it('by IXFR tells a dead server and a wrong key apart', async () => {
    const { endpoint, close } = await start(coredns());
    const tsig = await importTsigKey('key.', btoa('0123456789abcdef0123456789abcdef'));
    const ixfr = { ...target, serialMethod: 'ixfr' } as const;
    expect(await askCorednsSerial(deps, endpoint, { ...ixfr, tsig })).toMatchObject({
      status: 'unknown',
      reason: 'credential',
    });
    await close();
    expect(await askCorednsSerial(deps, endpoint, ixfr)).toMatchObject({ status: 'down', reason: 'refused' });
  });

  it('has one deadline for all of it', async () => {
    const { endpoint } = await start(coredns({ 'random-name': foreign, 'pod-txt': { keepOpen: true } }));
    const startedAt = Date.now();
    expect(await askCorednsSerial(deps, endpoint, target)).toMatchObject({ status: 'down', reason: 'timeout' });
    expect(Date.now() - startedAt).toBeLessThan(300);
  });

  it('is asked for by the snapshot source in the strictest way first', async () => {
    const { endpoint, queries } = await start(coredns({ 'random-name': unsynced }));
    const ask = createSerialAsker(deps, target);
    expect(await ask(endpoint)).toMatchObject({ status: 'unsynced' });
    expect(queries.map(kindOf)).toEqual(['random-name']);
    const good = await start(coredns());
    expect(await ask(good.endpoint)).toMatchObject({ status: 'serial', serial });
    await good.close();
    expect(await ask(good.endpoint)).toMatchObject({ status: 'down' });
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { importTsigKey } from '../../../functions/dnswire/tsig.ts';
import { formatEndpoint } from '../../../functions/lib/endpoint.ts';
import type { Endpoint } from '../../../functions/lib/network.ts';
import { createNodeNetwork } from '../../../functions/networks/node.ts';
import { parseName } from '../../../functions/records/name.ts';
import type { DnsRecord, RecordType } from '../../../functions/records/rrset.ts';
import { type AxfrRefusal, axfrRefusals, type SerialAnswer } from '../../../functions/snapshot/axfr-words.ts';
import { dropReasons } from '../../../functions/snapshot/build.ts';
import type { CaptureOptions, CaptureResult } from '../../../functions/snapshot/source.ts';
import { type AxfrSourceOptions, createAxfrSource, unfitness } from '../../../functions/snapshot/sources/axfr.ts';
import { createMemoryStore } from '../../../functions/stores/memory.ts';
import { keepSnapshot } from '../../../functions/tasks/capture/snapshots.ts';
import {
  type FakeAnswer,
  type FakeDnsServer,
  type FakeRecord,
  type FakeReply,
  refused,
  startDnsServer,
  transferOf,
} from '../../fakes/dns-server.ts';
import { realClock, realRandom } from '../../fakes/real-deps.ts';

const zone = parseName('cluster.local');
const serial = 1_700_000_000;
const record = (name: string, type: RecordType, value: string, ttlSeconds = 30): DnsRecord => ({
  name: parseName(name),
  type,
  ttlSeconds,
  value,
});
const soaOf = (number: number) =>
  record('cluster.local', 'SOA', `ns.dns.cluster.local. hostmaster.cluster.local. ${number} 7200 1800 86400 30`);
const kubernetes = record('kubernetes.default.svc.cluster.local', 'A', '10.96.0.1');
const records = [
  record('cluster.local', 'NS', 'ns.dns.cluster.local.', 0),
  record('ns.dns.cluster.local', 'A', '10.0.0.10', 0),
  kubernetes,
  ...Array.from({ length: 40 }, (_, i) => record(`web-${i}.shop.svc.cluster.local`, 'A', `10.96.1.${i}`)),
];

const servers: FakeDnsServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
async function start(answer: FakeAnswer, options?: Parameters<typeof startDnsServer>[1]): Promise<Endpoint> {
  const server = await startDnsServer(answer, options);
  servers.push(server);
  return server.endpoint;
}
const whole = (number = serial, sent: readonly FakeRecord[] = records): FakeReply =>
  transferOf(soaOf(number), sent, 10);

const base: Omit<AxfrSourceOptions, 'servers'> = {
  cluster: 'prod',
  zone,
  timeoutMs: 300,
  maxBytes: 1_000_000,
  maxRecords: 1000,
  mustHave: ['kubernetes.default.svc'],
  behindSeconds: 60,
};
/** Serials that a server gives one after another, the last one for ever; default: the usual one. */
type Serials = Readonly<Record<string, readonly (number | 'unsynced' | 'down' | 'unknown')[]>>;

function setUp(options: Partial<AxfrSourceOptions> = {}, serials: Serials = {}) {
  const asked = new Map<string, number>();
  const sourceFor = (own: readonly Endpoint[]) =>
    createAxfrSource(
      {
        network: createNodeNetwork(),
        clock: realClock,
        random: realRandom,
        askSerial: async (endpoint): Promise<SerialAnswer> => {
          const id = formatEndpoint(endpoint);
          const count = asked.get(id) ?? 0;
          asked.set(id, count + 1);
          const list = serials[id] ?? [serial];
          const answer = list[Math.min(count, list.length - 1)] ?? serial;
          if (typeof answer !== 'number') return { status: answer, evidence: `${id} says ${answer}` };
          return { status: 'serial', serial: answer, evidence: 'fine' };
        },
      },
      { ...base, servers: own, ...options },
    );
  const capture = (own: readonly Endpoint[], captureOptions?: CaptureOptions) =>
    sourceFor(own).capture(own.map(formatEndpoint), captureOptions);
  return { source: { capture }, asked };
}
const reasons = ({ attempts }: CaptureResult) => attempts.map(({ code }) => code);
function captured(result: CaptureResult) {
  if (result.status !== 'captured') throw new Error(JSON.stringify(result));
  return result;
}

describe('capture', () => {
  it('takes the zone from the first server, and asks its serial before and after', async () => {
    const [first, second] = [await start(() => whole()), await start(() => refused)];
    const { source, asked } = setUp({ publishTtlSeconds: 5 });
    const progress: number[] = [];
    const result = captured(
      await source.capture([first, second], { onProgress: ({ records: count }) => progress.push(count) }),
    );
    expect(result.attempts).toEqual([]);
    expect(result.notes).toEqual([]);
    expect(result.bytes).toBeGreaterThan(500);
    expect(progress.length).toBeGreaterThan(3);
    expect([asked.get(formatEndpoint(first)), asked.get(formatEndpoint(second))]).toEqual([2, 1]);
    const { snapshot } = result;
    expect(snapshot).toMatchObject({
      cluster: 'prod',
      zone,
      freshness: { kind: 'serial', serial },
      number: 0,
      origin: { kind: 'axfr', server: formatEndpoint(first), signed: false },
      counts: { records: 41, byNamespace: { default: 1, shop: 40 } },
    });
    expect(snapshot.rrsets.every(({ ttlSeconds }) => ttlSeconds === 5)).toBe(true);
    expect(snapshot.dropped.map(({ type }) => type)).toEqual(['NS', 'A']);
    expect(Math.abs(snapshot.takenAt - Date.now())).toBeLessThan(5000);
  });

  it('is not lost for an odd name, a damaged record or one of another zone: they are left out and told', async () => {
    const odd = record('2001-db8--.web-1.shop.svc.cluster.local', 'AAAA', '2001:db8::');
    const empty = { ...record('db.shop.svc.cluster.local', 'A', '10.0.0.9'), data: new Uint8Array() };
    const stray = record('web.example.org', 'A', '10.0.0.9');
    const server = await start(() => whole(serial, [odd, ...records, empty, stray]));
    const result = captured(await setUp().source.capture([server]));
    expect(result.snapshot).toMatchObject({ counts: { records: 41 }, unread: ['db.shop.svc.cluster.local.'] });
    expect(result.notes).toEqual([
      `left out: ${odd.name} AAAA (1): ${dropReasons.oddName}`,
      `left out: ${stray.name} A (1): ${dropReasons.outside}`,
      `left out: ${empty.name} A (1): ${dropReasons.unread}: malformed DNS message: A data has 0 octets, not 4`,
    ]);
    const kept = await keepSnapshot(createMemoryStore(), result.snapshot, 1);
    expect(kept.rrsets).toEqual(result.snapshot.rrsets);
  });

  it('verifies the signature, and refuses a wrong key and an unsigned transfer', async () => {
    const secretBase64 = btoa('0123456789abcdef0123456789abcdef');
    const tsig = await importTsigKey('key.', secretBase64);
    const signing = await start(() => whole(), { tsig: { name: 'key.', secretBase64 } });
    expect(captured(await setUp({ tsig }).source.capture([signing])).snapshot.origin).toMatchObject({ signed: true });
    const other = await importTsigKey('key.', btoa('another secret another secret 32'));
    expect(reasons(await setUp({ tsig: other }).source.capture([signing]))).toEqual(['bad-mac']);
    expect(reasons(await setUp().source.capture([signing]))).toEqual(['refused']);
    const plain = await start(() => whole());
    expect(reasons(await setUp({ tsig }).source.capture([plain]))).toEqual(['missing-mac']);
  });

  it('refuses a forged transfer', async () => {
    const secretBase64 = btoa('0123456789abcdef0123456789abcdef');
    const tsig = await importTsigKey('key.', secretBase64);
    const forged: FakeReply = {
      messages: (whole().messages ?? []).map((message, i) =>
        message instanceof Uint8Array || i !== 2 ? message : { ...message, sign: 'forged' },
      ),
    };
    const server = await start(() => forged, { tsig: { name: 'key.', secretBase64 } });
    expect(reasons(await setUp({ tsig }).source.capture([server]))).toEqual(['bad-mac']);
  });

  const bad: readonly (readonly [string, FakeAnswer, AxfrRefusal, RegExp, Partial<AxfrSourceOptions>?])[] = [
    ['REFUSED', () => refused, 'refused', /REFUSED/],
    ['NOTAUTH', () => ({ messages: [{ rcode: 'NOTAUTH' }] }), 'notauth', /NOTAUTH/],
    ['SERVFAIL', () => ({ messages: [{ rcode: 'SERVFAIL' }] }), 'server-failure', /SERVFAIL/],
    ['silence', () => ({ keepOpen: true }), 'timeout', /nothing within 300 ms/],
    ['an end in the middle', () => ({ ...whole(), cutAfterBytes: 900 }), 'truncated', /middle|before the closing SOA/],
    ['SOA and SOA only', () => whole(serial, []), 'empty', /SOA and SOA only/],
    [
      'nothing but the name servers',
      () => whole(serial, records.slice(0, 2)),
      'empty',
      /holds no service at all \(2 records/,
    ],
    ['serial 0', () => whole(0), 'serial-zero', /serial of cluster\.local\. is 0/],
    [
      'a must-have name missing',
      () => whole(serial, records.slice(3)),
      'missing-names',
      /kubernetes\.default\.svc\.cluster\.local\./,
    ],
    ['too many records', () => whole(), 'too-large', /more than 20 records/, { maxRecords: 20 }],
    ['too many bytes', () => whole(), 'too-large', /exceeds 500 octets/, { maxBytes: 500 }],
    [
      'another zone',
      () => transferOf({ ...soaOf(1), name: parseName('other.zone') }, records),
      'malformed',
      /not the SOA of the zone|not in the zone/,
    ],
  ];
  for (const [what, answer, reason, evidence, options] of bad) {
    it(`refuses ${what}, and goes on to the next server`, async () => {
      const [first, second] = [await start(answer), await start(() => whole())];
      const { source } = setUp(options, what === 'serial 0' ? { [formatEndpoint(first)]: [serial, 0] } : {});
      const alone = await source.capture([first]);
      expect(alone.status).toBe('refused');
      expect(alone.attempts).toEqual([
        {
          place: formatEndpoint(first),
          kind: axfrRefusals[reason],
          code: reason,
          evidence: expect.stringMatching(evidence),
        },
      ]);
      if (options !== undefined) return;
      const both = captured(
        await setUp({}, what === 'serial 0' ? { [formatEndpoint(first)]: [serial, 0] } : {}).source.capture([
          first,
          second,
        ]),
      );
      expect(both.snapshot.origin).toMatchObject({ server: formatEndpoint(second) });
      expect(reasons(both)).toEqual([reason]);
    });
  }

  it('counts the bytes of refused transfers too', async () => {
    const server = await start(() => ({ ...whole(), cutAfterBytes: 900 }));
    expect((await setUp().source.capture([server])).bytes).toBeGreaterThan(400);
  });

  it('refuses all, with every reason, and an empty list', async () => {
    const { source } = setUp();
    expect(await source.capture([])).toMatchObject({ status: 'refused', attempts: [], bytes: 0 });
    const result = await source.capture([await start(() => refused), await start(() => whole(serial, []))]);
    expect(reasons(result)).toEqual(['refused', 'empty']);
  });

  it('asks no place but its own servers, whoever names it', async () => {
    const own = await start(() => whole());
    let asked = 0;
    const other = await start(() => {
      asked++;
      return whole();
    });
    const { source } = setUp({ servers: [own] });
    expect(await source.capture([other])).toMatchObject({ status: 'refused', attempts: [], bytes: 0 });
    expect(asked).toBe(0);
  });

  it('stops when it is told to', async () => {
    const [first, second] = [await start(() => ({ keepOpen: true })), await start(() => whole())];
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);
    const result = await setUp().source.capture([first, second], { signal: controller.signal });
    expect(reasons(result)).toEqual(['timeout']);
    expect(result.tookMs).toBeLessThan(250);
  });
});

describe('the serial around the transfer', () => {
  it('moved: transfers once more and says so', async () => {
    let transfers = 0;
    const server = await start(() => whole(serial + transfers++));
    const { source, asked } = setUp({}, { [formatEndpoint(server)]: [serial, serial + 1] });
    const result = captured(await source.capture([server]));
    expect(transfers).toBe(2);
    expect(result.snapshot.freshness).toEqual({ kind: 'serial', serial: serial + 1 });
    expect(result.notes).toEqual([
      `the serial of ${formatEndpoint(server)} moved from ${serial} to ${serial + 1} during the transfer: transferred once more`,
    ]);
    expect(asked.get(formatEndpoint(server))).toBe(2);
  });

  it('moves all the time: ends after the second transfer', async () => {
    let transfers = 0;
    const server = await start(() => whole(serial + transfers++));
    const { source } = setUp({}, { [formatEndpoint(server)]: [serial, serial + 9, serial + 18, serial + 27] });
    expect(captured(await source.capture([server])).snapshot.freshness).toEqual({ kind: 'serial', serial: serial + 1 });
    expect(transfers).toBe(2);
  });

  it('moved, and the second transfer is cut: refused', async () => {
    let transfers = 0;
    const server = await start(() => (transfers++ === 0 ? whole() : { ...whole(), cutAfterBytes: 900 }));
    const { source } = setUp({}, { [formatEndpoint(server)]: [serial, serial + 1] });
    expect(reasons(await source.capture([server]))).toEqual(['truncated']);
  });

  it('is unsynced after it: restarted in the middle, refused', async () => {
    const server = await start(() => whole());
    const { source } = setUp({}, { [formatEndpoint(server)]: [serial, 'unsynced'] });
    expect(reasons(await source.capture([server]))).toEqual(['unsynced']);
  });

  it('cannot be had after it: taken, with a note', async () => {
    const server = await start(() => whole());
    const { source } = setUp({}, { [formatEndpoint(server)]: [serial, 'down'] });
    expect(captured(await source.capture([server])).notes).toEqual([
      `whether ${formatEndpoint(server)} changed during the transfer is not known: ${formatEndpoint(server)} says down`,
    ]);
  });

  it('keeps unfit servers from being transferred from', async () => {
    const transfers: string[] = [];
    const endpoints = await Promise.all(
      ['old', 'unsynced', 'down', 'unknown', 'good'].map((what) =>
        start(() => {
          transfers.push(what);
          return whole();
        }),
      ),
    );
    const ids = endpoints.map(formatEndpoint);
    const [old = '', isUnsynced = '', down = '', unknown = ''] = ids;
    const serials: Serials = {
      [old]: [serial - 61],
      [isUnsynced]: ['unsynced'],
      [down]: ['down'],
      [unknown]: ['unknown'],
    };
    const result = captured(await setUp({}, serials).source.capture(endpoints));
    expect(transfers).toEqual(['good']);
    expect(result.attempts.map(({ place, code }) => [ids.indexOf(place), code])).toEqual([
      [0, 'behind'],
      [1, 'unsynced'],
      [2, 'down'],
      [3, 'serial-unknown'],
    ]);
    expect(result.attempts[0]?.evidence).toBe(
      `serial ${serial - 61} of ${ids[0]} is 61 s older than ${serial} of ${ids[4]} (limit 60 s): left behind, or the other one was restarted; the newer one is used`,
    );
  });

  it('may be older by exactly the limit', () => {
    const answer: SerialAnswer = { status: 'serial', serial: 940, evidence: '' };
    expect(unfitness({ id: 'a', answer }, { id: 'b', serial: 1000 }, 60)).toBeUndefined();
    expect(unfitness({ id: 'a', answer }, { id: 'b', serial: 1001 }, 60)?.code).toBe('behind');
  });
});

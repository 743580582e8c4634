import { describe, expect, it } from 'vitest';
import type { LeftRecord } from '../../../functions/records/left-record.ts';
import { parseName } from '../../../functions/records/name.ts';
import type { DnsRecord, RecordType } from '../../../functions/records/rrset.ts';
import {
  buildSnapshot,
  dropReasons,
  findUnpublishable,
  namespaceOf,
  oddities,
} from '../../../functions/snapshot/build.ts';
import { checkCompleteness } from '../../../functions/snapshot/completeness.ts';
import { canonicalForm } from '../../../functions/snapshot/digest.ts';
import type { Freshness } from '../../../functions/snapshot/snapshot.ts';

const zone = parseName('cluster.local');
const record = (name: string, type: RecordType, value: string, ttlSeconds = 30): DnsRecord => ({
  name: parseName(name === '@' ? zone : `${name}.${zone}`),
  type,
  ttlSeconds,
  value,
});
/** What CoreDNS 1.15.0 hands out, with the Service that selects it: NS and glue with TTL 0 first. */
const transfer: readonly DnsRecord[] = [
  record('@', 'SOA', 'ns.dns.cluster.local. hostmaster.cluster.local. 1700000000 7200 1800 86400 30'),
  record('@', 'NS', 'kube-dns.kube-system.svc.cluster.local.', 0),
  record('kube-dns.kube-system.svc', 'A', '10.96.0.10', 0),
  record('kubernetes.default.svc', 'A', '10.96.0.1'),
  record('_https._tcp.kubernetes.default.svc', 'SRV', '0 100 443 kubernetes.default.svc.cluster.local.'),
  record('kube-dns.kube-system.svc', 'A', '10.96.0.10'),
  record('db.shop.svc', 'A', '10.1.0.4'),
  record('db.shop.svc', 'A', '10.1.0.4'),
  record('db.shop.svc', 'A', '10.1.0.3'),
];
const build = (
  records: readonly DnsRecord[],
  extra: { publishTtlSeconds?: number; freshness?: Freshness; left?: readonly LeftRecord[] } = {},
) =>
  buildSnapshot({
    cluster: 'prod',
    zone,
    origin: { kind: 'axfr', server: '10.0.0.10:53', signed: true },
    freshness: { kind: 'serial', serial: 1_700_000_000 },
    takenAt: 1_700_000_100_000,
    records,
    ...extra,
  });

describe('buildSnapshot', () => {
  it('keeps services, drops what is CoreDNS itself, and says why', async () => {
    const snapshot = await build(transfer);
    expect(snapshot.rrsets.map((set) => `${set.name} ${set.type} ${set.ttlSeconds} ${set.values.join(',')}`)).toEqual([
      'kubernetes.default.svc.cluster.local. A 30 10.96.0.1',
      '_https._tcp.kubernetes.default.svc.cluster.local. SRV 30 0 100 443 kubernetes.default.svc.cluster.local.',
      'kube-dns.kube-system.svc.cluster.local. A 30 10.96.0.10',
      'db.shop.svc.cluster.local. A 30 10.1.0.3,10.1.0.4',
    ]);
    expect(snapshot.dropped).toEqual([
      { name: zone, type: 'SOA', count: 1, reason: dropReasons.soa },
      { name: zone, type: 'NS', count: 1, reason: dropReasons.nameServer },
      { name: 'kube-dns.kube-system.svc.cluster.local.', type: 'A', count: 1, reason: dropReasons.glue },
      { name: 'db.shop.svc.cluster.local.', type: 'A', count: 1, reason: dropReasons.duplicate },
    ]);
    expect(snapshot.counts).toEqual({
      records: 5,
      rrsets: 4,
      byType: { A: 4, SRV: 1 },
      byNamespace: { default: 2, 'kube-system': 1, shop: 2 },
    });
    expect(snapshot.number).toBe(0);
  });

  it('drops ns.dns.<zone> and anything else outside svc.<zone>', async () => {
    const { rrsets, dropped } = await build([
      record('@', 'NS', 'ns.dns.cluster.local.', 0),
      record('ns.dns', 'A', '127.0.0.1', 0),
      record('dns-version', 'TXT', '"1.1.0"', 28_800),
      record('1-2-3-4.default.pod', 'A', '1.2.3.4'),
      record('a.b.svc', 'A', '10.0.0.1'),
      record('a.b.svc', 'PTR', 'x.'),
    ]);
    expect(rrsets).toHaveLength(1);
    expect(dropped.map(({ name, reason }) => [name, reason])).toEqual([
      [zone, dropReasons.nameServer],
      ['ns.dns.cluster.local.', dropReasons.glue],
      ['dns-version.cluster.local.', dropReasons.outside],
      ['1-2-3-4.default.pod.cluster.local.', dropReasons.outside],
      ['a.b.svc.cluster.local.', dropReasons.type],
    ]);
  });

  it('keeps an address with TTL 0 that has no other beside it, whatever the rest of the zone has', async () => {
    const { rrsets } = await build(
      transfer.filter(({ value, ttlSeconds }) => value !== '10.96.0.10' || ttlSeconds === 0),
    );
    expect(rrsets.find((set) => set.name.startsWith('kube-dns.'))?.values).toEqual(['10.96.0.10']);
  });

  it('drops a name that strict servers refuse, and what points to it, and keeps the rest', async () => {
    const odd = '2001-db8-3333-4444-5555-6666--.hl6.shop.svc';
    const snapshot = await build([
      ...transfer,
      record('hl6.shop.svc', 'AAAA', '2001:db8:3333:4444:5555:6666::'),
      record(odd, 'AAAA', '2001:db8:3333:4444:5555:6666::'),
      record('_http._tcp.hl6.shop.svc', 'SRV', `0 50 80 ${odd}.cluster.local.`),
      record('_http._tcp.hl6.shop.svc', 'SRV', '0 50 80 good.hl6.shop.svc.cluster.local.'),
      record('has\\046dot.shop.svc', 'A', '10.0.0.9'),
      record('_http._tcp.web.shop.svc', 'A', '10.0.0.9'),
    ]);
    expect(snapshot.counts).toMatchObject({ records: 7, byNamespace: { shop: 4 } });
    expect(oddities(snapshot).map(({ name, reason }) => [name, reason])).toEqual([
      [`${odd}.cluster.local.`, dropReasons.oddName],
      ['_http._tcp.hl6.shop.svc.cluster.local.', dropReasons.oddTarget],
      ['has\\046dot.shop.svc.cluster.local.', dropReasons.oddName],
      ['_http._tcp.web.shop.svc.cluster.local.', dropReasons.oddName],
    ]);
    expect(snapshot.unread).toBeUndefined();
  });

  it('names what the reader could not read, and at which services it is not known what they hold', async () => {
    const left = (name: string, type: string, why: LeftRecord['why'], detail: string): LeftRecord => ({
      name: parseName(`${name}.${zone}`),
      type,
      why,
      detail,
    });
    const snapshot = await build(transfer, {
      left: [
        left('web.shop.svc', 'A', 'data', 'A data has 0 octets, not 4'),
        left('signed.shop.svc', 'TYPE46', 'type', 'type 46'),
        left('api.shop.svc', 'A', 'class', 'class 3'),
        left('mail', 'MX', 'type', 'type 15'),
      ],
    });
    expect(snapshot.unread).toEqual(['api.shop.svc.cluster.local.', 'web.shop.svc.cluster.local.']);
    expect(oddities(snapshot).map(({ name, type, reason }) => `${name} ${type}: ${reason}`)).toEqual([
      'web.shop.svc.cluster.local. A: cannot be read: A data has 0 octets, not 4',
      `signed.shop.svc.cluster.local. TYPE46: ${dropReasons.type}: type 46`,
      'api.shop.svc.cluster.local. A: cannot be read: class 3',
      `mail.cluster.local. MX: ${dropReasons.outside}`,
    ]);
    const { digest } = await build(transfer);
    expect(snapshot.digest).toBe(digest);
    const many = Array.from({ length: 201 }, (_, i) => left(`p${i}.shop.svc`, 'A', 'data', `octet ${i}`));
    const summed = await build([], { left: many });
    expect(summed.dropped).toEqual([{ name: zone, type: 'A', count: 201, reason: dropReasons.unread }]);
    expect(summed.unread).toHaveLength(201);
  });

  it('keeps the address of the DNS Service where every record has TTL 0', async () => {
    const { rrsets } = await build(transfer.map((one) => ({ ...one, ttlSeconds: 0 })));
    expect(rrsets.find((set) => set.name.startsWith('kube-dns.'))?.values).toEqual(['10.96.0.10']);
  });

  it('drops CNAMEs that no zone may hold, and keeps a lone one', async () => {
    const { rrsets, dropped } = await build([
      record('one.a.svc', 'CNAME', 'example.org.'),
      record('two.a.svc', 'CNAME', 'example.org.'),
      record('two.a.svc', 'CNAME', 'example.net.'),
      record('mixed.a.svc', 'CNAME', 'example.org.'),
      record('mixed.a.svc', 'A', '10.0.0.1'),
    ]);
    expect(rrsets.map((set) => `${set.name} ${set.type}`)).toEqual([
      'mixed.a.svc.cluster.local. A',
      'one.a.svc.cluster.local. CNAME',
    ]);
    expect(dropped.map(({ reason, count }) => [reason, count])).toEqual([
      [dropReasons.cname, 2],
      [dropReasons.cname, 1],
    ]);
  });

  it('drops wildcards, which would answer for every name', async () => {
    const { rrsets, dropped } = await build([
      record('*.shop.svc', 'A', '10.0.0.1'),
      record('_a.*.svc', 'TXT', '"x"'),
      record('a.shop.svc', 'A', '10.0.0.1'),
    ]);
    expect(rrsets).toHaveLength(1);
    expect(dropped.map(({ reason }) => reason)).toEqual([dropReasons.wildcard, dropReasons.wildcard]);
  });

  it('counts namespaces that are called like members of every object', async () => {
    const { counts } = await build(['constructor', '__proto__'].map((each) => record(`a.${each}.svc`, 'TXT', '"x"')));
    expect(Object.entries(counts.byNamespace)).toEqual([
      ['__proto__', 1],
      ['constructor', 1],
    ]);
  });

  it('finds nothing unpublishable in what it made', async () => {
    const { rrsets } = await build(transfer);
    expect(findUnpublishable(zone, rrsets)).toBeUndefined();
    const [first] = rrsets;
    if (first === undefined) throw new Error('a set is needed');
    expect(findUnpublishable(zone, [...rrsets, { ...first, name: zone }])).toMatchObject({
      name: zone,
      reason: dropReasons.outside,
    });
  });

  it('sums dropped entries up when there are too many to list', async () => {
    const many = Array.from({ length: 201 }, (_, i) => record(`p${i}.default.pod`, 'A', '1.2.3.4'));
    const { dropped } = await build(many);
    expect(dropped).toEqual([{ name: zone, type: 'A', count: 201, reason: dropReasons.outside }]);
  });

  it('gives a digest that depends on the sets and TTLs, and on nothing else', async () => {
    const [one, reversed, other, published] = await Promise.all([
      build(transfer),
      build([...transfer].reverse(), { freshness: { kind: 'serial', serial: 1_800_000_000 } }),
      build(transfer.slice(0, -1)),
      build(transfer, { publishTtlSeconds: 5 }),
    ]);
    expect(reversed.digest).toBe(one.digest);
    expect(other.digest).not.toBe(one.digest);
    expect(published.digest).not.toBe(one.digest);
    expect(published.rrsets.every((set) => set.ttlSeconds === 5)).toBe(true);
    expect(one.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(canonicalForm(zone, one.rrsets).split('\n')[1]).toBe('kubernetes.default.svc.cluster.local. 30 A 10.96.0.1');
  });

  it('finds the namespace of a name', () => {
    expect(namespaceOf(parseName('_https._tcp.kubernetes.default.svc.cluster.local'), zone)).toBe('default');
    expect(namespaceOf(parseName('svc.cluster.local'), zone)).toBeUndefined();
    expect(namespaceOf(parseName('a.b.svc.other.zone'), zone)).toBeUndefined();
  });
});

describe('checkCompleteness', () => {
  const mustHave = ['kubernetes.default.svc'];

  it('takes a whole snapshot', async () => {
    expect(checkCompleteness(await build(transfer), mustHave)).toEqual({ status: 'complete' });
  });

  const unsynced = [
    ...transfer.slice(0, 1),
    record('@', 'NS', 'ns.dns.cluster.local.', 0),
    record('ns.dns', 'A', '127.0.0.1', 0),
  ];
  it.each([
    [
      'serial-zero',
      transfer,
      0,
      'the serial of cluster.local. is 0: CoreDNS has never heard from the API server (unsynced)',
    ],
    [
      'empty',
      unsynced,
      1,
      'cluster.local. with serial 1 holds no service at all (3 records were there and are never published): an unsynced CoreDNS hands out such a zone',
    ],
    [
      'missing-names',
      transfer.slice(4),
      1,
      '1 of 1 must-have names are missing: kubernetes.default.svc.cluster.local.; 3 record sets are there',
    ],
  ] as const)('refuses: %s', async (code, records, serial, evidence) => {
    expect(checkCompleteness(await build(records, { freshness: { kind: 'serial', serial } }), mustHave)).toEqual({
      status: 'refused',
      kind: code === 'serial-zero' ? 'unsynced' : 'incomplete',
      code,
      evidence,
    });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LifeboatError } from '../../../functions/lib/errors.ts';
import { child, type Name, parseName } from '../../../functions/records/name.ts';
import { rdataOf } from '../../../functions/records/rdata/index.ts';
import { type DnsRecord, groupRecords, type RecordType } from '../../../functions/records/rrset.ts';
import { formatZoneFile, parseZoneFile } from '../../../functions/snapshot/zone-file.ts';

const origin = parseName('cluster.local');
const flat = (text: string, options?: Parameters<typeof parseZoneFile>[1]) =>
  parseZoneFile(text, options).rrsets.map(
    (set) => `${set.name} ${set.ttlSeconds} ${set.type} ${set.values.join(' | ')}`,
  );

describe('parseZoneFile', () => {
  it('reads the master file of RFC 1035 section 5.1: $ORIGIN, $TTL, @, relative names, blank owner, parentheses, comments', () => {
    const text = [
      '; a comment line',
      '$TTL 1h',
      '$ORIGIN Cluster.Local.',
      '@ IN SOA ns.dns hostmaster (',
      '    1700000000 ; serial',
      '    2h 30m 1d 30 )',
      '  NS ns.dns',
      'api.default.svc 30 IN A 10.0.0.1 ; trailing',
      '                IN 20 A 10.0.0.2',
      '\tA 10.0.0.3',
      '$ORIGIN svc.cluster.local.',
      '_http._tcp.api.default 30 SRV 0 100 80 api.default',
      'ext.default CNAME example.org.',
      'txt.default TXT "a; b (c) \\"d\\"" bare\\;word "\\195\\164"',
      '@ AAAA 2001:DB8::0001',
    ].join('\r\n');
    const parsed = parseZoneFile(text);
    expect(parsed.origin).toBe('cluster.local.');
    expect(parsed.soa).toEqual({
      name: 'cluster.local.',
      type: 'SOA',
      ttlSeconds: 3600,
      values: ['ns.dns.cluster.local. hostmaster.cluster.local. 1700000000 7200 1800 86400 30'],
    });
    expect(flat(text)).toEqual([
      'cluster.local. 3600 NS ns.dns.cluster.local.',
      'svc.cluster.local. 3600 AAAA 2001:db8::1',
      'api.default.svc.cluster.local. 20 A 10.0.0.1 | 10.0.0.2 | 10.0.0.3',
      '_http._tcp.api.default.svc.cluster.local. 30 SRV 0 100 80 api.default.svc.cluster.local.',
      'ext.default.svc.cluster.local. 3600 CNAME example.org.',
      'txt.default.svc.cluster.local. 3600 TXT "a; b (c) \\"d\\"" "bare;word" "\\195\\164"',
    ]);
  });

  it('reads what `dig axfr` prints, with the SOA at both ends', () => {
    const soa = 'cluster.local. 30 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 1 2 3 4 5';
    const parsed = parseZoneFile(`; <<>> DiG\n${soa}\na.b.svc.cluster.local. 30 IN A 10.0.0.1\n${soa}\n`);
    expect(parsed.origin).toBe(origin);
    expect(parsed.rrsets).toHaveLength(1);
  });

  it('tells of records of other types instead of losing them', () => {
    expect(parseZoneFile('@ 5 MX 10 mail\n@ 5 TYPE65280 \\# 1 00\n', { origin }).left).toEqual([
      { name: origin, type: 'MX', why: 'type', detail: 'line 1' },
      { name: origin, type: 'TYPE65280', why: 'type', detail: 'line 2' },
    ]);
  });

  it('reads the numbers and the generic form of RFC 3597', () => {
    const text = [
      '$ORIGIN cluster.local.',
      'web.shop.svc 30 CLASS1 TYPE1 \\# 4 0a600014',
      'web.shop.svc class1 30 TYPE1 ( \\# 4 0A60',
      '  0015 )',
      'v6.shop.svc 30 IN AAAA \\# 16 20010db8 00000000 0000000000000001',
      'ext.shop.svc 30 TYPE5 \\# 13 076578616d706c65036f726700',
      'txt.shop.svc 30 type16 "plain"',
    ].join('\n');
    expect(flat(text)).toEqual([
      'ext.shop.svc.cluster.local. 30 CNAME example.org.',
      'txt.shop.svc.cluster.local. 30 TXT "plain"',
      'v6.shop.svc.cluster.local. 30 AAAA 2001:db8::1',
      'web.shop.svc.cluster.local. 30 A 10.96.0.20 | 10.96.0.21',
    ]);
    expect(parseZoneFile(text).left).toEqual([]);
  });

  it('reads every legal owner name, escapes included', () => {
    const text = 'has\\046dot.legacy 5 A 1.1.1.1\n\\$a\\ b 5 A 1.1.1.2\na!b-.x 5 A 1.1.1.3\n\\195\\188 5 A 1.1.1.4\n';
    expect(flat(text, { origin })).toEqual([
      '\\$a\\032b.cluster.local. 5 A 1.1.1.2',
      '\\195\\188.cluster.local. 5 A 1.1.1.4',
      'has\\046dot.legacy.cluster.local. 5 A 1.1.1.1',
      'a!b-.x.cluster.local. 5 A 1.1.1.3',
    ]);
  });

  it('gives the records one by one as well, each with its own TTL', () => {
    const { records } = parseZoneFile('a 0 A 1.1.1.1\na 30 A 1.1.1.1\n', { origin });
    expect(records.map(({ ttlSeconds }) => ttlSeconds)).toEqual([0, 30]);
  });

  it('takes a missing TTL from $TTL, else from the record before, else from the SOA', () => {
    expect(
      flat('a 7 A 1.1.1.1\nb A 1.1.1.1\n$TTL 9\nc A 1.1.1.1\n', { origin }).map((line) => line.split(' ')[1]),
    ).toEqual(['7', '7', '9']);
    expect(parseZoneFile('@ SOA a b 1 2 3 4 5', { origin }).soa?.ttlSeconds).toBe(5);
  });

  it.each([
    ['a A 1.2.3.4\n', 'line 1, column 3: a record without a TTL, and neither $TTL nor a record before it gives one'],
    ['$INCLUDE x.zone\n', 'line 1, column 1: $INCLUDE is not supported: put the records themselves into the file'],
    [
      '\n\n$generate 1-9 a A 10.0.0.$\n',
      'line 3, column 1: $GENERATE is not supported: put the records themselves into the file',
    ],
    ['$FOO 1\n', 'line 1, column 1: unknown directive $FOO'],
    ['$TTL\n', 'line 1, column 1: $TTL needs a value'],
    ['$TTL soon\n', 'line 1, column 6: "soon" is not a TTL'],
    ['$ORIGIN a. b.\n', 'line 1, column 12: $ORIGIN takes one value'],
    ['a 5 IN A\n', 'line 1, column 8: A without a value'],
    ['a 5 IN\n', 'line 1, column 5: a record without a type'],
    ['a 5 CH A 1.2.3.4\n', 'line 1, column 5: class CH: only IN is supported'],
    ['a 5 A 1.2.3.4 5.6.7.8\n', 'line 1, column 15: A takes 1 values, this one has 2'],
    ['a 5 SRV 0 100 80\n', 'line 1, column 5: SRV takes 4 values, this one has 3'],
    ['a 5 1.2.3.4\n', 'line 1, column 5: "1.2.3.4" is not a record type'],
    ['  5 A 1.2.3.4\n', 'line 1, column 3: a record without an owner, and there is none before it'],
    ['a 5 A (1.2.3.4\nb 5 A 1.2.3.4\n', 'line 1, column 7: this parenthesis is never closed'],
    ['a 5 A 1.2.3.4 )\n', 'line 1, column 15: a closing parenthesis without an opening one'],
    ['a 5 A ((1.2.3.4))\n', 'line 1, column 8: a parenthesis inside a parenthesis'],
    ['a 5 TXT "open\n', 'line 1, column 9: this quoted string is not closed on its line'],
    ['a 5 TXT lone\\\n', 'line 1, column 13: a character that is not allowed here'],
    ['"a" 5 A 1.2.3.4\n', 'line 1, column 1: a domain name in quotes'],
    ['a 4294967296 A 1.2.3.4\n', 'line 1, column 3: 4294967296 is more than the largest TTL, 2147483647'],
    [
      'a 5 A \\# 3 01020304\n',
      'line 1, column 7: the generic form wants a length and as many octets in hexadecimal (RFC 3597), for A',
    ],
    ['a 5 TYPE1 \\# 3 010203\n', 'line 1, column 11: malformed DNS message: A data has 3 octets, not 4'],
    [
      'a 5 TYPE6 \\# 25 016100c0000000000100000002000000030000000400000005\n',
      'line 1, column 11: SOA data with a compressed name, which the generic form does not allow (RFC 3597)',
    ],
    ['a 5 CLASS3 TYPE1 \\# 4 01020304\n', 'line 1, column 5: class CLASS3: only IN is supported'],
    [
      '@ 5 SOA a b 1 2 3 4 5\n@ 5 SOA a b 2 2 3 4 5\n',
      'line 2, column 5: a second SOA that differs from the first, of cluster.local.',
    ],
    ['a..b 5 A 1.2.3.4\n', 'line 1, column 1: the name "a..b.cluster.local." has an empty label'],
  ])('refuses %j', (text, message) => {
    expect(() => parseZoneFile(text, { origin })).toThrow(new LifeboatError('input', message));
  });

  it('names line and column of bad record data', () => {
    expect(() => parseZoneFile('a 5 A 1.2.3.4\nb 5 A 1.2.3.444\n', { origin })).toThrow(
      /^line 2, column 7: .*1\.2\.3\.444/,
    );
    expect(() => parseZoneFile('a 5 SRV 0 100 99999 b\n', { origin })).toThrow(/^line 1, column 9: .*99999/);
  });

  it('needs an origin, and says so', () => {
    expect(() => parseZoneFile('')).toThrow('the zone file names no origin');
    expect(() => parseZoneFile('a 5 A 1.2.3.4')).toThrow(
      'line 1, column 1: the name a is relative, and no origin is known yet',
    );
  });

  it('has limits on characters, lines and words', () => {
    expect(() => parseZoneFile('; 0123', { origin, maxCharacters: 5 })).toThrow('has 6 characters, the limit is 5');
    expect(() => parseZoneFile('\n\n\n', { origin, maxLines: 3 })).toThrow('has 4 lines, the limit is 3');
    expect(() => parseZoneFile(`a 5 TXT ${'x '.repeat(1000)}`, { origin })).toThrow(
      'more than 1000 words in one entry',
    );
  });
});

describe('formatZoneFile', () => {
  it('writes one line per value, with the owner and TTL', () => {
    const rrsets = groupRecords([
      { name: child('b.svc', origin), type: 'A', ttlSeconds: 30, value: '10.0.0.2' },
      { name: child('b.svc', origin), type: 'A', ttlSeconds: 30, value: '10.0.0.1' },
      { name: origin, type: 'NS', ttlSeconds: 60, value: 'ns.example.' },
      { name: parseName('elsewhere.example'), type: 'A', ttlSeconds: 1, value: '10.0.0.1' },
    ]);
    expect(formatZoneFile({ origin, rrsets, comments: ['snapshot 7\nof prod'] })).toBe(
      '; snapshot 7\n; of prod\n$ORIGIN cluster.local.\nelsewhere.example. 1 IN A 10.0.0.1\n@ 60 IN NS ns.example.\nb.svc 30 IN A 10.0.0.1\nb.svc 30 IN A 10.0.0.2\n',
    );
  });

  it('comes back without a loss, whatever the sets', () => {
    const plain = fc.stringMatching(/^[a-z0-9_]([a-z0-9-]{0,8}[a-z0-9])?$/);
    const any = fc
      .uint8Array({ minLength: 1, maxLength: 8 })
      .map((all) => Array.from(all, (octet) => `\\${String(octet).padStart(3, '0')}`).join(''));
    const label = fc.oneof(plain, any);
    const name = fc
      .array(label, { maxLength: 4 })
      .map((labels) => (labels.length === 0 ? origin : child(labels.join('.'), origin)));
    const octets = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 20 });
    const quoted = octets.map((bytes) => `"${bytes.map((byte) => `\\${String(byte).padStart(3, '0')}`).join('')}"`);
    const record = fc.oneof(
      fc.tuple(fc.constant<RecordType>('A'), fc.ipV4()),
      fc.tuple(
        fc.constant<RecordType>('AAAA'),
        fc.ipV6().filter((text) => !text.includes('.')),
      ),
      fc.tuple(fc.constant<RecordType>('CNAME'), name),
      fc.tuple(fc.constant<RecordType>('PTR'), name),
      fc.tuple(
        fc.constant<RecordType>('TXT'),
        fc.array(quoted, { minLength: 1, maxLength: 3 }).map((all) => all.join(' ')),
      ),
      fc.tuple(
        fc.constant<RecordType>('SRV'),
        fc.tuple(fc.nat(65_535), fc.nat(65_535), name).map(([w, p, n]) => `0 ${w} ${p} ${n}`),
      ),
    );
    const zone = fc.array(fc.tuple(name, fc.nat(2 ** 31 - 1), record), { maxLength: 20 });
    fc.assert(
      fc.property(zone, (rows) => {
        const records = rows.map(
          ([owner, ttlSeconds, [type, text]]): DnsRecord => ({
            name: owner as Name,
            type,
            ttlSeconds,
            value: rdataOf(type).parse(text),
          }),
        );
        const rrsets = groupRecords(records);
        const text = formatZoneFile({ origin, rrsets });
        const parsed = parseZoneFile(text);
        expect(parsed.rrsets).toEqual(rrsets);
        expect(formatZoneFile(parsed)).toBe(text);
      }),
      { numRuns: 200 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseName } from '../../../../functions/records/name.ts';
import { parseSoa, rdataOf, textOfTxt } from '../../../../functions/records/rdata/index.ts';
import type { RecordType } from '../../../../functions/records/rrset.ts';

const origin = parseName('cluster.local');
const long = 'x'.repeat(63);

/** What was written, what it is. */
const good: readonly [RecordType, string, string][] = [
  ['A', '10.0.0.1', '10.0.0.1'],
  ['A', ' 0.0.0.0\t', '0.0.0.0'],
  ['AAAA', '2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['AAAA', '2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['AAAA', '2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['AAAA', '::', '::'],
  ['CNAME', 'Web.Example.', 'web.example.'],
  ['CNAME', 'web', 'web.cluster.local.'],
  ['CNAME', '@', 'cluster.local.'],
  ['CNAME', '.', '.'],
  ['CNAME', '1.0/25.2.0.192.in-addr.arpa.', '1.0/25.2.0.192.in-addr.arpa.'],
  ['NS', 'ns.dns', 'ns.dns.cluster.local.'],
  ['PTR', 'a\\.b\\032c.example.', 'a\\046b\\032c.example.'],
  ['PTR', 'a\\046\\097.example.', 'a\\046a.example.'],
  ['SRV', '0  100\t8080 web', '0 100 8080 web.cluster.local.'],
  ['SRV', '65535 0 0 .', '65535 0 0 .'],
  ['TXT', '"a b" c', '"a b" "c"'],
  ['TXT', '"\\"\\\\" "" \\200\\065', '"\\"\\\\" "" "\\200A"'],
  ['TXT', '"é;()"', '"\\195\\169;()"'],
  ['TXT', 'a\\ b', '"a b"'],
  ['SOA', 'ns hostmaster.example. 1 2 3 4 5', 'ns.cluster.local. hostmaster.example. 1 2 3 4 5'],
];

const bad: readonly [RecordType, string, RegExp][] = [
  ['A', '10.0.0.256', /not an IPv4 address/],
  ['A', '10.0.0', /not an IPv4 address/],
  ['A', '010.0.0.1', /not an IPv4 address/],
  ['A', '0x0a.0.0.1', /not an IPv4 address/],
  ['A', '', /not an IPv4 address/],
  ['AAAA', '10.0.0.1', /not an IPv6 address/],
  ['AAAA', 'fe80::1%eth0', /not an IPv6 address/],
  ['AAAA', '1::2::3', /not an IPv6 address/],
  ['CNAME', '', /empty/],
  ['CNAME', 'a b', /not one name/],
  ['CNAME', 'a..b', /empty label/],
  ['CNAME', `${'x'.repeat(64)}.`, /64 octets, the limit is 63/],
  ['CNAME', `${long}.${long}.${long}.${long}.`, /257 octets, the limit is 255/],
  ['CNAME', 'a\\', /lone backslash/],
  ['CNAME', 'a\\999.', /\\DDD/],
  ['SRV', '0 100 8080', /not "priority weight port target"/],
  ['SRV', '0 100 65536 web', /SRV port "65536" is not a number from 0 to 65535/],
  ['SRV', '-1 100 80 web', /SRV priority/],
  ['TXT', '', /empty/],
  ['TXT', '"open', /closing quote/],
  ['TXT', 'a\\', /lone backslash/],
  ['TXT', `"${'x'.repeat(256)}"`, /256 octets, the limit is 255/],
  ['SOA', 'ns hostmaster 1 2 3 4', /not "mname rname serial/],
  ['SOA', 'ns hostmaster 4294967296 2 3 4 5', /SOA serial "4294967296"/],
];

describe('rdataOf', () => {
  it.each(good)('%s %s', (type, text, canonical) => {
    const rdata = rdataOf(type);
    expect(rdata.parse(text, origin)).toBe(canonical);
    expect(rdata.parse(canonical)).toBe(canonical);
    const wire = rdata.toWire(canonical);
    // Not at octet 0, so that an offset which is forgotten shows.
    const message = Uint8Array.of(1, 2, 3, ...wire, 9);
    expect(rdata.fromWire(message, 3, wire.length)).toBe(canonical);
  });

  it.each(bad)('%s %j is an error `input`', (type, text, message) => {
    expect(() => rdataOf(type).parse(text, origin)).toThrow(expect.objectContaining({ code: 'input' }));
    expect(() => rdataOf(type).parse(text, origin)).toThrow(message);
  });

  it.each(good)('%s %s: every other length of its wire form is an error `protocol`', (type, _, canonical) => {
    const rdata = rdataOf(type);
    const wire = rdata.toWire(canonical);
    const message = Uint8Array.of(...wire, 0, 0);
    for (const length of [...wire.keys(), wire.length + 1, wire.length + 9]) {
      // A TXT may be cut between two strings and still be one.
      if (type === 'TXT' && length > 0 && length !== wire.length + 9) continue;
      expect(() => rdata.fromWire(message, 0, length), `length ${length}`).toThrow(
        expect.objectContaining({ code: 'protocol' }),
      );
    }
  });

  it('writes wire data as the RFCs have it', () => {
    expect([...rdataOf('SRV').toWire('1 2 258 a.')]).toEqual([0, 1, 0, 2, 1, 2, 1, 97, 0]);
    expect([...rdataOf('TXT').toWire('"a" ""')]).toEqual([1, 97, 0]);
    expect([...rdataOf('AAAA').toWire('::ffff')]).toEqual([...Array<number>(14).fill(0), 255, 255]);
    expect(rdataOf('SOA').toWire('. . 4294967295 0 0 0 1')).toHaveLength(22);
  });

  it('takes any octets as TXT and as names, there and back', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 255 }), { minLength: 1, maxLength: 4 }), (strings) => {
        const wire = Uint8Array.from(strings.flatMap((string) => [string.length, ...string]));
        const text = rdataOf('TXT').fromWire(wire, 0, wire.length);
        expect(text).toMatch(/^[\x20-\x7e]+$/);
        expect(rdataOf('TXT').parse(text)).toBe(text);
        expect(rdataOf('TXT').toWire(text)).toEqual(wire);
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 63 }), { maxLength: 3 }), (labels) => {
        const lower = labels.map((label) => label.map((octet) => (octet >= 65 && octet <= 90 ? octet + 32 : octet)));
        const wire = (from: typeof labels) => Uint8Array.from([...from.flatMap((l) => [l.length, ...l]), 0]);
        const text = rdataOf('CNAME').fromWire(wire(labels), 0, wire(labels).length);
        expect(text).toMatch(/^[\x21-\x7e]+$/);
        expect(rdataOf('CNAME').parse(text)).toBe(text);
        expect(rdataOf('CNAME').toWire(text)).toEqual(wire(lower));
      }),
    );
  });
});

describe('parseSoa', () => {
  it('names the fields', () => {
    expect(parseSoa('ns.example. host.example. 4294967295 7200 1800 86400 5')).toEqual({
      mname: 'ns.example.',
      rname: 'host.example.',
      serial: 4_294_967_295,
      refreshSeconds: 7_200,
      retrySeconds: 1_800,
      expireSeconds: 86_400,
      minimumSeconds: 5,
    });
  });
});

describe('textOfTxt', () => {
  it('joins the strings and reads UTF-8', () => {
    expect(textOfTxt('"a\\195\\169" "b c"')).toBe('aéb c');
  });
});

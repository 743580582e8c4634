import { decode } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeQuery } from '../../../functions/dnswire/message.ts';
import { LifeboatError } from '../../../functions/lib/errors.ts';
import { readDomain } from '../../../functions/records/domain.ts';
import { parseName } from '../../../functions/records/name.ts';
import { vector } from './vectors.ts';

const web = 'web.default.svc.cluster.local.';

describe('decodeMessage', () => {
  it('reads every type, compressed, in lower case, and names what it leaves out', () => {
    const message = decodeMessage(vector('types'));
    expect(message).toMatchObject({
      id: 7,
      opcode: 0,
      rcode: 'NXDOMAIN',
      flags: { qr: true, aa: true, tc: false, rd: false, ra: true },
      question: { name: web, type: 'ANY' },
      left: [
        { name: web, type: 'TYPE15', why: 'type', detail: 'type 15' },
        { name: web, type: 'TXT', why: 'class', detail: 'class 3' },
      ],
      tsigOffset: undefined,
    });
    expect(message.answers).toEqual([
      { name: web, type: 'A', ttlSeconds: 30, value: '10.0.0.1' },
      { name: web, type: 'AAAA', ttlSeconds: 30, value: '2001:db8::1:0:0:1' },
      { name: web, type: 'SRV', ttlSeconds: 30, value: `0 100 8080 ${web}` },
      { name: web, type: 'TXT', ttlSeconds: 30, value: '"a \\"b\\" \\\\ \\200" "" "c;d"' },
      { name: 'a\\046b.cluster.local.', type: 'A', ttlSeconds: 30, value: '10.0.0.8' },
    ]);
    expect(message.authorities.map((record) => record.value)).toEqual([
      'ns.dns.cluster.local. host\\046master.cluster.local. 4294967295 7200 1800 86400 5',
      'ns.dns.cluster.local.',
    ]);
    expect(message.additionals).toEqual([
      { name: 'alias.cluster.local.', type: 'CNAME', ttlSeconds: 5, value: web },
      { name: '1.0.0.10.in-addr.arpa.', type: 'PTR', ttlSeconds: 5, value: web },
    ]);
  });

  it.each(['types', 'signedAnswer', 'streamFirst', 'badTime', 'update'] as const)(
    'refuses every prefix of %s and one octet too many with `protocol`',
    (name) => {
      const bytes = vector(name);
      expect(() => decodeMessage(bytes)).not.toThrow();
      for (let length = 0; length < bytes.length; length++)
        expectProtocol(() => decodeMessage(bytes.subarray(0, length)));
      expectProtocol(() => decodeMessage(Uint8Array.of(...bytes, 0)));
    },
  );

  it('never throws anything but `protocol` on random octets and on spoiled messages', () => {
    const spoiled = fc
      .tuple(
        fc.constantFrom('types' as const, 'signedAnswer' as const),
        fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      )
      .map(([name, edits]) => {
        const bytes = vector(name);
        for (const [at, octet] of edits) bytes[at % bytes.length] = octet;
        return bytes;
      });
    const header = Uint8Array.of(0, 7, 0x84, 0, 0, 1, 0, 2, 0, 0, 0, 1);
    const behindHeader = fc.uint8Array({ maxLength: 120 }).map((tail) => Uint8Array.of(...header, ...tail));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), behindHeader, spoiled), (bytes) => {
        try {
          decodeMessage(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(LifeboatError);
          expect(error).toMatchObject({ code: 'protocol' });
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('refuses names that loop, and a bomb of pointers at once', () => {
    const loop = Uint8Array.of(0, 7, 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1);
    expectProtocol(() => decodeMessage(loop));
    // Each pointer leads to the one before it: without a limit every record that names the last one costs 8,000 steps.
    const chain = new Uint8Array(0x4000);
    for (let at = 2; at < 0x3ffe; at += 2) chain.set([0xc0 | ((at - 2) >> 8), (at - 2) & 255], at);
    expect(() => readDomain(chain, 0x3ff0)).toThrow(/more than 127 pointers/);
  });

  it('reads a TTL with the top bit set as zero, RFC 2181 section 8', () => {
    const head = [0, 7, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0];
    const record = [1, 0x61, 0, 0, 1, 0, 1, 0x80, 0, 0, 1, 0, 4, 10, 0, 0, 1];
    expect(decodeMessage(Uint8Array.of(...head, ...record)).answers).toEqual([
      { name: 'a.', type: 'A', ttlSeconds: 0, value: '10.0.0.1' },
    ]);
  });

  it('keeps a label that holds a dot apart from two labels', () => {
    const head = [0, 7, 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    const question = [3, 0x61, 0x2e, 0x62, 0, 0, 1, 0, 1];
    expect(decodeMessage(Uint8Array.of(...head, ...question)).question?.name).toBe('a\\046b.');
  });
});

describe('encodeQuery', () => {
  const name = parseName('a.default.svc.cluster.local');

  it('asks one question without recursion, with EDNS 1232 where wanted', () => {
    expect(decodeMessage(encodeQuery({ name, type: 'SRV' }, 4711, false))).toMatchObject({
      id: 4711,
      flags: { qr: false, rd: false },
      question: { name, type: 'SRV' },
      additionals: [],
    });
    const packet = decode(Buffer.from(encodeQuery({ name, type: 'A', recursionDesired: true }, 1, true)));
    expect(packet.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1232 }]);
    expect(packet.flag_rd).toBe(true);
  });

  it('says the known serial in an IXFR', () => {
    const message = decodeMessage(encodeQuery({ name, type: 'IXFR', serial: 4_000_000_000 }, 1, false));
    expect(message.authorities).toEqual([{ name, type: 'SOA', ttlSeconds: 0, value: '. . 4000000000 0 0 0 0' }]);
  });
});

function expectProtocol(work: () => unknown): void {
  expect(work).toThrow(expect.objectContaining({ name: 'LifeboatError', code: 'protocol' }));
}

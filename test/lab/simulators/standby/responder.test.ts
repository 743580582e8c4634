// One request, its answers, without a socket: what a sound client never sends, what does not fit, and a disk that takes nothing.
import { decode } from 'dns-packet';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { domainToWire } from '../../../../functions/records/domain.ts';
import { parseName } from '../../../../functions/records/name.ts';
import type { Rrset } from '../../../../functions/records/rrset.ts';
import type { TsigSecret } from '../../../../lab/simulators/dns/tsig-record.ts';
import { readMessage } from '../../../../lab/simulators/standby/message-reader.ts';
import { createResponder, type Protocol, type Responder } from '../../../../lab/simulators/standby/responder.ts';
import { createZone, soaOf, type Zone } from '../../../../lab/simulators/standby/zone.ts';
import { signRequest } from '../dns/tsig-client.ts';

const apex = parseName('cluster.local');
const key: TsigSecret = { name: 'standby.test.', secretBase64: Buffer.alloc(32, 7).toString('base64') };
const nowSeconds = Math.floor(Date.now() / 1000);
const soa: Rrset = { name: apex, type: 'SOA', ttlSeconds: 60, values: ['ns.invalid. me.invalid. 1 2 3 4 30'] };
const texts: Rrset = {
  name: parseName(`big.${apex}`),
  type: 'TXT',
  ttlSeconds: 30,
  values: Array.from({ length: 400 }, (_, i) => `"${String(i).padStart(200, 'x')}"`),
};

let zone: Zone;
let said: string[];
let respond: Responder;
let failure: Error | undefined;
beforeEach(() => {
  zone = createZone(apex, [soa, texts]);
  said = [];
  failure = undefined;
  const save = () => {
    if (failure !== undefined) throw failure;
  };
  respond = createResponder({ zone, key, save, say: (line) => said.push(line) });
});

const u16 = (...values: readonly number[]) => Buffer.from(values.flatMap((value) => [value >> 8, value & 255]));
const question = (name: string, type: number) => Buffer.concat([domainToWire(name), u16(type, 1)]);
const query = (name: string, type: number, ...additionals: readonly Buffer[]) =>
  Buffer.concat([u16(0x4242, 0x0100, 1, 0, 0, additionals.length), question(name, type), ...additionals]);
const opt = (name: number, size: number) => Buffer.concat([Buffer.of(name), u16(41, size, 0, 0, 0)]);
const addA = (name: string, last: number) =>
  Buffer.concat([domainToWire(name), u16(1, 1, 0, 30, 4), Buffer.of(10, 0, 0, last)]);
const updateOf = (...records: readonly Buffer[]) =>
  Buffer.concat([u16(0x4242, 5 << 11, 1, 0, records.length, 0), question(apex, 6), ...records]);
const signed = (message: Buffer) => signRequest(message, key, nowSeconds).bytes;

function rcodes(bytes: Buffer, protocol: Protocol = 'tcp'): readonly string[] {
  return [...respond(bytes, protocol)].map((reply) => (decode(reply) as { rcode?: string }).rcode ?? '');
}

describe('limits of the wire', () => {
  it.each([
    ['udp', undefined, 512],
    ['udp', 100, 512],
    ['udp', 900, 900],
    ['udp', 65_535, 1232],
    ['tcp', undefined, 65_535],
  ] as const)(
    'over %s with EDNS size %s an answer has at most %i octets, else TC and nothing',
    (protocol, size, limit) => {
      const asked = query(texts.name, 16, ...(size === undefined ? [] : [opt(0, size)]));
      const [reply] = [...respond(asked, protocol)];
      expect(reply?.length).toBeLessThanOrEqual(limit);
      expect(decode(reply ?? Buffer.alloc(0))).toMatchObject({ flag_tc: true, answers: [] });
    },
  );

  it('fills a message up to its last octet', () => {
    const name = parseName(`edge.${apex}`);
    const overhead = 12 + domainToWire(name).length + 4 + (2 + 10 + 1);
    for (const [spare, isTruncated] of [
      [0, false],
      [1, true],
    ] as const) {
      zone.put([
        {
          name,
          type: 'TXT',
          ttlSeconds: 30,
          values: [`"${'y'.repeat(250)}"`, `"${'z'.repeat(512 - overhead - 250 - 13 + spare)}"`],
        },
      ]);
      const [reply] = [...respond(query(name, 16), 'udp')];
      expect((decode(reply ?? Buffer.alloc(0)) as { flag_tc?: boolean }).flag_tc).toBe(isTruncated);
      if (!isTruncated) expect(reply).toHaveLength(512);
    }
  });

  it('answers a question that leaves no room for a signature', () => {
    const long = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(30)}.cluster.local.`;
    const own = {
      name: parseName(`${'k'.repeat(63)}.${'l'.repeat(63)}.${'m'.repeat(63)}.test`),
      secretBase64: key.secretBase64,
    };
    respond = createResponder({ zone, key: own, save: () => {}, say: (line) => said.push(line) });
    const replies = [...respond(signRequest(query(long, 1, opt(0, 512)), own, nowSeconds).bytes, 'udp')];
    expect(replies.map((reply) => decode(reply))).toMatchObject([{ rcode: 'NXDOMAIN', flag_tc: true }]);
  });

  it('transfers in messages that hold no more than a message can, each signed', () => {
    const replies = [...respond(signed(query(apex, 252)), 'tcp')];
    expect(replies.length).toBeGreaterThan(1);
    for (const reply of replies) {
      expect(reply.length).toBeLessThanOrEqual(65_535);
      expect(readMessage(reply).additionals.at(-1)?.type).toBe(250);
    }
    expect(replies.flatMap((reply) => readMessage(reply).answers)).toHaveLength(402);
  });

  it('a transfer is of the zone as it was when it was asked for', () => {
    const messages = respond(signed(query(apex, 252)), 'tcp')[Symbol.iterator]();
    const first = messages.next().value as Buffer;
    zone.put([{ ...texts, values: [] }]);
    let records = readMessage(first).answers.length;
    for (let next = messages.next(); next.done !== true; next = messages.next())
      records += readMessage(next.value).answers.length;
    expect(records).toBe(402);
  });
});

describe('a change that cannot be kept', () => {
  it('is SERVFAIL, signed, and not applied; the next one is', () => {
    failure = new Error('ENOSPC: no space left on device');
    expect(rcodes(signed(updateOf(addA(`a.${apex}`, 1))))).toEqual(['SERVFAIL']);
    expect(said).toEqual(['UPDATE SERVFAIL: 2 sets cannot be kept: ENOSPC: no space left on device']);
    expect([zone.exists(`a.${apex}`), soaOf(zone).serial]).toEqual([false, 1]);
    failure = undefined;
    expect(rcodes(signed(updateOf(addA(`a.${apex}`, 1))))).toEqual(['NOERROR']);
    expect(soaOf(zone).serial).toBe(2);
  });
});

describe('what a sound client does not send', () => {
  it.each([
    ['two OPT records', query(apex, 6, opt(0, 512), opt(0, 512)), 'FORMERR'],
    ['octets behind the last record', Buffer.concat([query(apex, 6), Buffer.of(0)]), 'FORMERR'],
    ['no question', u16(1, 0, 0, 0, 0, 0), 'FORMERR'],
    ['a question that points into the header', Buffer.concat([u16(1, 0, 1, 0, 0, 0, 0xc00a), u16(1, 1)]), 'FORMERR'],
    ['a signature that is not the last record', query(apex, 6, signatureOf(query(apex, 6)), opt(0, 512)), 'FORMERR'],
    ['two signatures', signed(signed(query(apex, 6))), 'FORMERR'],
    ['a meta type', query(apex, 253), 'NOTIMP'],
    ['IXFR without an SOA', signed(query(apex, 251)), 'FORMERR'],
    ['IQUERY', Buffer.concat([u16(1, 1 << 11, 1, 0, 0, 0), question(apex, 6)]), 'NOTIMP'],
  ])('%s', (_, bytes, rcode) => expect(rcodes(bytes)).toEqual([rcode]));

  it('a name with any octet is asked for, and is not there', () => {
    for (const name of ['a\\.cluster.local.', 'a\\.b.cluster.local.', '\\000\\255.cluster.local.']) {
      const inZone = name !== 'a\\.cluster.local.';
      expect(rcodes(query(name, 1))).toEqual([inZone ? 'NXDOMAIN' : 'REFUSED']);
    }
  });

  it('no octets make it fail: dropped, or answered with an rcode other than SERVFAIL', () => {
    const seeds = [
      query(texts.name, 16, opt(0, 1232)),
      signed(query(apex, 252)),
      signed(updateOf(addA(`f.${apex}`, 1))),
    ];
    const spoil = fc.record({
      seed: fc.constantFrom(...seeds),
      changes: fc.array(fc.record({ at: fc.nat(200), octet: fc.nat(255) }), { maxLength: 6 }),
      cut: fc.option(fc.nat(200), { nil: undefined }),
      more: fc.uint8Array({ maxLength: 20 }),
    });
    const spoilt = spoil.map(({ seed, changes, cut, more }) => {
      const bytes = Buffer.concat([seed.subarray(0, cut), more]);
      for (const { at, octet } of changes) if (at < bytes.length) bytes[at] = octet;
      return bytes;
    });
    const any = fc.oneof(
      spoilt,
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    );
    const protocols = fc.constantFrom<Protocol>('udp', 'tcp');
    fc.assert(
      fc.property(any, protocols, (bytes, protocol) => {
        for (const reply of respond(bytes, protocol)) {
          expect(reply.readUInt16BE(0)).toBe(bytes.readUInt16BE(0));
          expect((reply[3] ?? 0) & 15).not.toBe(2);
        }
      }),
      { numRuns: 5_000 },
    );
    expect(said.filter((line) => line.startsWith('SERVFAIL'))).toEqual([]);
  });

  it('steps of any kind, well signed, leave a sound zone', () => {
    const names = ['a', 'b', 'x.b', ''].map((label) => (label === '' ? apex : `${label}.${apex}`));
    const data = fc.constantFrom('', '0a000001', '016100', '0000000101610000', '0161');
    const step = fc.record({
      name: fc.constantFrom(...names, 'out.example.'),
      type: fc.constantFrom(1, 2, 5, 6, 12, 15, 16, 28, 33, 41, 250, 252, 255, 65_280),
      klass: fc.constantFrom(1, 3, 254, 255),
      ttl: fc.constantFrom(0, 30),
      data,
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5 }), (steps) => {
        const records = steps.map(({ name, type, klass, ttl, data: hex }) => {
          const octets = Buffer.from(hex, 'hex');
          return Buffer.concat([domainToWire(name), u16(type, klass, 0, ttl, octets.length), octets]);
        });
        expect(rcodes(signed(updateOf(...records)))).not.toContain('SERVFAIL');
        for (const name of names) {
          const node = zone.node(name);
          if (node.has('CNAME')) expect([node.size, node.get('CNAME')?.values.size]).toEqual([1, 1]);
        }
        expect(zone.node(apex).get('SOA')?.values.size).toBe(1);
      }),
      { numRuns: 3_000 },
    );
    expect(said.filter((line) => line.startsWith('SERVFAIL'))).toEqual([]);
  });
});

/** The TSIG record of a signed message. */
function signatureOf(message: Buffer): Buffer {
  return signed(message).subarray(message.length);
}

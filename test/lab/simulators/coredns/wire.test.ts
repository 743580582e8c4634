// Messages to octets and back: case, compression, truncation, and what is refused. Read back with dns-packet, which shares no code with it.
import { decode } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import { replyTo } from '../../../../lab/simulators/coredns/messages.ts';
import { isWithin, labelsOf, nameToWire } from '../../../../lab/simulators/coredns/names.ts';
import {
  addressRecord,
  hostKind,
  nameRecord,
  soaRecord,
  srvRecord,
} from '../../../../lab/simulators/coredns/records.ts';
import {
  decodeMessage,
  encodeMessage,
  fitMessage,
  type Message,
  readName,
} from '../../../../lab/simulators/coredns/wire.ts';
import { types } from '../../../../lab/simulators/dns/codes.ts';

const question = { name: 'Web.Shop.svc.cluster.local.', type: types.A, class: 1 };
const request: Message = { ...replyTo({ id: 7, opcode: 0, rd: true, cd: false } as Message), qr: false, question };
const owner = { name: question.name, ttl: 30 };
const addresses = (count: number) =>
  Array.from({ length: count }, (_, i) => addressRecord(owner, `10.0.${i >> 8}.${i & 255}`));

describe('a message', () => {
  const answers = [
    nameRecord(owner, 'CNAME', 'db.Shop.svc.cluster.local.'),
    srvRecord(owner, { weight: 50, port: 65_536 + 80, target: 'db.shop.svc.cluster.local.' }),
    addressRecord(owner, 'fd00::1'),
  ];
  const message = replyTo(request, { aa: true, answers, authorities: [soaRecord('cluster.local.', 9, 600)] });

  it.each([false, true])('is the same after the way there and back (compressed: %s)', (compress) => {
    expect(decodeMessage(encodeMessage(message, { compress }))).toEqual(message);
  });

  it('is smaller compressed, and other readers see the same', () => {
    const [plain, small] = [encodeMessage(message), encodeMessage(message, { compress: true })];
    expect(small.length).toBeLessThan(plain.length / 2 + 60);
    expect(decode(small).answers).toEqual(decode(plain).answers);
    expect(decode(small).authorities?.[0]).toMatchObject({
      ttl: 300,
      data: { mname: 'ns.dns.cluster.local', minimum: 600 },
    });
  });

  it('holds as many records as fit, with TC when one is left out, and always its OPT', () => {
    const opt = { name: '.', type: types.OPT, class: 1232, ttl: 0, rdata: Buffer.alloc(0) };
    const many = replyTo(request, { answers: addresses(100), additionals: [opt] });
    const cut = fitMessage(many, 512, { compressAbove: 1_480 });
    expect(cut.length).toBeLessThanOrEqual(512);
    expect(decodeMessage(cut)).toMatchObject({ tc: true, additionals: [opt] });
    expect(decodeMessage(cut).answers).toHaveLength(Math.floor((512 - 11 - 12 - 33) / 16));
    const whole = decodeMessage(fitMessage(many, 4_096, { compressAbove: 1_480 }));
    expect(whole).toMatchObject({ tc: false });
    expect(whole.answers).toHaveLength(100);
  });

  it.each([
    ['no header', Buffer.alloc(11)],
    ['a question that ends early', encodeMessage(request).subarray(0, 20)],
    ['a pointer to itself', Buffer.from('000001000001000000000000c00c00010001', 'hex')],
    ['a label of a reserved kind', Buffer.from('000001000001000000000000410000010001', 'hex')],
  ])('is refused with %s', (_, octets) => {
    expect(() => decodeMessage(octets)).toThrow();
  });
});

describe('names', () => {
  it('keep dots and odd octets inside labels', () => {
    const wire = Buffer.from('03612e620161025c0000', 'hex');
    const { name } = readName(wire, 0);
    expect(name).toBe('a\\.b.a.\\\\\\000.');
    expect(labelsOf(name)).toHaveLength(3);
    expect(nameToWire(name)).toEqual(wire);
  });

  it('end at labels', () => {
    expect(isWithin('cluster.local.', 'x.Cluster.LOCAL.')).toBe(true);
    expect(isWithin('cluster.local.', 'xcluster.local.')).toBe(false);
    expect(isWithin('cluster.local.', 'x\\.cluster.local.')).toBe(false);
    expect(isWithin('.', 'x.')).toBe(true);
  });
});

it.each([
  ['10.1.2.3', 'A'],
  ['::ffff:10.1.2.3', 'A'],
  ['fd00::1', 'AAAA'],
  ['10.1.2', 'CNAME'],
  ['010.1.2.3', 'CNAME'],
  ['10.1.2.300', 'CNAME'],
  ['fe80::1%eth0', 'CNAME'],
  ['None', 'CNAME'],
  ['', 'CNAME'],
])('%s is a host of kind %s', (host, kind) => expect(hostKind(host)).toBe(kind));

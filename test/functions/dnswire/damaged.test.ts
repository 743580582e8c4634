// One damaged record of a transfer costs itself: whatever stands in its data, type or class, all others are read, its name is told, and
// no plan takes away what a standby holds there.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../../../functions/dnswire/message.ts';
import { domainToWire } from '../../../functions/records/domain.ts';
import { child, parseName } from '../../../functions/records/name.ts';
import { rdataOf } from '../../../functions/records/rdata/index.ts';
import { type DnsRecord, recordTypeNumbers } from '../../../functions/records/rrset.ts';
import { buildSnapshot } from '../../../functions/snapshot/build.ts';
import { decodeSnapshot, encodeSnapshot } from '../../../functions/snapshot/codec.ts';
import { planFor, policy } from '../plan/zone.ts';

const zone = parseName('cluster.local');
const record = (name: string, type: DnsRecord['type'], value: string): DnsRecord => ({
  name: child(name, zone),
  type,
  ttlSeconds: 30,
  value,
});
const records: readonly DnsRecord[] = [
  record('kubernetes.default.svc', 'A', '10.96.0.1'),
  record('web.shop.svc', 'A', '10.96.0.20'),
  record('web.shop.svc', 'AAAA', 'fd00::20'),
  record('_http._tcp.web.shop.svc', 'SRV', '0 100 80 web.shop.svc.cluster.local.'),
  record('db.shop.svc', 'A', '10.1.0.1'),
  record('db.shop.svc', 'A', '10.1.0.2'),
  record('db.shop.svc', 'A', '10.1.0.3'),
  record('ext.shop.svc', 'CNAME', 'db.example.com.'),
  record('note.shop.svc', 'TXT', '"a" "b"'),
];

interface Wire {
  readonly type: number;
  readonly klass: number;
  readonly data: Uint8Array;
}
const wireOf = ({ type, value }: DnsRecord): Wire => ({
  type: recordTypeNumbers[type],
  klass: 1,
  data: rdataOf(type).toWire(value),
});
const u16 = (value: number) => [value >> 8, value & 255];

/** Names in full, so that no record leans on another one. */
function messageOf(all: readonly (readonly [DnsRecord, Wire])[]): Uint8Array {
  const body = all.flatMap(([{ name }, { type, klass, data }]) => [
    ...domainToWire(name),
    ...u16(type),
    ...u16(klass),
    ...[0, 0, 0, 30],
    ...u16(data.length),
    ...data,
  ]);
  return Uint8Array.of(0, 7, 0x84, 0, 0, 0, ...u16(all.length), 0, 0, 0, 0, ...body);
}

/** Not OPT and not TSIG: those belong to the message, whichever section they stand in. */
const anyType = fc.nat(65_535).filter((type) => type !== 41 && type !== 250);
const damage = fc.record({
  at: fc.nat(records.length - 1),
  edit: fc.oneof(
    fc.record({ data: fc.uint8Array({ maxLength: 300 }) }),
    fc.record({
      data: fc.constantFrom(Uint8Array.of(), Uint8Array.of(0xc0, 0x0c), Uint8Array.of(0xff), Uint8Array.of(63)),
    }),
    fc.record({ klass: fc.integer({ min: 2, max: 65_535 }) }),
    fc.record({ type: anyType }),
    fc.record({ type: anyType, data: fc.uint8Array({ maxLength: 40 }) }),
  ),
});

describe('a damaged record', () => {
  it('leaves all the others, is named, and takes nothing out of a standby', async () => {
    const { rrsets: standby } = await snapshotOf(messageOf(records.map((each) => [each, wireOf(each)])));
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, edit }) => {
        const message = messageOf(records.map((each, i) => [each, { ...wireOf(each), ...(i === at ? edit : {}) }]));
        const { answers, left } = decodeMessage(message, 'leave-out');
        const others = records.filter((_, i) => i !== at);
        expect(answers.filter((each) => others.some((one) => same(one, each)))).toEqual(others);
        expect(answers.length + left.length).toBe(records.length);
        // What it was turned into may be a good record of its own: nobody can tell then.
        const [one] = left;
        if (one === undefined) return;
        const { name } = records[at] ?? record('none', 'A', '');
        expect(one.name).toBe(name);
        const snapshot = await snapshotOf(message);
        expect(snapshot.dropped).toHaveLength(1);
        expect(await decodeSnapshot(await encodeSnapshot(snapshot))).toEqual(snapshot);
        // A record of a foreign type hides none of ours.
        if (one.why === 'type') return;
        expect(snapshot.unread).toEqual([name]);
        const plan = await planOver(snapshot, standby);
        expect(plan.changes).toEqual([]);
        expect(plan.findings).toMatchObject([{ guard: 'unread-source', effect: 'note', names: [name] }]);
      }),
      { numRuns: 500 },
    );
  });

  it('breaks the message where it hides whose it is, and the message names it', () => {
    const [first, second] = records;
    if (first === undefined || second === undefined) throw new Error('two records are needed');
    const good = messageOf([[first, wireOf(first)]]);
    const looping = Uint8Array.of(...good, 0xc0, good.length, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 10, 0, 0, 1);
    looping[7] = 2;
    expect(() => decodeMessage(looping, 'leave-out')).toThrow(
      /points forward or to itself \(record 2 of 2 in its section, after kubernetes\.default\.svc\.cluster\.local\. A\)/,
    );
  });

  it('is refused where it is all that was asked for', () => {
    const [first] = records;
    if (first === undefined) throw new Error('a record is needed');
    const empty = messageOf([[first, { ...wireOf(first), data: new Uint8Array() }]]);
    expect(() => decodeMessage(empty)).toThrow(/A data has 0 octets, not 4 \(record 1 of 1/);
  });
});

function same(a: DnsRecord, b: DnsRecord): boolean {
  return a.name === b.name && a.type === b.type && a.value === b.value && a.ttlSeconds === b.ttlSeconds;
}

function snapshotOf(message: Uint8Array) {
  const { answers, left } = decodeMessage(message, 'leave-out');
  return buildSnapshot({
    cluster: 'prod',
    zone,
    origin: { kind: 'axfr', server: '10.0.0.10:53', signed: true },
    freshness: { kind: 'serial', serial: 1 },
    takenAt: 1,
    records: answers,
    left,
  });
}

function planOver(
  { rrsets: desired, unread: inSource = [] }: Awaited<ReturnType<typeof snapshotOf>>,
  current: Awaited<ReturnType<typeof snapshotOf>>['rrsets'],
) {
  return planFor({
    desired,
    current,
    unread: { inSource },
    policy: { ...policy, maxDeleteShare: 1, minDeletesToHold: 1000 },
  });
}

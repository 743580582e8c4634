import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseName } from '../../../functions/records/name.ts';
import {
  compareRrsets,
  type DnsRecord,
  groupRecords,
  type Rrset,
  rrsetKey,
  sameRrset,
} from '../../../functions/records/rrset.ts';

const a = parseName('a.cluster.local');
const b = parseName('b.cluster.local');
const record = (value: string, more: Partial<DnsRecord> = {}): DnsRecord => ({
  name: a,
  type: 'A',
  ttlSeconds: 30,
  value,
  ...more,
});

describe('groupRecords', () => {
  it('makes one set of each name and type, without duplicates, in order', () => {
    const records = [
      record('10.0.0.2', { name: b }),
      record('::1', { type: 'AAAA' }),
      record('10.0.0.2'),
      record('10.0.0.1'),
      record('10.0.0.2'),
    ];
    expect(groupRecords(records)).toEqual([
      { name: a, type: 'A', ttlSeconds: 30, values: ['10.0.0.1', '10.0.0.2'] },
      { name: a, type: 'AAAA', ttlSeconds: 30, values: ['::1'] },
      { name: b, type: 'A', ttlSeconds: 30, values: ['10.0.0.2'] },
    ]);
  });

  it('gives a set its smallest TTL (RFC 2181 section 5.2)', () => {
    expect(groupRecords([record('10.0.0.1', { ttlSeconds: 5 }), record('10.0.0.2')])[0]?.ttlSeconds).toBe(5);
    expect(groupRecords([record('10.0.0.1'), record('10.0.0.1', { ttlSeconds: 0 })])[0]?.ttlSeconds).toBe(0);
  });

  it('makes nothing of nothing', () => expect(groupRecords([])).toEqual([]));

  it('does not depend on the order of the records', () => {
    const records = fc.array(
      fc.record({
        name: fc.constantFrom(a, b, parseName('cluster.local')),
        type: fc.constantFrom('A', 'AAAA', 'TXT'),
        ttlSeconds: fc.integer({ min: 0, max: 3 }),
        value: fc.constantFrom('1', '2', '3'),
      }) as fc.Arbitrary<DnsRecord>,
    );
    fc.assert(
      fc.property(records, (given) => {
        const sets = groupRecords(given);
        expect(groupRecords(given.toReversed())).toEqual(sets);
        expect(new Set(sets.map(rrsetKey)).size).toBe(sets.length);
        expect(sets.toSorted(compareRrsets)).toEqual(sets);
      }),
    );
  });
});

describe('sameRrset', () => {
  const set: Rrset = { name: a, type: 'A', ttlSeconds: 30, values: ['10.0.0.1', '10.0.0.2'] };
  it('is so for equal sets', () => expect(sameRrset(set, { ...set, values: [...set.values] })).toBe(true));
  it.each<[string, Partial<Rrset>]>([
    ['name', { name: b }],
    ['type', { type: 'TXT' }],
    ['TTL', { ttlSeconds: 5 }],
    ['value', { values: ['10.0.0.1', '10.0.0.3'] }],
    ['number of values', { values: ['10.0.0.1'] }],
  ])('sees another %s', (_, change) => {
    expect(sameRrset(set, { ...set, ...change })).toBe(false);
    expect(sameRrset({ ...set, ...change }, set)).toBe(false);
  });
});

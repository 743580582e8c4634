// The rules that a server's answers cannot show, or that need a zone of their own. What they say over the wire is in cases/.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseName } from '../../../../functions/records/name.ts';
import type { RecordType, Rrset } from '../../../../functions/records/rrset.ts';
import { classes, types } from '../../../../lab/simulators/dns/codes.ts';
import { compareSerials, nextSerial } from '../../../../lab/simulators/standby/serial.ts';
import { decideUpdate, type UpdateRecord } from '../../../../lab/simulators/standby/update-rules.ts';
import { createZone, soaOf, type Zone } from '../../../../lab/simulators/standby/zone.ts';

const apex = parseName('cluster.local');
const soaWith = (serial: number) => `ns.invalid. me.invalid. ${serial} 7200 1800 86400 30`;
const set = (name: string, type: RecordType, ...values: readonly string[]): Rrset => ({
  name: parseName(name),
  type,
  ttlSeconds: 30,
  values,
});
const zoneOf = (serial: number, ...sets: readonly Rrset[]): Zone =>
  createZone(apex, [set(apex, 'SOA', soaWith(serial)), set(apex, 'NS', 'ns.invalid.'), ...sets]);
const record = (klass: number, name: string, type: number, value?: string, ttlSeconds = 0): UpdateRecord => ({
  name,
  type,
  klass,
  ttlSeconds,
  value,
});
const add = (name: string, type: RecordType, value: string, ttlSeconds = 30) =>
  record(classes.IN, name, types[type], value, ttlSeconds);

const a = 'a.cluster.local.';

describe('the serial', () => {
  it.each([
    [1, 2],
    [2 ** 31, 2 ** 31 + 1],
    // 0 is left out.
    [2 ** 32 - 1, 1],
  ])('goes from %i to %i', (before, after) => {
    expect(nextSerial(before)).toBe(after);
    const { changes } = decideUpdate(zoneOf(before), [], [add(a, 'A', '10.0.0.1')]);
    expect(changes.at(-1)).toEqual(set(apex, 'SOA', soaWith(after)));
  });

  it.each([
    [1, 2, -1],
    [2, 2, 0],
    [2 ** 32 - 1, 0, -1],
    [0, 2 ** 32 - 1, 1],
    [2 ** 31, 1, 1],
    [2 ** 31 + 2, 1, -1],
  ])('%i against %i: %i', (left, right, order) => expect(Math.sign(compareSerials(left, right))).toBe(order));

  it('of an SOA that is as new but otherwise different is counted up', () => {
    const value = 'other.invalid. me.invalid. 7 7200 1800 86400 30';
    const { changes } = decideUpdate(zoneOf(7), [], [add(apex, 'SOA', value)]);
    expect(changes).toEqual([set(apex, 'SOA', 'other.invalid. me.invalid. 8 7200 1800 86400 30')]);
  });

  it('stays where nothing changes', () => {
    const zone = zoneOf(7, set(a, 'A', '10.0.0.1'));
    expect(decideUpdate(zone, [], [add(a, 'A', '10.0.0.1')]).changes).toEqual([]);
    const thereAndBack = [add(a, 'A', '10.0.0.2'), record(classes.NONE, a, types.A, '10.0.0.2')];
    expect(decideUpdate(zone, [], thereAndBack).changes).toEqual([]);
    expect(decideUpdate(zone, [], [record(classes.ANY, 'b.cluster.local.', types.ANY)]).changes).toEqual([]);
  });
});

describe('what is decided', () => {
  it('is not carried out', () => {
    const zone = zoneOf(7);
    decideUpdate(zone, [], [add(a, 'A', '10.0.0.1'), record(classes.ANY, apex, types.ANY)]);
    expect(zone.exists(a)).toBe(false);
    expect(soaOf(zone).serial).toBe(7);
  });

  it('has a TTL that is too long as 0', () => {
    const { changes } = decideUpdate(zoneOf(7), [], [add(a, 'A', '10.0.0.1', 2 ** 31)]);
    expect(changes[0]).toMatchObject({ name: a, ttlSeconds: 0 });
  });

  it.each([
    ['*.cluster.local.', 'A', '10.0.0.1', 'wildcards are not supported'],
    [a, 'NS', 'ns.example.', 'delegations'],
    ['a\\032b.cluster.local.', 'A', '10.0.0.1', 'is not a label of letters'],
    [a, 'TXT', `"${'x'.repeat(61_000)}"`, 'the limit is 60000'],
  ] as const)('says why %s %s is REFUSED', (name, type, value, reason) => {
    const outcome = decideUpdate(zoneOf(7), [], [add(name, type, value)]);
    expect(outcome).toMatchObject({ rcode: 'REFUSED', changes: [], reason: expect.stringContaining(reason) });
  });

  it('says which type is not supported', () => {
    const { rcode, reason } = decideUpdate(zoneOf(7), [], [record(classes.IN, a, 15, '\\# 000a00', 30)]);
    expect([rcode, reason]).toEqual(['REFUSED', `${a}: records of type 15 are not supported`]);
  });

  it('is NOTZONE before what stands later is looked at', () => {
    const outside = add('a.example.', 'A', '10.0.0.1');
    expect(decideUpdate(zoneOf(7), [], [outside, record(99, a, 1)]).rcode).toBe('NOTZONE');
  });
});

it('a zone knows of every name what lies below it, whatever came and went', () => {
  const names = ['x', 'a.x', 'b.x', 'c.b.x', 'y.c.b.x'].map((name) => parseName(`${name}.${apex}`));
  const step = fc.record({ name: fc.constantFrom(...names), type: fc.constantFrom('A', 'TXT'), isThere: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const zone = zoneOf(1);
      const there = new Set<string>();
      for (const { name, type, isThere } of steps) {
        zone.put([{ name, type: type as RecordType, ttlSeconds: 30, values: isThere ? ['v'] : [] }]);
        if (isThere) there.add(`${name} ${type}`);
        else there.delete(`${name} ${type}`);
      }
      const owners = [...there].map((key) => key.split(' ')[0] ?? '');
      for (const name of names)
        expect(zone.exists(name)).toBe(owners.some((one) => one === name || one.endsWith(`.${name}`)));
    }),
  );
});

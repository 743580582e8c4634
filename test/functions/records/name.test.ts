import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { child, compareNames, isWithin, labelsOf, parseName, relativeTo } from '../../../functions/records/name.ts';

const label = fc.stringMatching(/^[a-z0-9_]([a-z0-9_-]{0,10}[a-z0-9_])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => parseName(labels.join('.')));

describe('parseName', () => {
  it.each([
    ['Cluster.Local', 'cluster.local.'],
    ['cluster.local.', 'cluster.local.'],
    ['_https._tcp.web', '_https._tcp.web.'],
    ['*.a', '*.a.'],
    ['.', '.'],
    ['', '.'],
    [`${'a'.repeat(63)}.b`, `${'a'.repeat(63)}.b.`],
  ])('%j', (text, expected) => expect(parseName(text)).toBe(expected));

  it.each([
    ['a..b', /"" in the name "a\.\.b" is not a label/],
    ['.a', /not a label/],
    ['-a', /not a label/],
    ['a-.b', /not a label/],
    ['a b', /not a label/],
    ['a\\.b', /not a label/],
    ['ü.example', /not a label/],
    [`${'a'.repeat(64)}.b`, /has 64 octets, the limit is 63/],
    [`${'a.'.repeat(127)}b`, /has 257 octets, the limit is 255/],
  ])('refuses %j', (text, message) => {
    expect(() => parseName(text)).toThrow(
      expect.objectContaining({ code: 'input', message: expect.stringMatching(message) }),
    );
  });

  it('takes a name of exactly 255 octets', () => {
    const longest = `${'a.'.repeat(126)}b`;
    expect(parseName(longest)).toBe(`${longest}.`);
    expect(() => parseName(`b${longest}`)).toThrow(/has 256 octets/);
  });

  it('is the same when read again, in any case', () => {
    fc.assert(
      fc.property(name, (each) => {
        expect(parseName(each)).toBe(each);
        expect(parseName(each.toUpperCase().slice(0, -1))).toBe(each);
      }),
    );
  });
});

describe('names and zones', () => {
  const zone = parseName('cluster.local');

  it('says what lies within', () => {
    expect(isWithin(zone, zone)).toBe(true);
    expect(isWithin(parseName('a.cluster.local'), zone)).toBe(true);
    expect(isWithin(parseName('xcluster.local'), zone)).toBe(false);
    expect(isWithin(parseName('local'), zone)).toBe(false);
    expect(isWithin(zone, parseName('.'))).toBe(true);
  });

  it('takes a name apart and puts it together', () => {
    expect(labelsOf(zone)).toEqual(['cluster', 'local']);
    expect(labelsOf(parseName('.'))).toEqual([]);
    expect(relativeTo(zone, zone)).toBe('');
    expect(relativeTo(parseName('a.b'), parseName('.'))).toBe('a.b');
    expect(child('a.b', parseName('.'))).toBe('a.b.');
    fc.assert(
      fc.property(name, name, (left, right) => {
        const whole = child(left.slice(0, -1), right);
        expect(isWithin(whole, right)).toBe(true);
        expect(relativeTo(whole, right)).toBe(left.slice(0, -1));
      }),
    );
  });
});

describe('compareNames', () => {
  it('is the order of RFC 4034 section 6.1', () => {
    // The example of that section, without its names that need escapes.
    const ordered = [
      'example',
      'a.example',
      'yljkjljk.a.example',
      'z.a.example',
      'zabc.a.example',
      'z.example',
      '*.z.example',
    ];
    const names = ordered.map(parseName);
    expect(names.toReversed().sort(compareNames)).toEqual(names);
  });

  it('is a total order, the zone before what lies in it', () => {
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(Math.sign(compareNames(a, b))).toBe(-Math.sign(compareNames(b, a)) + 0);
        expect(compareNames(a, b) === 0).toBe(a === b);
        if (compareNames(a, b) <= 0 && compareNames(b, c) <= 0) expect(compareNames(a, c)).toBeLessThanOrEqual(0);
        expect(compareNames(a, child('x', a))).toBeLessThan(0);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  child,
  compareNames,
  isHostName,
  isPlainName,
  isWithin,
  labelsOf,
  parseName,
  parsePlainName,
  relativeTo,
} from '../../../functions/records/name.ts';

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
    ['-a.b-', '-a.b-.'],
    ['2001-db8--.web', '2001-db8--.web.'],
    ['a\\.b', 'a\\046b.'],
    ['has\\046dot.Legacy', 'has\\046dot.legacy.'],
    ['a b', 'a\\032b.'],
    ['a!b', 'a!b.'],
    ['\u00fc.example', '\\195\\188.example.'],
    [`${'\\001'.repeat(63)}.b`, `${'\\001'.repeat(63)}.b.`],
  ])('%j', (text, expected) => expect(parseName(text)).toBe(expected));

  it.each([
    ['a..b', /the name "a\.\.b" has an empty label/],
    ['.a', /empty label/],
    ['a\\', /lone backslash/],
    ['a\\300', /no \\DDD from 000 to 255/],
    [`${'a'.repeat(64)}.b`, /has a label of 64 octets, the limit is 63/],
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

describe('parsePlainName', () => {
  it.each([['Cluster.Local'], ['_https._tcp.web'], ['a--b'], ['.']])('takes %j', (text) => {
    expect(parsePlainName(text)).toBe(parseName(text));
    expect(isPlainName(parseName(text))).toBe(true);
  });

  it.each([['-a'], ['a-.b'], ['a b'], ['a\\.b'], ['ü.example'], ['a!b.c']])('refuses %j, which is legal', (text) => {
    expect(isPlainName(parseName(text))).toBe(false);
    expect(() => parsePlainName(text)).toThrow(
      expect.objectContaining({ code: 'input', message: expect.stringMatching(/is not a label of letters, digits/) }),
    );
  });
});

it.each([
  ['web.shop', true],
  ['.', true],
  ['_http._tcp.web', false],
  ['a_b', false],
  ['*.a', false],
  ['a-.b', false],
])('%j may have an address: %s', (text, may) => expect(isHostName(parseName(text))).toBe(may));

describe('names and zones', () => {
  const zone = parseName('cluster.local');

  it('says what lies within', () => {
    expect(isWithin(zone, zone)).toBe(true);
    expect(isWithin(parseName('a.cluster.local'), zone)).toBe(true);
    expect(isWithin(parseName('xcluster.local'), zone)).toBe(false);
    expect(isWithin(parseName('local'), zone)).toBe(false);
    expect(isWithin(zone, parseName('.'))).toBe(true);
  });

  it('does not take a dot inside a label for the border of the zone', () => {
    const inside = parseName('x\\.cluster.local');
    expect(labelsOf(inside)).toEqual(['x\\046cluster', 'local']);
    expect(isWithin(inside, zone)).toBe(false);
    expect(isWithin(parseName('a\\\\.cluster.local'), zone)).toBe(true);
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

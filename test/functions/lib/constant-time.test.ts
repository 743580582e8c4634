import fc from 'fast-check';
import { expect, it } from 'vitest';
import { equalInConstantTime } from '../../../functions/lib/constant-time.ts';

it('equalInConstantTime compares texts', () => {
  expect(equalInConstantTime('abc', 'abc')).toBe(true);
  for (const given of ['', 'ab', 'abd', 'abcd', 'äbc']) expect(equalInConstantTime(given, 'abc')).toBe(false);
});

it.each([
  ['', '', true],
  ['a', 'a', true],
  ['a', '', false],
  ['', 'a', false],
  ['ab', 'a', false],
  ['a', 'ab', false],
  ['aa', 'a', false],
  ['abc', 'abd', false],
])('texts %j and %j are the same: %j', (a, b, same) => expect(equalInConstantTime(a, b)).toBe(same));

it('and says what === says', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      expect(equalInConstantTime(a, b)).toBe(a === b);
      expect(equalInConstantTime(a, a)).toBe(true);
    }),
  );
});

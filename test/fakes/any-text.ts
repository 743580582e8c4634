// Any text at all for property tests: controls, emoji, halves of surrogate pairs, text that is turned around.
import fc from 'fast-check';

const unit = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', ' ', '🛟', '\ud83d', '\udedf', '\u202e', '\u001b', '\n', '"', 'é') },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) },
);

export function anyText(maxLength: number): fc.Arbitrary<string> {
  return fc.oneof(
    fc.array(unit, { maxLength: Math.min(maxLength, 30) }).map((units) => units.join('')),
    // Long ones, so that an emoji may stand at any limit.
    fc.tuple(fc.nat(maxLength), unit, unit).map(([length, one, rest]) => 'x'.repeat(length) + one + rest.repeat(20)),
  );
}

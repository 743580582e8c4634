import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256Hex, toHex } from '../../../functions/lib/canonical.ts';

describe('canonicalJson', () => {
  it.each([
    [{ b: 1, a: [true, null, 'x'] }, '{"a":[true,null,"x"],"b":1}'],
    [{ a: undefined, b: {} }, '{"b":{}}'],
    [{ é: 'ü"\n', a1: 0, A: -1 }, '{"A":-1,"a1":0,"é":"ü\\"\\n"}'],
    [[], '[]'],
    ['', '""'],
  ])('%j', (value, text) => expect(canonicalJson(value)).toBe(text));

  it.each([[1.5], [Number.NaN], [2 ** 53], [() => 1], [[undefined]], [10n], [Symbol('x')]])('refuses %s', (value) => {
    expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: 'internal' }));
  });

  it('does not depend on the order of keys, and loses nothing', () => {
    const values = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.integer(),
        fc.string(),
        fc.boolean(),
        fc.array(tie('value')),
        tie('record'),
      ),
      record: fc.dictionary(fc.string(), tie('value')),
    })).record;
    fc.assert(
      fc.property(values, (value) => {
        const text = canonicalJson(value);
        const reversed = Object.fromEntries(Object.entries(value as object).reverse());
        expect(canonicalJson(reversed)).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

it('digests in lower-case hexadecimal', async () => {
  // FIPS 180-2, appendix B.1.
  expect(await sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(toHex(new Uint8Array([0, 15, 255]))).toBe('000fff');
});

import { describe, expect, it } from 'vitest';
import { concatBytes, fromBase64 } from '../../../functions/lib/bytes.ts';

describe('concatBytes', () => {
  it('joins in order', () => {
    expect(concatBytes([Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)])).toEqual(Uint8Array.of(1, 2, 3));
    expect(concatBytes([])).toEqual(new Uint8Array());
  });
});

describe('fromBase64', () => {
  it.each([
    ['AQID', [1, 2, 3]],
    [' /w==\n', [255]],
    ['', []],
  ])('reads %j', (text, bytes) => {
    expect(fromBase64(text)).toEqual(Uint8Array.from(bytes));
  });

  it.each(['A', 'AQ', 'AQI', 'AQ=I', '====', 'A===', 'AQ_-', 'hunter2!'])('refuses %j', (text) => {
    expect(fromBase64(text)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { seen, settled } from './session.ts';

describe('what stands on the terminal in the end', () => {
  it('is without what was painted over', () => {
    const output =
      'one\r\ntwo\r\nfooter 1\r\nfooter 2\r\u001b[1A\u001b[Jthree\r\nfooter\r\u001b[J\u001b[31mfour\u001b[0m\r\n';
    expect(settled(output)).toEqual(['one', 'two', 'three', 'four', '']);
  });

  it('is everything where nothing was', () => {
    expect(settled('one\r\ntwo')).toEqual(['one', 'two']);
    expect(seen('\u001b[2;31mred\u001b[0m\r\n')).toBe('red\n');
  });
});

import { describe, expect, it } from 'vitest';
import { clip, cut } from '../../../functions/lib/clip.ts';

const boat = '🛟';

describe('clip and cut', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])('keep the text well-formed at a limit of %i', (length) => {
    for (const text of [`a${boat}b${boat}`, boat.repeat(4), `${boat}é`, '\ud83d\ud83d\udedf', '\udedf\ud83d']) {
      for (const within of [clip(text, length), cut(text, length)]) {
        expect(within.isWellFormed(), JSON.stringify([text, within])).toBe(true);
        expect(within.length).toBeLessThanOrEqual(Math.max(1, length));
      }
    }
  });

  it('leave what fits as it is, and mark what does not', () => {
    expect(clip('abc', 3)).toBe('abc');
    expect(clip('abcd', 3)).toBe('ab…');
    expect(cut('abcd', 3)).toBe('abc');
    expect(clip(`ab${boat}`, 4)).toBe(`ab${boat}`);
    expect(clip(`ab${boat}c`, 4)).toBe('ab…');
    expect(cut(`ab${boat}c`, 3)).toBe('ab');
  });

  it('leave no half of a pair that the text came with', () => {
    expect(clip('a\ud83d', 9)).toBe('a\ufffd');
    expect(cut('\udedfa', 9)).toBe('\ufffda');
  });
});

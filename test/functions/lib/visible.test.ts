// What people see of a text of others holds nothing that they would not see.
import { describe, expect, it } from 'vitest';
import { isPlainLine, visible, visibleJson } from '../../../functions/lib/visible.ts';

describe('visible', () => {
  it.each([
    ['plain words, ünïcode and 漢字', 'plain words, ünïcode and 漢字'],
    ['one\r\ntwo\tthree', 'one two three'],
    ['a\u202Eb', 'a\\u{202E}b'],
    ['a\u2028b', 'a\\u{2028}b'],
    ['\uFEFFa\u0007', '\\u{FEFF}a\\u{0007}'],
    ['\u001b[2J\u009b2J', '\\u{001B}[2J\\u{009B}2J'],
    ['\uD800', '\\u{D800}'],
  ])('%j is %j', (text, shown) => expect(visible(text)).toBe(shown));
});

describe('visibleJson', () => {
  it('is the same document, in characters that a terminal shows', () => {
    const document = { evidence: '\u001b[2J \u009b31m \u2028 \u202e \u{E0041} \u007f ü', '\u0085': [1] };
    const json = visibleJson(JSON.stringify(document));
    expect(json).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(json).toContain(' ü');
    expect(JSON.parse(json)).toEqual(document);
  });
});

describe('isPlainLine', () => {
  it.each(['', 'plain words, ünïcode and 漢字', '👩\u200d🚒'])('takes %j', (text) =>
    expect(isPlainLine(text)).toBe(true),
  );
  it.each([
    'a\nb',
    'a\tb',
    '\u001b[2J',
    '\u009b',
    '\u202a',
    '\u202e',
    '\u2066',
    '\u2069',
    '\u2028',
    '\u2029',
    '\ud800',
  ])('refuses %j', (text) => expect(isPlainLine(text)).toBe(false));
});

import { expect, it } from 'vitest';
import { duration, parseDuration } from '../../../functions/lib/duration.ts';

it.each([
  ['90s', 90_000, '1 min 30 s'],
  [' 30m ', 1_800_000, '30 min'],
  ['2h', 7_200_000, '2 h'],
  ['1d', 86_400_000, '1 d'],
  ['0s', 0, '0 s'],
])('reads %j and says it as a person would', (text, ms, words) => {
  expect(parseDuration(text)).toBe(ms);
  expect(duration(ms)).toBe(words);
});

it.each(['', '30', 'm', '-5m', '1.5h', '30 m', '30min', '9999999s', '1h30m', 'toString'])(
  'takes %j for none',
  (text) => {
    expect(parseDuration(text)).toBe(undefined);
  },
);

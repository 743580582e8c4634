import { expect, it } from 'vitest';
import { backOffMs, spread } from '../../../functions/lib/back-off.ts';

it.each([
  [0, 0],
  [-1, 0],
  [1, 1000],
  [2, 2000],
  [6, 32_000],
  [7, 60_000],
  [1e9, 60_000],
])('after %i failures the wait is %i ms', (failures, waitMs) => {
  expect(backOffMs({ firstMs: 1000, mostMs: 60_000 }, failures)).toBe(waitMs);
});

it('the first wait is within the limit, too', () => {
  expect(backOffMs({ firstMs: 90_000, mostMs: 60_000 }, 1)).toBe(60_000);
});

it('chance spreads a wait over its second half', () => {
  expect([0, 0.5, 1].map((chance) => spread(1000, chance))).toEqual([500, 750, 1000]);
});

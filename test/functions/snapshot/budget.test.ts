import { describe, expect, it } from 'vitest';
import { mayCapture } from '../../../functions/snapshot/budget.ts';

const now = 1_700_000_000_000;
const budget = { leastIntervalMs: 30_000, bytesPerHour: 1000 };
const limits = { id: 'axfr', budget };
const ago = (ms: number, bytes = 100, source = 'axfr', requests = 0) => ({ source, at: now - ms, bytes, requests });

describe('mayCapture', () => {
  it('allows the first one', () => {
    expect(mayCapture(limits, [], now)).toEqual({ status: 'allowed' });
  });

  it('keeps the least interval, to the millisecond', () => {
    expect(mayCapture(limits, [ago(29_999)], now)).toEqual({
      status: 'too-soon',
      waitMs: 1,
      reason: 'the last capture was 29999 ms ago, the least interval is 30000 ms',
    });
    expect(mayCapture(limits, [ago(30_000)], now)).toEqual({ status: 'allowed' });
  });

  it('keeps room for one more capture, which only the urgent one may use', () => {
    const history = [ago(60_000, 300), ago(120_000, 300), ago(180_000, 300)];
    expect(mayCapture({ id: 'axfr', budget: { ...budget, bytesPerHour: 1200 } }, history.slice(1), now)).toEqual({
      status: 'allowed',
    });
    expect(mayCapture({ id: 'axfr', budget: { ...budget, bytesPerHour: 1200 } }, history, now)).toEqual({
      status: 'over-budget',
      waitMs: 3_420_000,
      reason:
        '900 bytes were transferred in the last hour and the next capture needs some 300 (and as much kept back for an outage); the budget is 1200 bytes an hour',
    });
    expect(
      mayCapture({ id: 'axfr', budget: { ...budget, bytesPerHour: 1200 } }, history, now, { urgent: true }),
    ).toEqual({
      status: 'allowed',
    });
    expect(
      mayCapture({ id: 'axfr', budget: { ...budget, bytesPerHour: 1199 } }, history, now, { urgent: true }).status,
    ).toBe('over-budget');
  });

  it('lets the urgent one pass without an interval', () => {
    expect(mayCapture(limits, [ago(5)], now, { urgent: true })).toEqual({ status: 'allowed' });
  });

  it('forgets what is older than an hour', () => {
    expect(mayCapture(limits, [ago(3_600_000, 5000)], now)).toEqual({ status: 'allowed' });
    expect(mayCapture(limits, [ago(3_599_999, 5000)], now)).toMatchObject({ status: 'over-budget', waitMs: 1 });
  });

  it('is not locked up by a clock that was set back', () => {
    expect(mayCapture(limits, [ago(-10_000_000)], now)).toEqual({ status: 'allowed' });
  });

  it('is asked for each source by itself', () => {
    const other = { id: 'kubernetes', budget: { ...budget, requestsPerHour: 10 } };
    const dear = [ago(60_000, 900), ago(5, 900)];
    expect(mayCapture(other, dear, now)).toEqual({ status: 'allowed' });
    expect(mayCapture(limits, [ago(5, 900, 'kubernetes')], now)).toEqual({ status: 'allowed' });
    const asked = [ago(60_000, 1, 'kubernetes', 4), ago(120_000, 1, 'kubernetes', 3)];
    expect(mayCapture(other, asked, now)).toEqual({
      status: 'over-budget',
      waitMs: 3_480_000,
      reason:
        '7 requests were made in the last hour and the next capture needs some 4 (and as much kept back for an outage); the budget is 10 requests an hour',
    });
    expect(mayCapture(other, asked.slice(1), now)).toEqual({ status: 'allowed' });
  });
});

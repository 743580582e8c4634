import { describe, expect, it } from 'vitest';
import { mayCapture } from '../../../functions/snapshot/source.ts';

const now = 1_700_000_000_000;
const limits = { leastIntervalMs: 30_000, bytesPerHour: 1000 };
const ago = (ms: number, bytes = 100) => ({ at: now - ms, bytes });

describe('mayCapture', () => {
  it('allows the first one', () => {
    expect(mayCapture([], now, limits)).toEqual({ status: 'allowed' });
  });

  it('keeps the least interval, to the millisecond', () => {
    expect(mayCapture([ago(29_999)], now, limits)).toEqual({
      status: 'too-soon',
      waitMs: 1,
      reason: 'the last capture was 29999 ms ago, the least interval is 30000 ms',
    });
    expect(mayCapture([ago(30_000)], now, limits)).toEqual({ status: 'allowed' });
  });

  it('keeps room for one more capture, which only the urgent one may use', () => {
    const history = [ago(60_000, 300), ago(120_000, 300), ago(180_000, 300)];
    expect(mayCapture(history.slice(1), now, { ...limits, bytesPerHour: 1200 })).toEqual({ status: 'allowed' });
    expect(mayCapture(history, now, { ...limits, bytesPerHour: 1200 })).toEqual({
      status: 'over-budget',
      waitMs: 3_420_000,
      reason:
        '900 bytes were transferred in the last hour and the next capture needs some 300 (and as much kept back for an outage); the budget is 1200 bytes an hour',
    });
    expect(mayCapture(history, now, { ...limits, bytesPerHour: 1200 }, { urgent: true })).toEqual({
      status: 'allowed',
    });
    expect(mayCapture(history, now, { ...limits, bytesPerHour: 1199 }, { urgent: true }).status).toBe('over-budget');
  });

  it('lets the urgent one pass without an interval', () => {
    expect(mayCapture([ago(5)], now, limits, { urgent: true })).toEqual({ status: 'allowed' });
  });

  it('forgets what is older than an hour', () => {
    expect(mayCapture([ago(3_600_000, 5000)], now, limits)).toEqual({ status: 'allowed' });
    expect(mayCapture([ago(3_599_999, 5000)], now, limits)).toMatchObject({ status: 'over-budget', waitMs: 1 });
  });

  it('is not locked up by a clock that was set back', () => {
    expect(mayCapture([ago(-10_000_000)], now, limits)).toEqual({ status: 'allowed' });
  });
});

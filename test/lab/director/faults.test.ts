import { describe, expect, it } from 'vitest';
import { type Fault, reportOf } from '../../../lab/director/faults.ts';
import type { WatchLine } from '../../../lab/processes/lifeboat-process.ts';

const fault: Fault = {
  name: 'api-overloaded',
  target: 'apiserver',
  atMs: 10_000,
  isOutage: true,
  page: 'lab/activation/',
};

const verdict = (condition: string, words = condition) => ({ condition, reason: 'slow', words, evidence: [] });
const line = (at: number, more: Partial<WatchLine>): WatchLine => ({ cluster: 'lab', at, ...more });
const event = (receivedAtMs: number, dedupKey: string, action: 'trigger' | 'resolve' = 'trigger') => ({
  receivedAtMs,
  dedupKey,
  action,
  summary: '',
  severity: 'critical',
  source: '',
  customDetails: {},
  links: [],
});

describe('the report of a fault', () => {
  it('says when it was seen, as what, when somebody was paged and the standby was in force', () => {
    const lines = [
      line(9_000, { verdicts: { apiserver: verdict('down') } }),
      line(11_000, { verdicts: { 'dns 127.0.0.1:1': verdict('down') } }),
      line(12_000, { verdicts: { apiserver: verdict('healthy') } }),
      line(13_000, { verdicts: { apiserver: verdict('degraded', 'it answers slowly') }, phase: 'suspected' }),
      line(17_000, { phase: 'active' }),
    ];
    const events = [event(9_500, 'lab/activation/1'), event(17_050, 'lab/dns/1'), event(17_100, 'lab/activation/2')];
    expect(reportOf(fault, lines, { events })).toEqual({
      name: 'api-overloaded',
      faultAt: '1970-01-01T00:00:10.000Z',
      detectedAt: '1970-01-01T00:00:13.000Z',
      detectionMs: 3_000,
      verdict: 'degraded',
      reason: 'it answers slowly',
      pagedAt: '1970-01-01T00:00:17.100Z',
      activeAt: '1970-01-01T00:00:17.000Z',
    });
  });

  it('says null for what did not come: unknown is not seen, a resolve is no page', () => {
    const lines = [line(11_000, { verdicts: { apiserver: verdict('unknown') }, phase: 'suspected' })];
    const { detectedAt, detectionMs, pagedAt, activeAt } = reportOf(fault, lines, {
      events: [event(12_000, 'lab/activation/1', 'resolve')],
    });
    expect([detectedAt, detectionMs, pagedAt, activeAt]).toEqual([null, null, null, null]);
  });

  it('is over when it was healed: what comes later is about something else', () => {
    const lines = [
      line(61_000, { verdicts: { apiserver: verdict('down') }, phase: 'suspected' }),
      line(65_000, { phase: 'active' }),
    ];
    const events = [event(65_050, 'lab/activation/1')];
    expect(reportOf(fault, lines, { events })).toMatchObject({ detectionMs: 51_000 });
    expect(reportOf({ ...fault, untilMs: 20_000 }, lines, { events })).toMatchObject({
      detectedAt: null,
      pagedAt: null,
      activeAt: null,
    });
  });

  it('takes the activation that was open already', () => {
    const dns: Fault = { name: 'dns-restarted', target: 'dns', atMs: 30_000, isOutage: true, page: 'lab/dns/' };
    const lines = [
      line(17_000, { phase: 'active' }),
      line(32_000, { verdicts: { 'dns 127.0.0.1:1': verdict('stale') } }),
    ];
    expect(reportOf(dns, lines, { events: [] })).toMatchObject({
      detectionMs: 2_000,
      verdict: 'stale',
      activeAt: '1970-01-01T00:00:17.000Z',
    });
    const over = [...lines.slice(0, 1), line(20_000, { phase: 'watching' })];
    expect(reportOf(dns, over, { events: [] }).activeAt).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import type { FaultReport } from '../../../lab/director/faults.ts';
import { summaryLines, summaryOf } from '../../../lab/director/summary.ts';

const seen: FaultReport = {
  name: 'api-overloaded',
  faultAt: '2026-01-01T00:00:00.000Z',
  detectedAt: '2026-01-01T00:00:02.500Z',
  detectionMs: 2_500,
  verdict: 'degraded',
  reason: 'it answers slowly',
  pagedAt: '2026-01-01T00:00:07.000Z',
  activeAt: '2025-12-31T23:59:00.000Z',
};
const live = {
  snapshot: { number: 5, records: 336, digest: 'sha256:00' },
  page: { url: 'http://127.0.0.1:8787/clusters/lab', status: 200, title: 'Critical: lab' },
  changes: 40,
  parts: 'embedded' as const,
  tookMs: 80_000,
};
const count = (failed: number, wrong = 0) => ({ lookups: 2_000, failed, wrong });
const good = { withLifeboat: count(0), alone: count(400) };

describe('the summary', () => {
  it('is good when every fault was seen and only clients without Lifeboat were affected', () => {
    const summary = summaryOf({ ...live, faults: [seen] }, good);
    expect(summary.ok).toBe(true);
    expect(summary.clients).toEqual({
      lookups: 2_000,
      lookupsWithout: 2_000,
      failedWith: 0,
      wrongWith: 0,
      failedWithout: 400,
      wrongWithout: 0,
    });
    expect(summaryLines(summary)[0]).toBe(
      'api-overloaded: seen as degraded after 2.5 s, paged after 7.0 s, activated already: it answers slowly',
    );
  });

  it.each([
    ['a fault that was not seen', { faults: [{ ...seen, detectedAt: null, detectionMs: null }] }, good],
    ['a fault that paged nobody', { faults: [{ ...seen, pagedAt: null }] }, good],
    ['a fault without an activation', { faults: [{ ...seen, activeAt: null }] }, good],
    ['a cluster that did not change', { faults: [seen], changes: 0 }, good],
    ['no lookup', { faults: [seen] }, { ...good, withLifeboat: { lookups: 0, failed: 0, wrong: 0 } }],
    ['no fault at all', { faults: [] }, good],
    ['a failed lookup', { faults: [seen] }, { ...good, withLifeboat: count(1) }],
    ['a wrong answer', { faults: [seen] }, { ...good, withLifeboat: count(0, 1) }],
    ['an outage that affected nobody', { faults: [seen] }, { ...good, alone: count(0) }],
    ['no snapshot', { faults: [seen], snapshot: null }, good],
    ['no page', { faults: [seen], page: null }, good],
    ['a page that was not served', { faults: [seen], page: { ...live.page, status: 503 } }, good],
  ])('is bad with %s', (_, more, counts) => {
    expect(summaryOf({ ...live, ...more }, counts).ok).toBe(false);
  });
});

import { expect, it } from 'vitest';
import { standbyOfMs } from '../../../lab/director/show.ts';
import type { WatchLine } from '../../../lab/processes/lifeboat-process.ts';

const line = (at: number, more: Partial<WatchLine>): WatchLine => ({ cluster: 'lab', at, ...more });
const captured = (at: number) => line(at, { outcome: { kind: 'captured' }, tookMs: 100 });
const published = (at: number, heldDeletes = 0) => line(at, { outcome: { kind: 'published', heldDeletes } });
const bad = (at: number) =>
  line(at, { verdicts: { apiserver: { condition: 'degraded', reason: '', words: '', evidence: [] } } });

it('the standby is as old as the capture behind the last publication that took its deletes along', () => {
  const peace = [captured(1_000), published(1_100), captured(5_000), published(5_100)];
  expect(standbyOfMs([...peace, captured(9_000)], 10_000)).toBe(4_900);
  const held = [...peace, captured(9_000), published(9_100, 2), bad(11_000), captured(12_000), published(12_100)];
  expect(standbyOfMs(held, 10_000)).toBe(4_900);
  expect(standbyOfMs([bad(500), ...peace, bad(6_000)], 5_500)).toBe(4_900);
  expect(standbyOfMs([captured(1_000), published(1_100, 3)], 10_000)).toBe(900);
  expect(standbyOfMs([], 10_000)).toBe(10_000);
});

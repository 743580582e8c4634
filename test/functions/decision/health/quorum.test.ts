import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../../functions/decision/health/observation.ts';
import { judge } from '../../../../functions/decision/health/quorum.ts';
import { type ApiWeather, apiRound, quorum, t0 } from '../story.ts';

const target = { kind: 'apiserver', id: 'any' } as const;
const from = (vantage: string, group: string, weather: ApiWeather, agoMs = 0): readonly Observation[] =>
  apiRound(weather).map((one) => ({ ...one, vantage, group, observedAt: t0 - agoMs }));
const verdict = (downs: number, groups: number, ...rounds: readonly (readonly Observation[])[]) =>
  judge(target, rounds.flat(), { intervalMs: 5000, quorum: quorum(downs, groups) }, t0);

describe('the quorum', () => {
  it.each([
    ['one vantage is enough where the policy says so', 1, 1, [from('a', 'x', 'gone')], 'down', 'refused'],
    ['two downs of two groups', 2, 2, [from('a', 'x', 'gone'), from('b', 'y', 'gone')], 'down', 'refused'],
    ['two downs of one group are one', 2, 2, [from('a', 'x', 'gone'), from('b', 'x', 'gone')], 'unknown', 'no-quorum'],
    ['one down, one healthy', 2, 1, [from('a', 'x', 'gone'), from('b', 'y', 'healthy')], 'healthy', 'none'],
    ['one down, one unknown', 2, 1, [from('a', 'x', 'gone'), from('b', 'y', 'uplink')], 'unknown', 'no-quorum'],
    [
      'two downs outvote one healthy',
      2,
      2,
      [from('a', 'x', 'gone'), from('b', 'y', 'gone'), from('c', 'z', 'healthy')],
      'down',
      'refused',
    ],
    [
      'a down counts for degraded',
      2,
      2,
      [from('a', 'x', 'gone'), from('b', 'y', 'throttled')],
      'degraded',
      'throttled',
    ],
    [
      'all unknown for the credential',
      1,
      1,
      [from('a', 'x', 'credential'), from('b', 'y', 'credential')],
      'unknown',
      'credential',
    ],
    ['all unknown for the uplink', 1, 1, [from('a', 'x', 'uplink')], 'unknown', 'uplink'],
    ['nobody', 1, 1, [], 'unknown', 'no-observation'],
  ] as const)('%s', (_what, downs, groups, rounds, condition, reason) => {
    expect(verdict(downs, groups, ...rounds)).toMatchObject({ condition, reason });
  });

  it('counts nothing that is older than three intervals, or from a clock as far ahead', () => {
    expect(verdict(1, 1, from('a', 'x', 'gone', 15_000)).condition).toBe('down');
    expect(verdict(1, 1, from('a', 'x', 'gone', 15_001))).toMatchObject({
      condition: 'unknown',
      reason: 'no-observation',
    });
    expect(verdict(1, 1, from('a', 'x', 'gone', -15_001)).reason).toBe('no-observation');
    expect(verdict(2, 2, from('a', 'x', 'gone'), from('b', 'y', 'gone', 20_000)).reason).toBe('no-quorum');
  });

  it('tells in words, with the evidence of those who decided, then of those who did not agree', () => {
    const { words, evidence, seenFrom } = verdict(1, 1, from('b', 'y', 'healthy'), from('a', 'x', 'gone'));
    expect(words).toBe('the API server is down: connections are refused');
    expect(evidence).toEqual(['a: apiserver.connect down refused', 'b: apiserver.read up none']);
    expect(seenFrom).toEqual(['a']);
  });

  it('keeps since while the condition stays', () => {
    const rule = { intervalMs: 5000, quorum: quorum(1, 1) };
    const first = judge(target, from('a', 'x', 'gone'), rule, t0);
    const later = judge(target, from('a', 'x', 'etcd'), rule, t0 + 5000, first);
    expect([later.condition, later.reason, later.since]).toEqual(['down', 'check-failed', t0]);
    expect(judge(target, from('a', 'x', 'healthy'), rule, t0 + 10_000, later).since).toBe(t0 + 10_000);
  });

  it('keeps its evidence short', () => {
    const many = Array.from({ length: 20 }, (_, i) =>
      from(`v${i}`, `g${i}`, 'gone').map((one) => ({ ...one, evidence: 'x'.repeat(5000) })),
    );
    const { evidence } = verdict(1, 1, ...many);
    expect(evidence).toHaveLength(8);
    expect(Math.max(...evidence.map((line) => line.length))).toBe(400);
  });
});

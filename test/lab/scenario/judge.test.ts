import { describe, expect, it } from 'vitest';
import { createRecorder, type History, type Span } from '../../../lab/scenario/history.ts';
import { judge, type Lookup } from '../../../lab/scenario/judge.ts';

const forever = Number.POSITIVE_INFINITY;
const lagMs = 1_000;
const web = 'web.shop.svc.cluster.local.';

const historyOf = (...spans: Span[]): History => new Map([[web, spans]]);
const absentUntil = (toMs: number): Span => ({ fromMs: -forever, toMs, held: 'absent' });
const lookup = (atMs: number, answer: Partial<Lookup>): Lookup => ({
  atMs,
  name: web,
  rcode: 'NOERROR',
  addresses: [],
  tookMs: 0,
  ...answer,
});
const verdict = (
  history: History,
  one: Lookup,
  fault: { faultAtMs?: number; recoveredAtMs?: number; keptMs?: number } = {},
): string => {
  const { failed, wrong, lookups } = judge({ history, lookups: [one], lagMs, ...fault });
  expect(lookups).toBe(1);
  return failed.length > 0 ? 'failed' : wrong.length > 0 ? 'wrong' : 'right';
};

describe('judge, in peace', () => {
  const moved = historyOf(
    absentUntil(10_000),
    { fromMs: 10_000, toMs: 20_000, held: ['10.0.0.1'] },
    { fromMs: 20_000, toMs: forever, held: ['10.0.0.2', '10.0.0.3'] },
  );

  it('takes the set that is held', () => {
    expect(verdict(moved, lookup(15_000, { addresses: ['10.0.0.1'] }))).toBe('right');
    expect(verdict(moved, lookup(25_000, { addresses: ['10.0.0.2', '10.0.0.3'] }))).toBe('right');
  });

  it('takes the former set within the lag and not after it', () => {
    expect(verdict(moved, lookup(21_000, { addresses: ['10.0.0.1'] }))).toBe('right');
    expect(verdict(moved, lookup(21_001, { addresses: ['10.0.0.1'] }))).toBe('wrong');
  });

  it('counts the lag from the answer, not from the question', () => {
    expect(verdict(moved, lookup(20_500, { addresses: ['10.0.0.1'], tookMs: 501 }))).toBe('wrong');
  });

  it('takes the new set not before it was written', () => {
    expect(verdict(moved, lookup(19_999, { addresses: ['10.0.0.2', '10.0.0.3'] }))).toBe('wrong');
    expect(verdict(moved, lookup(20_000, { addresses: ['10.0.0.2', '10.0.0.3'] }))).toBe('right');
  });

  it('takes no part of a set and no mixture of two', () => {
    expect(verdict(moved, lookup(25_000, { addresses: ['10.0.0.2'] }))).toBe('wrong');
    expect(verdict(moved, lookup(20_500, { addresses: ['10.0.0.1', '10.0.0.2'] }))).toBe('wrong');
  });

  it('takes NXDOMAIN, or no addresses, only when the name was absent within the lag', () => {
    expect(verdict(moved, lookup(11_000, { rcode: 'NXDOMAIN' }))).toBe('right');
    expect(verdict(moved, lookup(11_001, { rcode: 'NXDOMAIN' }))).toBe('failed');
    expect(verdict(moved, lookup(11_001, { rcode: 'NOERROR' }))).toBe('failed');
  });

  it.each(['SERVFAIL', 'REFUSED', 'TIMEOUT', 'TRUNCATED'])('counts %s as failed, for absent names too', (rcode) => {
    expect(verdict(moved, lookup(15_000, { rcode }))).toBe('failed');
    expect(verdict(moved, lookup(5_000, { rcode }))).toBe('failed');
  });

  it('counts the addresses of a deleted name as wrong after the lag', () => {
    const deleted = historyOf(
      { fromMs: -forever, toMs: 20_000, held: ['10.0.0.1'] },
      { fromMs: 20_000, toMs: forever, held: 'absent' },
    );
    expect(verdict(deleted, lookup(21_000, { addresses: ['10.0.0.1'] }))).toBe('right');
    expect(verdict(deleted, lookup(21_001, { addresses: ['10.0.0.1'] }))).toBe('wrong');
    expect(verdict(deleted, lookup(20_500, { rcode: 'NXDOMAIN' }))).toBe('right');
  });

  it('knows that a name it never heard of is absent', () => {
    expect(verdict(new Map(), lookup(1, { rcode: 'NXDOMAIN' }))).toBe('right');
    expect(verdict(new Map(), lookup(1, { addresses: ['10.0.0.1'] }))).toBe('wrong');
  });
});

describe('judge, in an outage of the API', () => {
  const history = historyOf(
    { fromMs: -forever, toMs: 20_000, held: ['10.0.0.1'] },
    { fromMs: 20_000, toMs: forever, held: 'absent' },
  );

  it('goes on taking what was held within the lag before the fault', () => {
    const fault = { faultAtMs: 20_800 };
    expect(verdict(history, lookup(90_000, { addresses: ['10.0.0.1'] }), fault)).toBe('right');
    expect(verdict(history, lookup(90_000, { rcode: 'NXDOMAIN' }), fault)).toBe('right');
  });

  it('takes what a set had beside what it got, of the lag before the fault, but no part of either', () => {
    const moved = historyOf(
      { fromMs: -forever, toMs: 20_000, held: ['10.0.0.1', '10.0.0.2'] },
      { fromMs: 20_000, toMs: forever, held: ['10.0.0.2', '10.0.0.3'] },
    );
    const both = { addresses: ['10.0.0.1', '10.0.0.2', '10.0.0.3'] };
    expect(verdict(moved, lookup(90_000, both), { faultAtMs: 20_800 })).toBe('right');
    expect(verdict(moved, lookup(90_000, both), { faultAtMs: 21_001 })).toBe('wrong');
    const kept = { faultAtMs: 21_500, keptMs: 500 };
    expect(verdict(moved, lookup(90_000, both), kept)).toBe('right');
    expect(verdict(moved, lookup(90_000, { addresses: ['10.0.0.1', '10.0.0.2'] }), kept)).toBe('wrong');
    expect(verdict(moved, lookup(90_000, both), { faultAtMs: 21_501, keptMs: 500 })).toBe('wrong');
    expect(verdict(moved, lookup(20_500, both))).toBe('wrong');
    for (const addresses of [['10.0.0.2'], ['10.0.0.1', '10.0.0.3'], [...both.addresses, '10.0.0.9']])
      expect(verdict(moved, lookup(90_000, { addresses }), { faultAtMs: 20_800 })).toBe('wrong');
  });

  it('takes nothing that had ended before that', () => {
    expect(verdict(history, lookup(90_000, { addresses: ['10.0.0.1'] }), { faultAtMs: 21_001 })).toBe('wrong');
  });

  it('judges answers before the fault by themselves', () => {
    expect(verdict(history, lookup(22_000, { addresses: ['10.0.0.1'] }), { faultAtMs: 23_000 })).toBe('wrong');
  });

  it('judges answers after the recovery by themselves again', () => {
    const fault = { faultAtMs: 20_800, recoveredAtMs: 60_000 };
    expect(verdict(history, lookup(59_999, { addresses: ['10.0.0.1'] }), fault)).toBe('right');
    expect(verdict(history, lookup(60_000, { addresses: ['10.0.0.1'] }), fault)).toBe('wrong');
  });
});

describe('createRecorder', () => {
  it('lets neighbours overlap by the time that the write took', () => {
    const recorder = createRecorder();
    recorder.begin(web, ['10.0.0.1'], 100).done(150);
    recorder.begin(web, 'absent', 200).done(260);
    expect(recorder.history().get(web)).toEqual([
      absentUntil(150),
      { fromMs: 100, toMs: 260, held: ['10.0.0.1'] },
      { fromMs: 200, toMs: forever, held: 'absent' },
    ]);
  });

  it('forgets a refused write', () => {
    const recorder = createRecorder();
    recorder.begin(web, ['10.0.0.1'], 100).refused();
    expect(recorder.history().get(web)).toEqual([absentUntil(forever)]);
  });

  it('allows both outcomes of a write without an answer', () => {
    const recorder = createRecorder();
    recorder.begin(web, ['10.0.0.1'], 100).done(150);
    recorder.begin(web, ['10.0.0.2'], 200).unknown();
    const history = recorder.history();
    expect(verdict(history, lookup(9_000, { addresses: ['10.0.0.1'] }))).toBe('right');
    expect(verdict(history, lookup(9_000, { addresses: ['10.0.0.2'] }))).toBe('right');
  });
});

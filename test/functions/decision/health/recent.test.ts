// The last rounds as text say the same as a list of them would, whatever they were.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  append,
  comesAndGoes,
  comesBack,
  type Mark,
  maxRecentCharacters,
  maxWindowRounds,
  tallyOf,
  track,
  worsen,
} from '../../../../functions/decision/health/recent.ts';
import { policy } from '../story.ts';

const marks = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<Mark>('.') },
    { weight: 2, arbitrary: fc.constant<Mark>('b') },
    { weight: 1, arbitrary: fc.constant<Mark>('u') },
  ),
  { maxLength: 80 },
);
const windows = fc.record({ rounds: fc.integer({ min: 10, max: 40 }), bad: fc.integer({ min: 3, max: 12 }) });

/** The lengths of the spells in the last rounds, counted one by one. */
function spellsOf(rounds: readonly Mark[]): readonly number[] {
  return rounds
    .map((mark) => (mark === '.' ? ' ' : 'x'))
    .join('')
    .split(' ')
    .map(({ length }) => length)
    .filter((length) => length > 0);
}

const all = (rounds: readonly Mark[], window: typeof policy.window, start = '') =>
  rounds.reduce((recent, mark) => append(recent, mark, { window }), start);

describe('the last rounds', () => {
  it('are those of a list', () => {
    fc.assert(
      fc.property(marks, windows, (rounds, window) => {
        const last = rounds.slice(-window.rounds);
        const spells = spellsOf(last);
        const recent = all(rounds, window);
        expect(tallyOf(recent, { downRounds: 3 })).toEqual({
          bad: last.filter((mark) => mark === 'b').length,
          unknown: last.filter((mark) => mark === 'u').length,
          spells: spells.length,
          longSpells: spells.filter((length) => length >= 3).length,
          longUnknown: last.join('').match(/u{3,}/g)?.length ?? 0,
        });
        expect(recent).toMatch(/^([bu.]\d+)*$/);
        expect(recent === '').toBe(last.every((mark) => mark === '.'));
      }),
    );
  });

  it('are worsened in the last one only, and never bettered', () => {
    const rank = (mark: Mark) => ['.', 'u', 'b'].indexOf(mark);
    const one = fc.constantFrom<Mark>('b', 'u', '.');
    fc.assert(
      fc.property(marks, one, one, windows, (rounds, last, other, window) => {
        const worse = rank(other) > rank(last) ? other : last;
        // Of a window that is full the oldest round is gone with the last one already.
        const short = rounds.slice(0, window.rounds - 1);
        expect(worsen(all([...short, last], window), other, { window })).toBe(all([...short, worse], window));
      }),
    );
  });

  it('fit into what a stored state may hold, in any weather', () => {
    const window = { rounds: maxWindowRounds, bad: 3 };
    const alternating = Array.from({ length: 2 * maxWindowRounds }, (_, i): Mark => (i % 2 === 0 ? 'b' : 'u'));
    expect(all(alternating, window).length).toBeLessThanOrEqual(maxRecentCharacters);
  });
});

describe('what comes and goes', () => {
  const { window } = policy;
  const flap = (times: number, mark: Mark = 'b') => Array.from({ length: times }, (): Mark[] => [mark, '.']).flat();

  it.each([
    ['one round too few', flap(29), false, false],
    ['just enough', flap(30), false, true],
    ['unknown as well as bad', [...flap(15), ...flap(15, 'u')], false, true],
    ['one outage, however long', Array.from({ length: 120 }, (): Mark => 'b'), false, false],
    ['half as many, when it did', flap(15), true, false],
    ['a little more, when it did', flap(16), true, true],
    ['a little more, when it did not', flap(16), false, false],
    ['nothing', [], true, false],
  ] as const)('%s', (_what, rounds, was, expected) => {
    expect(comesAndGoes(all(rounds, window), was, policy)).toBe(expected);
  });

  it('has come back after two long spells, or when it is not steady yet', () => {
    const long: readonly Mark[] = ['b', 'b', 'u', '.'];
    expect(comesBack(all(long, window), policy)).toBe(false);
    expect(comesBack(all([...long, ...long], window), policy)).toBe(true);
    expect(comesBack(all(flap(16), window), policy)).toBe(true);
    expect(comesBack(all(flap(15), window), policy)).toBe(false);
  });
});

describe('what is tracked', () => {
  const trackedAfter = (rounds: readonly boolean[]) =>
    rounds.reduce<ReturnType<typeof track>>((before, isWrong, at) => track(before, isWrong, at, policy, 3), undefined);
  const of = (count: number, isWrong: boolean) => Array<boolean>(count).fill(isWrong);

  it('opens after so many in a row, and closes after healthyRounds', () => {
    expect(trackedAfter(of(2, true))?.isOpen).toBe(false);
    expect(trackedAfter(of(3, true))?.isOpen).toBe(true);
    expect(trackedAfter([...of(3, true), ...of(5, false)])?.isOpen).toBe(true);
    expect(trackedAfter([...of(3, true), ...of(6, false)])?.isOpen).toBe(false);
  });

  it('stays open when it has come back, and is forgotten after a window', () => {
    const twice = [...of(3, true), ...of(6, false), ...of(3, true)];
    expect(trackedAfter([...twice, ...of(50, false)])?.isOpen).toBe(true);
    expect(trackedAfter([...twice, ...of(112, false)])?.isOpen).toBe(false);
    expect(trackedAfter([...twice, ...of(120, false)])).toBeUndefined();
  });
});

// The last so many rounds of something, and whether what is wrong with it comes and goes: what no count of rounds in a row can tell. Pure; it
// knows neither targets nor alerts.
import type { Policy } from '../machine/policy.ts';

/** Of one round: `b` it was bad, `u` nothing could be known, `.` neither. */
export type Mark = 'b' | 'u' | '.';

/**
 * Rounds as text, the oldest first, each mark with how often it came in a row: `b5.3u2`. Good ones before the first that was not are left out,
 * so that in peace it is empty; at most `policy.window.rounds` of them.
 */
export type Recent = string;

/** The most rounds of a window; each takes two characters at most, when no two in a row are alike. */
export const maxWindowRounds = 1000;
export const maxRecentCharacters = 2 * maxWindowRounds;

type Window = Pick<Policy, 'window' | 'downRounds'>;

interface Run {
  readonly mark: Mark;
  readonly count: number;
}

export interface Tally {
  readonly bad: number;
  readonly unknown: number;
  /** Spells of rounds that were not good, one after the other. */
  readonly spells: number;
  /** Those of them that lasted for `downRounds`: long enough to be told by themselves. */
  readonly longSpells: number;
  /** Rounds in a row in which nothing could be known, as often as that lasted for `downRounds`. */
  readonly longUnknown: number;
}

const digitZero = 48;
const digitNine = 57;
const noTally: Tally = { bad: 0, unknown: 0, spells: 0, longSpells: 0, longUnknown: 0 };

/** Fewer spells are outages, which the rounds in a row tell; what comes and goes has come back twice at least. */
const leastSpells = 3;

/** One more round. */
export function append(recent: Recent, mark: Mark, { window }: Pick<Policy, 'window'>): Recent {
  if (recent === '' && mark === '.') return '';
  const runs = [...runsOf(recent), { mark, count: 1 }];
  let surplus = runs.reduce((sum, { count }) => sum + count, 0) - window.rounds;
  const kept: Run[] = [];
  for (const run of runs) {
    const count = run.count - Math.max(0, Math.min(run.count, surplus));
    surplus -= run.count - count;
    const last = kept.at(-1);
    if (last?.mark === run.mark) kept[kept.length - 1] = { mark: run.mark, count: last.count + count };
    else if (count > 0 && (kept.length > 0 || run.mark !== '.')) kept.push({ mark: run.mark, count });
  }
  return textOf(kept);
}

const order: readonly Mark[] = ['.', 'u', 'b'];

/** The last round again, as somebody else saw it: it was as bad as the worst of them says. */
export function worsen(recent: Recent, mark: Mark, policy: Pick<Policy, 'window'>): Recent {
  const runs = runsOf(recent);
  const last = runs.at(-1);
  if (order.indexOf(mark) <= order.indexOf(last?.mark ?? '.')) return recent;
  const before = last === undefined ? [] : [...runs.slice(0, -1), { ...last, count: last.count - 1 }];
  return append(textOf(before.filter(({ count }) => count > 0)), mark, policy);
}

export function tallyOf(recent: Recent, { downRounds }: Pick<Policy, 'downRounds'>): Tally {
  if (recent === '') return noTally;
  let bad = 0;
  let unknown = 0;
  const spells: number[] = [];
  let longUnknown = 0;
  let follows = false;
  for (const { mark, count } of runsOf(recent)) {
    if (mark === 'b') bad += count;
    if (mark === 'u') unknown += count;
    if (mark === 'u' && count >= downRounds) longUnknown += 1;
    if (mark !== '.') spells.push(count + (follows ? (spells.pop() ?? 0) : 0));
    follows = mark !== '.';
  }
  const longSpells = spells.filter((length) => length >= downRounds).length;
  return { bad, unknown, spells: spells.length, longSpells, longUnknown };
}

/**
 * Does it come and go? With hysteresis, `was` being what was said after the round before:
 *
 * | said before | now                                                                                    | yes    |
 * |-------------|----------------------------------------------------------------------------------------|--------|
 * | no          | `window.bad` of the last `window.rounds` rounds were not good, in three spells or more | yes    |
 * | yes         | more than half as many were not good, in two spells or more                            | yes    |
 * | any         | else                                                                                   | no     |
 */
export function comesAndGoes(recent: Recent, was: boolean, policy: Window): boolean {
  if (recent === '') return false;
  const { bad, unknown, spells } = tallyOf(recent, policy);
  const { window } = policy;
  return was
    ? 2 * (bad + unknown) > window.bad && spells >= leastSpells - 1
    : bad + unknown >= window.bad && spells >= leastSpells;
}

/**
 * Is it likely to come back, so that what is open about it had better stay open? Two spells within the window that were told by themselves, or
 * so many bad rounds that it was not steady yet.
 */
export function comesBack(recent: Recent, policy: Window): boolean {
  if (recent === '') return false;
  const { bad, unknown, spells, longSpells } = tallyOf(recent, policy);
  return longSpells > 1 || (spells > 1 && 2 * (bad + unknown) > policy.window.bad);
}

/** Something with two sides that is told when it is wrong for long enough, or comes and goes, and is over when it has been right for as long. */
export interface Tracked {
  readonly recent: Recent;
  readonly isOpen: boolean;
  /** Milliseconds since the epoch: its last round. */
  readonly at: number;
}

/** One more round of it; undefined when there is nothing to remember. */
export function track(
  before: Tracked | undefined,
  isWrong: boolean,
  at: number,
  policy: Window & Pick<Policy, 'healthyRounds'>,
  opensAfter: number,
): Tracked | undefined {
  const recent = append(before?.recent ?? '', isWrong ? 'u' : '.', policy);
  if (recent === '') return undefined;
  const was = before?.isOpen ?? false;
  const last = runsOf(recent).at(-1);
  const inRow = last?.count ?? 0;
  const comes = comesAndGoes(recent, was, policy);
  const isSettled = last?.mark === '.' && inRow >= policy.healthyRounds && !comesBack(recent, policy);
  const isOpen = was ? comes || !isSettled : comes || (last?.mark === 'u' && inRow >= opensAfter);
  return { recent, isOpen, at };
}

function runsOf(recent: Recent): readonly Run[] {
  const runs: Run[] = [];
  let from = 0;
  for (let i = 1; i <= recent.length; i++) {
    if (i < recent.length && recent.charCodeAt(i) >= digitZero && recent.charCodeAt(i) <= digitNine) continue;
    runs.push({ mark: recent.charAt(from) as Mark, count: Number(recent.slice(from + 1, i)) });
    from = i;
  }
  return runs;
}

function textOf(runs: readonly Run[]): Recent {
  return runs.map(({ mark, count }) => `${mark}${count}`).join('');
}

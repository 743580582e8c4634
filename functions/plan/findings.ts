// The words and the limits of findings. It judges nothing.
import { compareNames, type Name } from '../records/name.ts';
import type { Finding } from './plan.ts';

/** Names that one finding lists. */
export const maxNamesListed = 20;
/** Findings of one guard; the last one then says how many more there are. */
const maxFindingsPerGuard = 20;

/** One finding each, up to the limit; the last one counts the rest. */
export function capped<T>(items: readonly T[], toFinding: (item: T) => Finding): readonly Finding[] {
  const findings = items.slice(0, maxFindingsPerGuard).map(toFinding);
  const more = items.length - findings.length;
  const last = findings.at(-1);
  if (more === 0 || last === undefined) return findings;
  return [...findings.slice(0, -1), { ...last, reason: `${last.reason}; and ${more} more like it` }];
}

/** A number with its noun: `1 name`, `4,812 names`. */
export function count(number: number, noun: string, plural = 's'): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : plural}`;
}

/** The first few, and how many more. */
export function listed(words: readonly string[]): string {
  const shown = words.slice(0, 3).join(', ');
  return words.length > 3 ? `${shown} and ${(words.length - 3).toLocaleString('en-US')} more` : shown;
}

/** The names of some sets, each once, in canonical order. */
export function namesOf(sets: readonly { readonly name: Name }[]): readonly Name[] {
  return [...new Set(sets.map((set) => set.name))].sort(compareNames);
}

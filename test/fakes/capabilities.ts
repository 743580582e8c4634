// A DNS host that counts the values that a batch writes and their characters, as those with an HTTP API do; deletes count as well.
import { type Amounts, type ProviderCapabilities, unlimited } from '../../functions/plan/capabilities.ts';
import type { Change } from '../../functions/plan/plan.ts';

/** `replaceTimes`: how often a replaced set counts (Route 53 counts an UPSERT twice). */
export function takingAtMost(
  batch: Partial<Record<'values' | 'characters', number>>,
  replaceTimes = 1,
): ProviderCapabilities {
  return { ...unlimited, batch, costOf: (changes) => valuesOf(changes, replaceTimes) };
}

function valuesOf(changes: readonly Change[], replaceTimes: number): Amounts {
  let [sum, characters] = [0, 0];
  for (const change of changes) {
    const { values } = change.action === 'delete' ? change.before : change.after;
    const times = change.action === 'replace' ? replaceTimes : 1;
    sum += values.length * times;
    characters += values.join('').length * times;
  }
  return { values: sum, characters };
}

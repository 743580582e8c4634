// What goes out of a change whose loss is held back: the new values beside the old ones, as many as the DNS host takes. Pure.
import { type Rrset, sameRrset } from '../records/rrset.ts';
import { oversizeUnits } from './batches.ts';
import type { ProviderCapabilities } from './capabilities.ts';
import type { Change } from './plan.ts';

export interface Remainder {
  readonly changes: readonly Change[];
  /** New values for which there is no room: the old ones come first, since in an outage nobody can say which of them are dead. */
  readonly leftOut: number;
}

/** Nothing of a delete, and nothing of a switch: nothing may stand beside a CNAME. */
export function withoutLoss(change: Change, capabilities: ProviderCapabilities): Remainder {
  // A set of one value is held when it must not change at all.
  if (change.action !== 'replace' || change.before.values.length < 2) return { changes: [], leftOut: 0 };
  const { before, after } = change;
  const there = new Set(before.values);
  const fresh = after.values.filter((value) => !there.has(value));
  const withSome = (number: number): Change => ({
    action: 'replace',
    before,
    after: { ...after, values: [...before.values, ...fresh.slice(0, number)].sort() },
  });
  const room = mostValues(before, after, capabilities) - before.values.length;
  let most = Math.max(0, Math.min(fresh.length, room));
  if (!fits(withSome(most), capabilities)) {
    // The largest number that fits lies between: what is larger never fits where the smaller does not.
    let least = 0;
    while (least < most) {
      const middle = Math.ceil((least + most) / 2);
      if (fits(withSome(middle), capabilities)) least = middle;
      else most = middle - 1;
    }
  }
  const put = withSome(most);
  const isNothing = put.action !== 'replace' || sameRrset(before, put.after) || !fits(put, capabilities);
  return { changes: isNothing ? [] : [put], leftOut: fresh.length - most };
}

/** A set that shows neither side to be taken with more is not made larger than what a host takes as it comes: it may refuse the whole batch. */
function mostValues(before: Rrset, after: Rrset, capabilities: ProviderCapabilities): number {
  const { maxValuesPerRrset, usualValuesPerRrset } = capabilities;
  const isLarge = Math.max(before.values.length, after.values.length) > usualValuesPerRrset;
  return isLarge ? maxValuesPerRrset : Math.min(maxValuesPerRrset, usualValuesPerRrset);
}

function fits(change: Change, capabilities: ProviderCapabilities): boolean {
  return oversizeUnits([change], capabilities).length === 0;
}

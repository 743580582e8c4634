// What a plan adds to a zone, against what its host still has room for. Pure.
import type { Rrset } from '../records/rrset.ts';
import type { ProviderCapabilities } from './capabilities.ts';
import { namesOf } from './findings.ts';
import { type Change, changeTarget, type Finding } from './plan.ts';

/** Deletes go out last, so that what is added must find room beside what goes. */
export function overQuota(
  { granularity, quota }: ProviderCapabilities,
  changes: readonly Change[],
): readonly Finding[] {
  if (quota === undefined) return [];
  const size = ({ values }: Rrset) => (granularity === 'rrset' ? 1 : values.length);
  const growing = changes.filter((change) => growth(change, size) > 0);
  const added = growing.reduce((sum, change) => sum + growth(change, size), 0);
  const { most, used } = quota;
  if (added === 0 || used + added <= most) return [];
  const what = granularity === 'rrset' ? 'record sets' : 'records';
  const reason = `the zone holds ${used} ${what} and may hold ${most}: there is no room for ${added} more`;
  const names = namesOf(growing.map(changeTarget));
  return [{ guard: 'zone-size', effect: 'refuse', reason, numbers: { used, added, most }, names }];
}

function growth(change: Change, size: (set: Rrset) => number): number {
  if (change.action === 'delete') return 0;
  return Math.max(0, size(change.after) - (change.action === 'create' ? 0 : size(change.before)));
}

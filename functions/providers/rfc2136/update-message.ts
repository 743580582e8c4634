// One batch as one UPDATE message (RFC 2136): what must be there, and what is done. It sends nothing.
import type { Prerequisite, Update, UpdateStep } from '../../dnswire/update.ts';
import { assertNever } from '../../lib/assert.ts';
import { formatMarker, type Marker, markerName } from '../../plan/marker.ts';
import { type Change, changeTarget } from '../../plan/plan.ts';
import type { Name } from '../../records/name.ts';
import type { Rrset } from '../../records/rrset.ts';
import type { Batch } from '../provider.ts';
import { markerSet } from '../zone-state.ts';
import { isCompared } from './update-cost.ts';

/**
 * Prerequisites (RFC 2136 section 2.4): the marker holds exactly its expected value, which fences writers; and
 * what each change expects is there: the set that it replaces or deletes, or none where it creates. The second is for the hand edit
 * between our reading and our writing: it is not silently overwritten, the batch fails whole and the next plan shows it. A set too large
 * to be compared (update-cost.ts) must only exist.
 */
export function updateFor(zone: Name, { expected, next, changes }: Batch): Update {
  const replaceMarker: Change = {
    action: 'replace',
    before: markerSet(zone, expected ?? next),
    after: markerSet(zone, next),
  };
  return {
    zone,
    prerequisites: [markerPrerequisite(zone, expected), ...changes.map(prerequisiteOf)],
    steps: [replaceMarker, ...changes].flatMap(stepsOf),
  };
}

function markerPrerequisite(zone: Name, expected: Marker | undefined): Prerequisite {
  const target = { name: markerName(zone), type: 'TXT' } as const;
  if (expected === undefined) return { must: 'not-exist', ...target };
  return { must: 'hold', ...target, values: [formatMarker(expected)] };
}

function prerequisiteOf(change: Change): Prerequisite {
  const { name, type } = changeTarget(change);
  if (change.action === 'create') return { must: 'not-exist', name, type };
  if (!isCompared(change.before)) return { must: 'exist', name, type };
  return { must: 'hold', name, type, values: change.before.values };
}

/** A replaced set is deleted whole first: a server gives all records of a set the TTL of the last one added (RFC 2136 section 3.4.2.2). */
function stepsOf(change: Change): readonly UpdateStep[] {
  const { name, type } = changeTarget(change);
  const removal: UpdateStep = { step: 'delete-set', name, type };
  switch (change.action) {
    case 'create':
      return [addition(change.after)];
    case 'replace':
      return [removal, addition(change.after)];
    case 'delete':
      return [removal];
    default:
      return assertNever(change, 'change');
  }
}

function addition({ name, type, ttlSeconds, values }: Rrset): UpdateStep {
  return { step: 'add', name, type, ttlSeconds, values };
}

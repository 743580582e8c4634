// What all providers do alike: telling what Lifeboat owns in a zone, and checking a batch before any I/O. It reads and writes nothing.
import { assert } from '../lib/assert.ts';
import { LifeboatError } from '../lib/errors.ts';
import { type ApplyResult, applyChanges } from '../plan/apply.ts';
import { checkOneBatch } from '../plan/batches.ts';
import { formatMarker, type Marker, markerName, markerTtlSeconds, parseMarker } from '../plan/marker.ts';
import { belongingIn, ownedIn, ownsName } from '../plan/ownership.ts';
import { changeTarget } from '../plan/plan.ts';
import { type LeftRecord, unreadNames } from '../records/left-record.ts';
import type { Name } from '../records/name.ts';
import { compareRrsets, type Rrset, rrsetKey } from '../records/rrset.ts';
import type { Batch, ProviderCapabilities, ZoneState } from './provider.ts';

/**
 * What a zone with these sets holds of ours; `left`: its records that could not be read. Errors: `input` for a marker that cannot be read or
 * that this version does not understand, or for two.
 */
export function zoneStateOf(zone: Name, rrsets: readonly Rrset[], left: readonly LeftRecord[] = []): ZoneState {
  const damaged = left.find(({ name, why }) => name === markerName(zone) && why !== 'type');
  if (damaged !== undefined) {
    const reason = `the marker ${damaged.name} cannot be read (${damaged.detail}): nothing is written over it`;
    throw new LifeboatError('input', reason);
  }
  const marker = markerOf(zone, rrsets);
  const unread = unreadNames(left, ownsName(zone));
  return {
    rrsets: [...ownedIn(zone, rrsets)].sort(compareRrsets),
    marker,
    ...(unread.length === 0 ? {} : { unread }),
  };
}

/** The marker among these sets. Errors: `input` for one that this version does not understand, or for two. */
export function markerOf(zone: Name, rrsets: readonly Rrset[]): Marker | undefined {
  const markers = rrsets.find((set) => set.name === markerName(zone) && set.type === 'TXT')?.values ?? [];
  if (markers.length > 1) {
    throw new LifeboatError(
      'input',
      `${markerName(zone)} has ${markers.length} TXT values: one marker fences one zone; remove what Lifeboat did not write`,
    );
  }
  const [text] = markers;
  return text === undefined ? undefined : parseMarker(text);
}

/** The marker as a record set. */
export function markerSet(zone: Name, marker: Marker): Rrset {
  return { name: markerName(zone), type: 'TXT', ttlSeconds: markerTtlSeconds, values: [formatMarker(marker)] };
}

/** Before any I/O: `limit` for a batch over the capabilities, `internal` for a change of what Lifeboat does not own. */
export function checkBatch(zone: Name, batch: Batch, capabilities: ProviderCapabilities): void {
  const belonging = belongingIn(zone);
  for (const change of batch.changes) {
    const { name, type } = changeTarget(change);
    assert(
      belonging({ name, type }) === 'owned',
      `a change of ${name} ${type}, which Lifeboat does not own in ${zone}`,
    );
    const values = change.action === 'delete' ? 0 : change.after.values.length;
    if (values > capabilities.maxValuesPerRrset) {
      const limit = capabilities.maxValuesPerRrset;
      throw new LifeboatError('limit', `${name} ${type} has ${values} values, the DNS host takes ${limit}`);
    }
  }
  checkOneBatch(batch.changes, capabilities);
}

/** A batch carried out on the sets of a whole zone, for hosts that hold them all: the marker is compared and moved, then the changes. */
export function applyToZone(zone: Name, rrsets: readonly Rrset[], batch: Batch): ApplyResult {
  const marker = markerOf(zone, rrsets);
  const text = (value: Marker | undefined) => (value === undefined ? 'none' : formatMarker(value));
  if (text(marker) !== text(batch.expected)) {
    return { status: 'conflict', reason: `the marker is ${text(marker)}, expected ${text(batch.expected)}` };
  }
  const next = markerSet(zone, batch.next);
  const rest = new Map(rrsets.map((set) => [rrsetKey(set), set]));
  return applyChanges(rest.set(rrsetKey(next), next), batch.changes);
}

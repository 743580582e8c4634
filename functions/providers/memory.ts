// A standby zone in memory: for tests, and as the plainest statement of what a provider does. It survives nothing.
import { unlimited } from '../plan/capabilities.ts';
import { type Marker, markerName } from '../plan/marker.ts';
import type { Name } from '../records/name.ts';
import { compareRrsets, type Rrset } from '../records/rrset.ts';
import type { Batch, Handles, Provider, ProviderCapabilities } from './provider.ts';
import { applyToZone, checkBatch, markerOf, markerSet, zoneStateOf } from './zone-state.ts';

export interface MemoryZone {
  readonly zone: Name;
  /** Default: unlimited. */
  readonly capabilities?: ProviderCapabilities;
  /** Sets or values (by the granularity) that it holds at most, but for the marker. Default: no limit. */
  readonly most?: number;
  /** What the zone holds at first, others' records included. */
  readonly rrsets?: readonly Rrset[];
  readonly marker?: Marker;
  /** It takes batches and serves them later, when this ends. Default: at once. */
  readonly settle?: (signal: AbortSignal) => Promise<void>;
  /** It knows its records by ids, and takes away no other than those that it is told. Default: by their content. */
  readonly byHandles?: boolean;
}

export interface MemoryProvider extends Provider {
  /** Everything in the zone, the marker and others' records included, in canonical order. */
  contents(): readonly Rrset[];
}

export function createMemoryProvider(options: MemoryZone): MemoryProvider {
  const { zone, capabilities = unlimited, most, rrsets = [], marker, settle, byHandles = false } = options;
  let held: readonly Rrset[] = marker === undefined ? rrsets : [...rrsets, markerSet(zone, marker)];
  const isMarker = ({ name, type }: Rrset) => name === markerName(zone) && type === 'TXT';
  const sizeOf = (sets: readonly Rrset[]) =>
    sets.reduce(
      (sum, set) => sum + (isMarker(set) ? 0 : capabilities.granularity === 'rrset' ? 1 : set.values.length),
      0,
    );
  const ids = byHandles ? createIds(held) : undefined;
  return {
    label: `memory ${zone}`,
    zone,
    contents: () => [...held].sort(compareRrsets),
    describe: async () =>
      most === undefined ? capabilities : { ...capabilities, quota: { most, used: sizeOf(held) } },
    readMarker: async () => ({ marker: markerOf(zone, held), ...ids?.of(held.filter(isMarker)) }),
    readZone: async () => ({ ...zoneStateOf(zone, held), ...ids?.of(held) }),
    async apply(batch) {
      checkBatch(zone, batch, capabilities);
      const unknown = ids?.unknownIn(takenAwayBy(zone, batch), batch.handles);
      if (unknown !== undefined) return { status: 'conflict', reason: `${unknown} is another record now` };
      const result = applyToZone(zone, held, batch);
      if (result.status === 'conflict') return result;
      held = [...result.rrsets.values()];
      const written = ids?.renew(writtenBy(zone, batch)) ?? {};
      return settle === undefined
        ? { status: 'applied', ...written }
        : { status: 'accepted', ...written, settled: settle };
    },
  };
}

function takenAwayBy(zone: Name, { expected, changes }: Batch): readonly Rrset[] {
  const before = changes.flatMap((change) => (change.action === 'create' ? [] : [change.before]));
  return expected === undefined ? before : [markerSet(zone, expected), ...before];
}

function writtenBy(zone: Name, { next, changes }: Batch): readonly Rrset[] {
  return [markerSet(zone, next), ...changes.flatMap((change) => (change.action === 'delete' ? [] : [change.after]))];
}

/** An id for each value, another one with each write. */
function createIds(rrsets: readonly Rrset[]) {
  const ids = new Map<string, string>();
  let last = 0;
  const keysOf = (sets: readonly Rrset[]) =>
    sets.flatMap(({ name, type, values }) => values.map((value) => `${name} ${type} ${value}`));
  const of = (sets: readonly Rrset[]): { readonly handles: Handles } => ({
    handles: Object.fromEntries(keysOf(sets).map((key) => [key, ids.get(key) ?? ''])),
  });
  const renew = (sets: readonly Rrset[]) => {
    for (const key of keysOf(sets)) ids.set(key, `id-${++last}`);
    return of(sets);
  };
  renew(rrsets);
  return {
    of,
    renew,
    /** The first of these that was not named by its id. */
    unknownIn: (sets: readonly Rrset[], handles: Handles | undefined) =>
      keysOf(sets).find((key) => handles?.[key] === undefined || handles[key] !== ids.get(key)),
  };
}

// A standby zone in memory: for tests, and as the plainest statement of what a provider does. It survives nothing.
import { unlimited } from '../plan/capabilities.ts';
import type { Marker } from '../plan/marker.ts';
import type { Name } from '../records/name.ts';
import { compareRrsets, type Rrset } from '../records/rrset.ts';
import type { Provider, ProviderCapabilities } from './provider.ts';
import { applyToZone, checkBatch, markerOf, markerSet, zoneStateOf } from './zone-state.ts';

export interface MemoryZone {
  readonly zone: Name;
  /** Default: unlimited. */
  readonly capabilities?: ProviderCapabilities;
  /** What the zone holds at first, others' records included. */
  readonly rrsets?: readonly Rrset[];
  readonly marker?: Marker;
}

export interface MemoryProvider extends Provider {
  /** Everything in the zone, the marker and others' records included, in canonical order. */
  contents(): readonly Rrset[];
}

export function createMemoryProvider(options: MemoryZone): MemoryProvider {
  const { zone, capabilities = unlimited, rrsets = [], marker } = options;
  let held: readonly Rrset[] = marker === undefined ? rrsets : [...rrsets, markerSet(zone, marker)];
  return {
    label: `memory ${zone}`,
    zone,
    contents: () => [...held].sort(compareRrsets),
    describe: async () => capabilities,
    readMarker: async () => ({ marker: markerOf(zone, held) }),
    readZone: async () => zoneStateOf(zone, held),
    async apply(batch) {
      checkBatch(zone, batch, capabilities);
      const result = applyToZone(zone, held, batch);
      if (result.status === 'conflict') return result;
      held = [...result.rrsets.values()];
      return { status: 'applied' };
    },
  };
}

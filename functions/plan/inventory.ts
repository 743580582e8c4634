// What a standby zone held when its last publication ended, so that it need not be read whole while its marker says that nobody has written to
// it since. Pure; functions/tasks/publish/inventory.ts keeps it.
import { fullReadEveryMs } from '../model/standing.ts';
import type { Name } from '../records/name.ts';
import type { Rrset } from '../records/rrset.ts';
import { formatMarker, type Marker } from './marker.ts';

export interface Inventory {
  /** As the publication left it. */
  readonly marker: Marker;
  /** Everything of ours, in canonical order; `marker.digest` is over these. */
  readonly rrsets: readonly Rrset[];
  /** Names of ours at which the zone holds what could not be read. */
  readonly unread: readonly Name[];
  /** When the zone was last read whole and found so, milliseconds since the epoch. */
  readonly readAt: number;
}

/**
 * The marker moves with everything that Lifeboat writes, of whatever deployment. What a person writes by hand moves no marker: the probe of the
 * standby finds it at the names that it asks for, one after the other (some minutes for its 64), and a reading finds the rest.
 * Does the zone hold what the inventory says, as far as its marker tells? A clock that was set back makes it old at once.
 */
export function isCurrent({ marker, readAt }: Inventory, there: Marker | undefined, now: number): boolean {
  if (there === undefined || there.phase === 'partial' || formatMarker(there) !== formatMarker(marker)) return false;
  return readAt <= now && now - readAt < fullReadEveryMs;
}

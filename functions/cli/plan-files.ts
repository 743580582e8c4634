// Reads the two sides of a plan from zone files, for `plan` and for break-glass publications. No network, no store.
import { LifeboatError } from '../lib/errors.ts';
import { type Marker, markerName, parseMarker } from '../plan/marker.ts';
import { type Name, parseName } from '../records/name.ts';
import type { Rrset } from '../records/rrset.ts';
import { parseZoneFile } from '../snapshot/zone-file.ts';
import type { CliContext } from './context.ts';

export interface ZoneOnDisk {
  readonly origin: Name;
  readonly rrsets: readonly Rrset[];
  readonly marker: Marker | undefined;
}

/** Reads a zone file; `input` names the file, the line and the column. `zone` is the origin where the file states none. */
export async function readZone(context: CliContext, path: string, zone: string | undefined): Promise<ZoneOnDisk> {
  const text = await context.files.read(path);
  try {
    const file = parseZoneFile(text, zone === undefined ? {} : { origin: parseName(zone) });
    const owner = markerName(file.origin);
    const marker = file.rrsets.find((set) => set.name === owner && set.type === 'TXT')?.values[0];
    return {
      origin: file.origin,
      rrsets: file.rrsets.filter((set) => set.name !== owner),
      marker: marker === undefined ? undefined : parseMarker(marker),
    };
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error;
    throw new LifeboatError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}

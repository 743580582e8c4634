// Reads zone files for `plan`, `publish --file` and `failover --file`: zone files as people and programs write them, and what `dig AXFR`
// prints. No network, no store. What it leaves out is in `left`: its callers tell of it.
import { LifeboatError } from '../../lib/errors.ts';
import { markerName } from '../../plan/marker.ts';
import type { LeftRecord } from '../../records/left-record.ts';
import { type Name, parsePlainName } from '../../records/name.ts';
import type { DnsRecord, Rrset } from '../../records/rrset.ts';
import { buildSnapshot } from '../../snapshot/build.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { parseZoneFile } from '../../snapshot/zone-file.ts';
import type { CliContext } from '../context.ts';

export interface ZoneOnDisk {
  readonly origin: Name;
  readonly rrsets: readonly Rrset[];
  /** The same, not gathered into sets: in a transfer the TTL tells glue from a Service. */
  readonly records: readonly DnsRecord[];
  readonly left: readonly LeftRecord[];
}

/** What dig writes at the end of a transfer that did not come to its end. */
const cutTransfer = /^; Transfer failed\./m;

/** Reads a zone file; `input` names the file, the line and the column. `zone` is the origin where the file states none. */
export async function readZone(context: CliContext, path: string, zone: string | undefined): Promise<ZoneOnDisk> {
  const text = await context.files.read(path);
  if (cutTransfer.test(text)) {
    throw new LifeboatError(
      'input',
      `${path} is a transfer that was cut ("; Transfer failed."): take it again, or remove that line to use what is there`,
    );
  }
  try {
    const { origin, rrsets, records, left } = parseZoneFile(
      text,
      zone === undefined ? {} : { origin: parsePlainName(zone) },
    );
    const owner = markerName(origin);
    return {
      origin,
      rrsets: rrsets.filter((set) => set.name !== owner),
      records: records.filter((record) => record.name !== owner),
      left,
    };
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error;
    throw new LifeboatError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}

/** What a publication of this file would publish. Number 0: it is not kept. */
export function snapshotOf(zone: ZoneOnDisk, path: string, cluster: string, takenAt: number): Promise<Snapshot> {
  return buildSnapshot({
    cluster,
    zone: zone.origin,
    origin: { kind: 'file', path },
    freshness: { kind: 'serial', serial: Math.floor(takenAt / 1000) },
    takenAt,
    records: zone.records,
    left: zone.left,
  });
}

/** Tells a person what a file holds and Lifeboat does not use, on standard error. */
export function tellLeftOut(context: CliContext, path: string, lines: readonly string[]): void {
  for (const line of lines) context.terminal.err(`${path}: ${line}`);
}

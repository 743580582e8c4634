// The end of the story in numbers: one JSON object for machines, a few lines for people. Pure.

import type { Count, Path } from './client-impact.ts';
import type { FaultReport } from './faults.ts';
import { number, seconds } from './words.ts';

export interface Summary {
  /** Every fault was seen, paged and covered by an activation; the cluster did change; only clients without Lifeboat were affected. */
  readonly ok: boolean;
  readonly faults: readonly FaultReport[];
  readonly clients: {
    /** With Lifeboat, since the standby was warm. */
    readonly lookups: number;
    readonly lookupsWithout: number;
    readonly failedWith: number;
    readonly wrongWith: number;
    readonly failedWithout: number;
    readonly wrongWithout: number;
  };
  /** Services that were created, deleted or rescaled. */
  readonly changes: number;
  /** What was live in the outage. */
  readonly snapshot: { readonly number: number; readonly records: number; readonly digest: string } | null;
  /** The page as it was served in the outage. */
  readonly page: { readonly url: string; readonly status: number; readonly title: string } | null;
  /** Whether the embedded parts or the real ones were broken. */
  readonly parts: 'embedded' | 'real';
  readonly tookMs: number;
}

export function summaryOf(parts: Omit<Summary, 'ok' | 'clients'>, counts: Readonly<Record<Path, Count>>): Summary {
  const { withLifeboat, alone } = counts;
  const clients = {
    lookups: withLifeboat.lookups,
    lookupsWithout: alone.lookups,
    failedWith: withLifeboat.failed,
    wrongWith: withLifeboat.wrong,
    failedWithout: alone.failed,
    wrongWithout: alone.wrong,
  };
  const isSeen = ({ detectedAt, pagedAt, activeAt }: FaultReport) =>
    detectedAt !== null && pagedAt !== null && activeAt !== null;
  const isServed = clients.lookups > 0 && clients.failedWith === 0 && clients.wrongWith === 0;
  const isShown =
    clients.failedWithout > 0 && parts.changes > 0 && parts.snapshot !== null && parts.page?.status === 200;
  const ok = parts.faults.length > 0 && parts.faults.every(isSeen) && isServed && isShown;
  return { ok, ...parts, clients };
}

export function summaryLines({ faults, clients, snapshot }: Summary): readonly string[] {
  return [
    ...faults.map(
      ({ name, faultAt, detectionMs, verdict, reason, pagedAt, activeAt }) =>
        `${name}: ${detectionMs === null ? 'not detected' : `seen as ${verdict} after ${seconds(detectionMs)}`}` +
        `${after('paged', pagedAt, faultAt)}${after('activated', activeAt, faultAt)}${reason === null ? '' : `: ${reason}`}`,
    ),
    `with Lifeboat: ${number(clients.lookups)} lookups, ${clients.failedWith} failed, ${clients.wrongWith} wrong`,
    `CoreDNS alone: ${number(clients.lookupsWithout)} lookups, ${number(clients.failedWithout)} failed`,
    snapshot === null
      ? 'no snapshot was live'
      : `live in the outage: snapshot ${snapshot.number}, ${number(snapshot.records)} records, ${snapshot.digest}`,
  ];
}

/** What was in force before the fault needs no time. */
function after(what: string, at: string | null, faultAt: string): string {
  if (at === null) return '';
  const ms = Date.parse(at) - Date.parse(faultAt);
  return ms < 0 ? `, ${what} already` : `, ${what} after ${seconds(ms)}`;
}

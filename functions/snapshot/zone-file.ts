// Zone-file text out of record sets (RFC 1035 section 5.1), and back again without a loss. Pure; reading is in zone-file-parse.ts.
import { isWithin, type Name, relativeTo } from '../records/name.ts';
import { compareRrsets, type Rrset } from '../records/rrset.ts';

export { type ParsedZoneFile, parseZoneFile, type ZoneFileOptions } from './zone-file-parse.ts';

export interface ZoneFile {
  readonly origin: Name;
  /** The SOA set; left out, the file has none (enough for `lifeboat plan` and for `$INCLUDE`). */
  readonly soa?: Rrset;
  readonly rrsets: readonly Rrset[];
  /** Lines for the head of the file, without the semicolon. */
  readonly comments?: readonly string[];
}

/** One line per value, the owner and the TTL always written, sets in canonical order: two equal zones are equal texts. */
export function formatZoneFile({ origin, soa, rrsets, comments = [] }: ZoneFile): string {
  const lines = comments.flatMap((comment) => comment.split(/\r?\n|\r/)).map((comment) => `; ${comment}`);
  lines.push(`$ORIGIN ${origin}`);
  for (const set of [...(soa === undefined ? [] : [soa]), ...[...rrsets].sort(compareRrsets)]) {
    const owner = ownerText(set.name, origin);
    for (const value of set.values) lines.push(`${owner} ${set.ttlSeconds} IN ${set.type} ${value}`);
  }
  return `${lines.join('\n')}\n`;
}

function ownerText(name: Name, origin: Name): string {
  if (name === origin) return '@';
  return isWithin(name, origin) ? relativeTo(name, origin) : name;
}

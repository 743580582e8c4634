// The digest of a set of records: a snapshot's, and what the marker of a standby says of the zone. Pure; it must not look at when, or by whom.
import { sha256Hex } from '../lib/canonical.ts';
import type { Name } from '../records/name.ts';
import { compareRrsets, type Rrset } from '../records/rrset.ts';

/**
 * The canonical form: the zone, then one line per value, `<name> <ttl> <type> <value>`, sets in canonical order (RFC 4034
 * section 6.1) and values sorted. Values hold no line break: presentation form writes one as `\010` (RFC 1035 section 5.1).
 */
export function canonicalForm(zone: Name, rrsets: readonly Rrset[]): string {
  const lines = [`$ORIGIN ${zone}`];
  for (const set of [...rrsets].sort(compareRrsets)) {
    for (const value of [...set.values].sort()) lines.push(`${set.name} ${set.ttlSeconds} ${set.type} ${value}`);
  }
  return `${lines.join('\n')}\n`;
}

/** `sha256:<hex>` over the canonical form. Equal sets with equal TTLs have equal digests, whatever their order. */
export async function zoneDigest(zone: Name, rrsets: readonly Rrset[]): Promise<string> {
  return `sha256:${await sha256Hex(canonicalForm(zone, rrsets))}`;
}

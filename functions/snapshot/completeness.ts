// Is a snapshot whole enough to be kept and published? Pure. It must not repair anything: it says yes, or no with the reason.
import type { Name } from '../records/name.ts';
import { child } from '../records/name.ts';
import type { RecordType } from '../records/rrset.ts';
import type { Snapshot } from './snapshot.ts';

/*
 * Policy (first match wins). CoreDNS never checks that it is synced before it hands out a zone, so a valid transfer may be empty.
 * | what                                              | reason        |
 * |---------------------------------------------------|---------------|
 * | serial 0: CoreDNS has seen no event from the API  | serial-zero   |
 * | no record set left (SOA + SOA, or SOA + NS + SOA) | empty         |
 * | a must-have name without A, AAAA or CNAME         | missing-names |
 */
export type IncompleteReason = 'serial-zero' | 'empty' | 'missing-names';

export type Completeness =
  | { readonly status: 'complete' }
  | { readonly status: 'refused'; readonly reason: IncompleteReason; readonly evidence: string };

const lookupTypes: ReadonlySet<RecordType> = new Set(['A', 'AAAA', 'CNAME']);

/** `mustHave`: names relative to the zone that every whole snapshot holds, such as `kubernetes.default.svc`. */
export function checkCompleteness(snapshot: Snapshot, mustHave: readonly string[]): Completeness {
  const { zone, serial, rrsets, dropped } = snapshot;
  if (serial === 0) {
    return refused('serial-zero', `the serial of ${zone} is 0: CoreDNS has never heard from the API server (unsynced)`);
  }
  if (rrsets.length === 0) {
    const left = dropped.reduce((sum, entry) => sum + entry.count, 0);
    return refused(
      'empty',
      `${zone} with serial ${serial} holds no service at all (${left} records were there and are never published): an unsynced CoreDNS hands out such a zone`,
    );
  }
  const present = new Set<Name>();
  for (const set of rrsets) if (lookupTypes.has(set.type)) present.add(set.name);
  const missing = mustHave.map((name) => child(name, zone)).filter((name) => !present.has(name));
  if (missing.length > 0) {
    return refused(
      'missing-names',
      `${missing.length} of ${mustHave.length} must-have names are missing: ${missing.slice(0, 5).join(' ')}; ${rrsets.length} record sets are there`,
    );
  }
  return { status: 'complete' };
}

function refused(reason: IncompleteReason, evidence: string): Completeness {
  return { status: 'refused', reason, evidence };
}

// Is a snapshot whole enough to be kept and published? Pure. It must not repair anything: it says yes, or no with the reason.
import type { RefusalKind } from '../model/source.ts';
import type { Name } from '../records/name.ts';
import { child } from '../records/name.ts';
import type { RecordType } from '../records/rrset.ts';
import { type Freshness, freshnessWords, type Snapshot } from './snapshot.ts';

/*
 * Policy (first match wins). CoreDNS never checks that it is synced before it hands out a zone, so a valid transfer may be empty.
 * | what                                              | code          | kind       |
 * |---------------------------------------------------|---------------|------------|
 * | serial 0: CoreDNS has seen no event from the API  | serial-zero   | unsynced   |
 * | no record set left (SOA + SOA, or SOA + NS + SOA) | empty         | incomplete |
 * | a must-have name without A, AAAA or CNAME         | missing-names | incomplete |
 */
const kinds = {
  'serial-zero': 'unsynced',
  empty: 'incomplete',
  'missing-names': 'incomplete',
} as const satisfies Readonly<Record<string, RefusalKind>>;
export type IncompleteCode = keyof typeof kinds;

export type Completeness =
  | { readonly status: 'complete' }
  | {
      readonly status: 'refused';
      readonly kind: RefusalKind;
      readonly code: IncompleteCode;
      readonly evidence: string;
    };

const lookupTypes: ReadonlySet<RecordType> = new Set(['A', 'AAAA', 'CNAME']);

/** `mustHave`: names relative to the zone that every whole snapshot holds, such as `kubernetes.default.svc`. */
export function checkCompleteness(snapshot: Snapshot, mustHave: readonly string[]): Completeness {
  const { zone, freshness, rrsets, dropped } = snapshot;
  if (isSerialZero(freshness)) {
    return refused('serial-zero', `the serial of ${zone} is 0: CoreDNS has never heard from the API server (unsynced)`);
  }
  if (rrsets.length === 0) {
    const left = dropped.reduce((sum, entry) => sum + entry.count, 0);
    return refused(
      'empty',
      `${zone} with ${freshnessWords(freshness)} holds no service at all (${left} records were there and are never published): an unsynced CoreDNS hands out such a zone`,
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

function isSerialZero(freshness: Freshness): boolean {
  return freshness.kind === 'serial' && freshness.serial === 0;
}

function refused(code: IncompleteCode, evidence: string): Completeness {
  return { status: 'refused', kind: kinds[code], code, evidence };
}

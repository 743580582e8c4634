// The plan model: the ordered list of changes from what the standby zone holds to what it should hold, as plain data.
// It can be stored, shown, approved by its checksum and resumed. It never holds a closure.
import type { Name } from '../records/name.ts';
import type { RecordType, Rrset } from '../records/rrset.ts';

export type Change =
  | { readonly action: 'create'; readonly after: Rrset }
  | { readonly action: 'replace'; readonly before: Rrset; readonly after: Rrset }
  | { readonly action: 'delete'; readonly before: Rrset };

/** What a guard said. `refuse` stops the whole plan, `hold` keeps what is lost back, `note` only tells. */
export interface Finding {
  readonly guard: string;
  readonly effect: 'refuse' | 'hold' | 'note';
  /** One sentence with the numbers in it. */
  readonly reason: string;
  readonly numbers: Readonly<Record<string, number>>;
  /** Names concerned, at most 20. */
  readonly names: readonly Name[];
}

/** The guards that hold back; the table is in guards.ts. What `cluster-health` holds is judged anew once the cluster is healthy. */
export const holdGuards = [
  'cluster-health',
  'delete-share',
  'addresses-lost',
  'namespace-lost',
  'renumbered',
  'forgotten',
  'too-many',
] as const;
export type HoldGuard = (typeof holdGuards)[number];

/** A change whose loss is held back, by which guard, and since when (milliseconds since the epoch). What it adds may be in the plan. */
export interface HeldChange {
  readonly change: Change;
  readonly guard: HoldGuard;
  readonly heldSince: number;
}

export type PlanStatus = 'unchanged' | 'ready' | 'held' | 'refused';

export interface Plan {
  readonly zone: Name;
  /** `held`: some changes go out and some are kept back (also when nothing is left to go out). */
  readonly status: PlanStatus;
  /** What goes out, in the order it goes out: first what only adds, deletes last. Empty when refused. */
  readonly changes: readonly Change[];
  readonly held: readonly HeldChange[];
  readonly findings: readonly Finding[];
  /** `sha256:<hex>` over zone, status and changes: `publish --approve CHECKSUM` applies this plan and no other. */
  readonly checksum: string;
}

/** Name and type of what a change touches. */
export function changeTarget(change: Change): { readonly name: Name; readonly type: RecordType } {
  return change.action === 'delete' ? change.before : change.after;
}

/** What the set would hold after the change; nothing when it is deleted. */
export function wantedValues(change: Change): readonly string[] {
  return change.action === 'delete' ? [] : change.after.values;
}

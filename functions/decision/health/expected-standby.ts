// What a standby should hold, as its probe is told. Pure data, JSON: it goes to other objects.
import type { Rrset } from '../../records/rrset.ts';

export interface ExpectedStandby {
  /** The configuration's. */
  readonly id: string;
  /** Null: nothing was published yet, or a publication is under way, so that what it holds cannot be judged. */
  readonly holds: {
    readonly cluster: string;
    readonly writer: string;
    /** Number of the activation that we froze it in; 0: not frozen by us. */
    readonly frozen: number;
    /** Some sets of what was published; the must-have names among them. */
    readonly sets: readonly Rrset[];
  } | null;
}

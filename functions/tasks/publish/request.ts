// What is asked of a publication, and what comes of it. Types only; carried out by publish.ts.
import type { Intent } from '../../model/intent.ts';
import type { Standing } from '../../model/standing.ts';
import type { Deployment, WriteVerdict } from '../../plan/fence.ts';
import type { PlanPolicy } from '../../plan/guard-input.ts';
import type { Inventory } from '../../plan/inventory.ts';
import type { Marker } from '../../plan/marker.ts';
import type { HoldMemory } from '../../plan/memory.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Name } from '../../records/name.ts';
import type { Rrset } from '../../records/rrset.ts';

export interface PublishRequest {
  /** What the zone should hold, and the snapshot it comes from. */
  readonly snapshot: {
    readonly number: number;
    readonly rrsets: readonly Rrset[];
    readonly unread?: readonly Name[];
  };
  /** Who publishes, and how it stands to the zone. */
  readonly deployment: Deployment;
  readonly standing: Standing;
  /** Move the marker even when nothing else is to be written: it shows other deployments that this one is there. */
  readonly renew: boolean;
  readonly intent: Intent;
  readonly policy: PlanPolicy;
  /** False holds back whatever would be lost: the cluster is healthy, and was when the snapshot was captured. */
  readonly clusterHealthy: boolean;
  /** Reads what the zone held after the last publication, which is large; undefined: the zone is read whole. */
  readonly readInventory: () => Promise<Inventory | undefined>;
  /** Keeps what the zone holds now; undefined: that is not known any more. Best effort. */
  readonly keepInventory: (inventory: Inventory | undefined) => Promise<void>;
  /** What the last plan left to be remembered of this zone. */
  readonly memory: HoldMemory;
  /** Keeps what this plan leaves, before anything of it is written; `changed` when somebody else (an operator's release) was faster. */
  readonly keep: (before: HoldMemory, after: HoldMemory) => Promise<'kept' | 'changed'>;
  /** Apply only the plan with this checksum. */
  readonly approvedChecksum?: string;
  readonly timeoutMs: number;
  /** Asked before each batch, and whether it takes anything away: why the publication must end there. undefined: it goes on. */
  readonly whyStop: (takesAway: boolean) => Promise<string | undefined>;
  readonly onProgress?: (doneBatches: number, allBatches: number) => void;
}

export type PublishOutcome =
  /** The zone holds the plan's result; `batches` 0 when nothing had to be written. */
  | {
      readonly status: 'published';
      readonly plan: Plan;
      readonly marker: Marker;
      readonly batches: number;
      /** False: the host has taken it, and its name servers did not show it within the deadline of a request. */
      readonly isServed: boolean;
      /** The plan was made over the zone, read whole; else over its inventory. */
      readonly isFromZone: boolean;
      /** The zone was not as our own store knows it: nothing was deleted. Null: it was. */
      readonly adopted: Adopted | null;
    }
  /** A guard refused the whole plan: nothing was written. */
  | { readonly status: 'refused'; readonly plan: Plan; readonly reason: string }
  /** The zone is frozen and this intent may not write to it; `marker` undefined: it is frozen by what our own store knows. */
  | { readonly status: 'frozen'; readonly reason: string; readonly marker: Marker | undefined }
  /** Another deployment of this cluster writes there (`kept`), or another cluster (`foreign`). */
  | { readonly status: 'kept' | 'foreign'; readonly reason: string; readonly marker: Marker | undefined }
  /** Another writer was faster, or the approved plan is no longer the plan. What was applied before stays (phase `partial`). */
  | { readonly status: 'conflict'; readonly reason: string; readonly batches: number }
  /** The DNS host refuses us. */
  | { readonly status: 'denied'; readonly reason: string; readonly batches: number }
  /** The cluster went bad on the way, or an operator holds it: what was applied before stays (phase `partial`). */
  | { readonly status: 'stopped'; readonly reason: string; readonly batches: number }
  /** Read back and found different: somebody else writes there, or the server did not do what it said. */
  | { readonly status: 'mismatch'; readonly reason: string; readonly plan: Plan };

export type Adopted = Extract<WriteVerdict, { status: 'adopt' }>['because'];

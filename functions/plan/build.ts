// Builds a plan: the difference, the guards' verdict carried out, the order, the checksum. Pure data in and out; it writes nothing.
import { canonicalJson, sha256Hex } from '../lib/canonical.ts';
import type { Name } from '../records/name.ts';
import type { Rrset } from '../records/rrset.ts';
import type { ProviderCapabilities } from './capabilities.ts';
import { changeKey, diff } from './diff.ts';
import { type PlanPolicy, type Release, runGuards } from './guards.ts';
import { inOrder } from './order.ts';
import { ownedIn } from './ownership.ts';
import type { Change, Finding, HeldChange, Plan, PlanStatus } from './plan.ts';

export type { PlanPolicy, Release } from './guards.ts';

export interface PlanRequest {
  readonly zone: Name;
  /** What the zone should hold; a record outside what Lifeboat owns refuses the plan. */
  readonly desired: readonly Rrset[];
  /** What it holds; what Lifeboat does not own is left out of the plan. */
  readonly current: readonly Rrset[];
  readonly policy: PlanPolicy;
  /** False holds every delete. */
  readonly clusterHealthy: boolean;
  readonly capabilities: ProviderCapabilities;
  /** By rrsetKey: since when a delete is held (milliseconds since the epoch). Keep it when a plan is refused: that plan holds nothing. */
  readonly previouslyHeld: ReadonlyMap<string, number>;
  readonly release: Release;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The plan that takes `current` to `desired`, as far as the guards let it. */
export async function buildPlan(request: PlanRequest): Promise<Plan> {
  const { zone } = request;
  const current = ownedIn(zone, request.current);
  const all = diff(ownedIn(zone, request.desired), current);
  const { findings, heldKeys } = runGuards({ ...request, current, changes: all });
  const refused = findings.some((finding) => finding.effect === 'refuse');
  const isHeld = (change: Change) => change.action === 'delete' && heldKeys.has(changeKey(change));
  const changes = refused ? [] : inOrder(all.filter((change) => !isHeld(change)));
  const held = refused ? [] : all.filter(isHeld).map((change) => withAge(change, request));
  const status = statusOf(findings, changes, held);
  return { zone, status, changes, held, findings, checksum: await checksumOf(zone, status, changes) };
}

function withAge(change: Change, { previouslyHeld, now }: PlanRequest): HeldChange {
  return { change, heldSince: previouslyHeld.get(changeKey(change)) ?? now };
}

function statusOf(findings: readonly Finding[], changes: readonly Change[], held: readonly HeldChange[]): PlanStatus {
  if (findings.some((finding) => finding.effect === 'refuse')) return 'refused';
  if (held.length > 0) return 'held';
  return changes.length === 0 ? 'unchanged' : 'ready';
}

async function checksumOf(zone: Name, status: PlanStatus, changes: readonly Change[]): Promise<string> {
  return `sha256:${await sha256Hex(canonicalJson({ zone, status, changes }))}`;
}

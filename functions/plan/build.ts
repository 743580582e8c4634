// Builds a plan: the difference, the guards' verdict carried out, the order, the checksum. Pure data in and out; it writes nothing.
import { canonicalJson, sha256Hex } from '../lib/canonical.ts';
import type { Name } from '../records/name.ts';
import type { Rrset } from '../records/rrset.ts';
import type { ProviderCapabilities } from './capabilities.ts';
import { changeKey, diff } from './diff.ts';
import { capped, count } from './findings.ts';
import type { PlanPolicy } from './guard-input.ts';
import { runGuards } from './guards.ts';
import { type HoldMemory, recall, remember } from './memory.ts';
import { inOrder } from './order.ts';
import { ownedIn } from './ownership.ts';
import { type Change, changeTarget, type Finding, type HeldChange, type Plan, type PlanStatus } from './plan.ts';
import { overQuota } from './quota.ts';
import { withoutLoss } from './union.ts';
import { hiddenIn, keepUnknown, type Unread, unreadFindings } from './unread.ts';

export interface PlanRequest {
  readonly zone: Name;
  /** What the zone should hold; a record outside what Lifeboat owns refuses the plan. */
  readonly desired: readonly Rrset[];
  /** What it holds; what Lifeboat does not own is left out of the plan. */
  readonly current: readonly Rrset[];
  /** Names at which either side holds what could not be read: what is not known is not changed. Default none. */
  readonly unread?: Unread;
  readonly policy: PlanPolicy;
  /** False holds every loss: healthy is now, and was when `desired` was captured. */
  readonly clusterHealthy: boolean;
  readonly capabilities: ProviderCapabilities;
  /** What the plan before left to be remembered. */
  readonly memory: HoldMemory;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Planned {
  readonly plan: Plan;
  /** To be kept before anything of the plan is written. */
  readonly memory: HoldMemory;
}

/** The plan that takes `current` to `desired`, as far as the guards let it. */
export async function buildPlan(request: PlanRequest): Promise<Planned> {
  const { zone, policy, clusterHealthy, unread = {}, now } = request;
  const current = ownedIn(zone, request.current);
  const memory = recall(request.memory, now);
  const desired = keepUnknown(request.desired, current, unread);
  const isHidden = hiddenIn(unread);
  const asked = diff(ownedIn(zone, desired), current).filter((change) => !isHidden(change));
  const { findings, held } = runGuards({ ...request, desired, current, memory, changes: asked });
  const isRefused = findings.some(({ effect }) => effect === 'refuse');
  const guards = new Map([...held].flatMap(([loss, guard]) => loss.changes.map((change) => [change, guard] as const)));
  const tried = isRefused ? nothing : carryOut(request, memory, asked, guards);
  const over = overQuota(request.capabilities, tried.changes);
  const carried = over.length === 0 ? tried : { ...nothing, findings: over };
  const changes = inOrder(carried.changes);
  const status = statusOf(isRefused || over.length > 0, changes, carried.held);
  const checksum = await checksumOf(zone, status, changes);
  const plan = {
    zone,
    status,
    changes,
    held: carried.held,
    findings: [...findings, ...carried.findings, ...unreadFindings(unread)],
    checksum,
  };
  const pass = { memory, now, holdExpiresAfterMs: policy.holdExpiresAfterMs };
  return { plan, memory: remember(pass, plan, current, clusterHealthy) };
}

interface Carried {
  readonly changes: readonly Change[];
  readonly held: readonly HeldChange[];
  readonly findings: readonly Finding[];
}

const nothing: Carried = { changes: [], held: [], findings: [] };

function carryOut(
  { capabilities, now }: PlanRequest,
  memory: HoldMemory,
  asked: readonly Change[],
  guards: ReadonlyMap<Change, HeldChange['guard']>,
): Carried {
  const changes: Change[] = [];
  const held: HeldChange[] = [];
  const crowded: { readonly change: Change; readonly leftOut: number }[] = [];
  for (const change of asked) {
    const guard = guards.get(change);
    if (guard === undefined) {
      changes.push(change);
      continue;
    }
    const since = memory.held.get(changeKey(change))?.since ?? now;
    held.push({ change, guard, heldSince: Math.min(since, now) });
    // Addresses that may be another cluster's are not put beside our own.
    if (guard === 'renumbered') continue;
    const remainder = withoutLoss(change, capabilities);
    changes.push(...remainder.changes);
    if (remainder.leftOut > 0) crowded.push({ change, leftOut: remainder.leftOut });
  }
  return { changes, held, findings: capped(crowded, ({ change, leftOut }) => noRoom(change, leftOut)) };
}

function noRoom(change: Change, leftOut: number): Finding {
  const { name, type } = changeTarget(change);
  const reason = `${name} ${type}: no room for ${count(leftOut, 'new value')} beside those that are kept`;
  return { guard: 'rrset-size', effect: 'note', reason, numbers: { leftOut }, names: [name] };
}

function statusOf(isRefused: boolean, changes: readonly Change[], held: readonly HeldChange[]): PlanStatus {
  if (isRefused) return 'refused';
  if (held.length > 0) return 'held';
  return changes.length === 0 ? 'unchanged' : 'ready';
}

async function checksumOf(zone: Name, status: PlanStatus, changes: readonly Change[]): Promise<string> {
  return `sha256:${await sha256Hex(canonicalJson({ zone, status, changes }))}`;
}

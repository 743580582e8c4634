// Brings one standby zone to a snapshot: read, plan, apply batch by batch, read back, compare. It decides nothing about when,
// and stores nothing; whoever calls it records the outcome.
import type { Clock } from '../../lib/deps.ts';
import type { Intent } from '../../model/intent.ts';
import type { Standing } from '../../model/standing.ts';
import { applyChanges } from '../../plan/apply.ts';
import { cutBatches } from '../../plan/batches.ts';
import { buildPlan, type Planned } from '../../plan/build.ts';
import { type Deployment, mayWrite, nextMarker, type WriteVerdict } from '../../plan/fence.ts';
import type { PlanPolicy } from '../../plan/guard-input.ts';
import type { Marker, MarkerPhase } from '../../plan/marker.ts';
import type { HoldMemory } from '../../plan/memory.ts';
import { takesAway } from '../../plan/order.ts';
import { ownedIn } from '../../plan/ownership.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Provider, ProviderCapabilities, ZoneState } from '../../providers/provider.ts';
import type { Name } from '../../records/name.ts';
import { type Rrset, rrsetKey, sameRrset } from '../../records/rrset.ts';

export interface PublishRequest {
  /** What the zone should hold, and the snapshot it comes from. */
  readonly snapshot: {
    readonly number: number;
    readonly digest: string;
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

export interface PlannedZone extends Planned {
  readonly state: ZoneState;
  /** May it be written. */
  readonly fence: WriteVerdict;
  readonly capabilities: ProviderCapabilities;
}

/** Reads the zone and builds the plan, without writing. */
export async function planPublication(
  deps: { readonly provider: Provider; readonly clock: Clock },
  request: PublishRequest,
): Promise<PlannedZone> {
  const signal = AbortSignal.timeout(request.timeoutMs);
  const [state, capabilities] = await Promise.all([deps.provider.readZone(signal), deps.provider.describe(signal)]);
  const fence = mayWrite(state.marker, request.intent, request.deployment, request.standing);
  const planned = await buildPlan({
    zone: deps.provider.zone,
    desired: request.snapshot.rrsets,
    current: state.rrsets,
    unread: {
      ...(request.snapshot.unread === undefined ? {} : { inSource: request.snapshot.unread }),
      ...(state.unread === undefined ? {} : { inZone: state.unread }),
    },
    policy: request.policy,
    // Nothing is deleted from a zone that is not as our own store knows it.
    clusterHealthy: request.clusterHealthy && fence.status !== 'adopt',
    capabilities,
    memory: request.memory,
    now: deps.clock.now(),
  });
  return { state, fence, capabilities, ...planned };
}

/** Applies a snapshot to one standby zone. Faults of the network throw; run again, it goes on where it was cut. */
export async function publishSnapshot(
  deps: { readonly provider: Provider; readonly clock: Clock },
  request: PublishRequest,
): Promise<PublishOutcome> {
  const planned = await planPublication(deps, request);
  const { state, fence, plan, memory } = planned;
  const adopted = fence.status === 'adopt' ? fence.because : null;
  if (fence.status !== 'ok' && fence.status !== 'adopt') {
    return { status: fence.status, reason: fence.reason, marker: state.marker };
  }
  if (plan.status === 'refused') {
    return { status: 'refused', plan, reason: plan.findings.map((finding) => finding.reason).join('; ') };
  }
  if (request.approvedChecksum !== undefined && request.approvedChecksum !== plan.checksum) {
    const reason = `the approved plan ${request.approvedChecksum} is not today's plan ${plan.checksum}: the zone or the snapshot has changed; look at the plan again`;
    return { status: 'conflict', reason, batches: 0 };
  }
  if ((await request.keep(request.memory, memory)) === 'changed') {
    return {
      status: 'conflict',
      reason: 'what is held back was changed meanwhile: look at the plan again',
      batches: 0,
    };
  }
  const applied = await applyPlan(deps, request, planned);
  if (applied.status !== 'applied') return applied;
  const { marker, batches } = applied;
  const different = batches === 0 ? 0 : await compare(deps, request, state, plan);
  if (different === 0) return { status: 'published', plan, marker, batches, adopted };
  const reason = `read back after the publication, ${different} record sets of ${deps.provider.label} are not what the plan made of them: another writer, or a server that did not do what it confirmed`;
  return { status: 'mismatch', reason, plan };
}

type Applied =
  | { readonly status: 'applied'; readonly marker: Marker; readonly batches: number }
  | Extract<PublishOutcome, { status: 'conflict' | 'denied' | 'stopped' }>;

async function applyPlan(
  deps: { readonly provider: Provider },
  request: PublishRequest,
  { state, plan, capabilities }: PlannedZone,
): Promise<Applied> {
  const batches = cutBatches(plan.changes, capabilities);
  const done = finalMarker(state.marker, request);
  if (batches.length === 0) {
    if (state.marker !== undefined && saysTheSame(state.marker, done) && !request.renew) {
      return { status: 'applied', marker: state.marker, batches: 0 };
    }
    batches.push([]);
  }
  let marker = state.marker;
  for (const [index, changes] of batches.entries()) {
    const why = await request.whyStop(changes.some(takesAway));
    if (why !== undefined) {
      const reason = `${why}: ${batches.length - index} of ${batches.length} batches are not applied`;
      return { status: 'stopped', reason, batches: index };
    }
    const phase: MarkerPhase = index === batches.length - 1 ? done.phase : 'partial';
    const next = nextMarker(marker, { ...done, phase });
    const outcome = await deps.provider.apply(
      { expected: marker, next, changes },
      AbortSignal.timeout(request.timeoutMs),
    );
    if (outcome.status === 'conflict') return { status: 'conflict', reason: outcome.reason, batches: index };
    if (outcome.status === 'refused') return { status: 'denied', reason: outcome.reason, batches: index };
    marker = next;
    request.onProgress?.(index + 1, batches.length);
  }
  return { status: 'applied', marker: marker ?? done, batches: batches.length };
}

/** How many owned sets of the authoritative server are other than the applied plan made them. */
async function compare(
  deps: { readonly provider: Provider },
  request: PublishRequest,
  before: ZoneState,
  plan: Plan,
): Promise<number> {
  const { provider } = deps;
  const owned = ({ rrsets }: ZoneState) => new Map(ownedIn(provider.zone, rrsets).map((set) => [rrsetKey(set), set]));
  const expected = applyChanges(owned(before), plan.changes);
  const there = owned(await provider.readZone(AbortSignal.timeout(request.timeoutMs)));
  if (expected.status === 'conflict') return plan.changes.length;
  const keys = new Set([...there.keys(), ...expected.rrsets.keys()]);
  return [...keys].filter((key) => !same(there.get(key), expected.rrsets.get(key))).length;
}

function same(a: Rrset | undefined, b: Rrset | undefined): boolean {
  return a !== undefined && b !== undefined && sameRrset(a, b);
}

function finalMarker(current: Marker | undefined, request: PublishRequest): Marker {
  const { snapshot, deployment, intent } = request;
  return {
    generation: current?.generation ?? 0,
    snapshot: snapshot.number,
    digest: snapshot.digest,
    ...deployment,
    phase: intent.kind === 'activate' ? 'frozen' : 'warm',
    activation: intent.kind === 'activate' ? intent.activation : (current?.activation ?? 0),
  };
}

/** Equal but for the generation and the snapshot's number: the same content needs no new write. */
function saysTheSame(a: Marker, b: Marker): boolean {
  const isSame = a.digest === b.digest && a.phase === b.phase && a.activation === b.activation;
  return isSame && a.cluster === b.cluster && a.writer === b.writer;
}

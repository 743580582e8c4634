// Brings one standby zone to a snapshot: plan (plan-zone.ts), apply batch by batch, read back, compare. It decides nothing about when, and stores
// nothing but through its request; whoever calls it records the outcome.
import { assert } from '../../lib/assert.ts';
import { applyChanges } from '../../plan/apply.ts';
import { cutBatches } from '../../plan/batches.ts';
import { nextMarker } from '../../plan/fence.ts';
import { formatMarker, type Marker, type MarkerPhase } from '../../plan/marker.ts';
import { takesAway } from '../../plan/order.ts';
import { ownedIn } from '../../plan/ownership.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Name } from '../../records/name.ts';
import { compareRrsets, type Rrset, rrsetKey, sameRrset } from '../../records/rrset.ts';
import { zoneDigest } from '../../snapshot/digest.ts';
import { type PlannedZone, type PublishDeps, planOrFence } from './plan-zone.ts';
import type { PublishOutcome, PublishRequest } from './request.ts';

/** Applies a snapshot to one standby zone. Faults of the network throw; run again, it goes on where it was cut. */
export async function publishSnapshot(deps: PublishDeps, request: PublishRequest): Promise<PublishOutcome> {
  const planned = await planOrFence(deps, request);
  if ('status' in planned) return planned;
  const { fence, plan, memory, readAt } = planned;
  const adopted = fence.status === 'adopt' ? fence.because : null;
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
  const rrsets = afterwards(deps.provider, planned);
  const done = finalMarker(planned.state.marker, request, await zoneDigest(deps.provider.zone, rrsets));
  const applied = await applyPlan(deps, request, planned, done);
  if (applied.status !== 'applied') return applied;
  const { marker, batches, isServed } = applied;
  const difference = batches === 0 ? undefined : await compare(deps, request, plan, marker, rrsets);
  if (difference !== undefined) {
    await request.keepInventory(undefined);
    const reason = `read back after the publication, ${difference}: another writer, or a server that did not do what it confirmed`;
    return { status: 'mismatch', reason, plan };
  }
  if (batches > 0 || planned.isFromInventory !== true) {
    await request.keepInventory({ marker, rrsets, unread: planned.state.unread ?? [], readAt });
  }
  const isFromZone = planned.isFromInventory !== true;
  return { status: 'published', plan, marker, batches, isServed, isFromZone, adopted };
}

type Applied =
  | { readonly status: 'applied'; readonly marker: Marker; readonly batches: number; readonly isServed: boolean }
  | Extract<PublishOutcome, { status: 'conflict' | 'denied' | 'stopped' }>;

async function applyPlan(
  deps: PublishDeps,
  request: PublishRequest,
  { state, plan, capabilities }: PlannedZone,
  done: Marker,
): Promise<Applied> {
  const batches = cutBatches(plan.changes, capabilities);
  if (batches.length === 0) {
    if (state.marker !== undefined && saysTheSame(state.marker, done) && !request.renew) {
      return { status: 'applied', marker: state.marker, batches: 0, isServed: true };
    }
    batches.push([]);
  }
  let { marker, handles } = state;
  const unsettled = createUnsettled(request.timeoutMs);
  for (const [index, changes] of batches.entries()) {
    const isTaking = changes.some(takesAway);
    // Name servers may follow in any order: nothing is taken away before what was added is served.
    if (isTaking) await unsettled.end();
    const why = await request.whyStop(isTaking);
    if (why !== undefined) {
      const reason = `${why}: ${batches.length - index} of ${batches.length} batches are not applied`;
      return { status: 'stopped', reason, batches: index };
    }
    const phase: MarkerPhase = index === batches.length - 1 ? done.phase : 'partial';
    const next = nextMarker(marker, { ...done, phase });
    const batch = { expected: marker, next, changes, ...(handles === undefined ? {} : { handles }) };
    const outcome = await deps.provider.apply(batch, AbortSignal.timeout(request.timeoutMs));
    if (outcome.status === 'conflict') return { status: 'conflict', reason: outcome.reason, batches: index };
    if (outcome.status === 'refused') return { status: 'denied', reason: outcome.reason, batches: index };
    if (outcome.status === 'accepted') unsettled.add(outcome.settled);
    if (outcome.handles !== undefined) handles = { ...handles, ...outcome.handles };
    marker = next;
    request.onProgress?.(index + 1, batches.length);
  }
  // Whoever writes next reads it: that its name servers are slow is no fault of the publication.
  const isServed = await unsettled.end().then(
    () => true,
    () => false,
  );
  return { status: 'applied', marker: marker ?? done, batches: batches.length, isServed };
}

/** Batches that the host has taken and does not serve yet; each has the deadline of a request to be served. */
function createUnsettled(timeoutMs: number) {
  let waiting: ((signal: AbortSignal) => Promise<void>)[] = [];
  return {
    add: (settled: (signal: AbortSignal) => Promise<void>) => void waiting.push(settled),
    async end(): Promise<void> {
      const all = waiting;
      waiting = [];
      await Promise.all(all.map((settled) => settled(AbortSignal.timeout(timeoutMs))));
    },
  };
}

/** What the zone holds of ours when the plan is carried out, in canonical order. */
function afterwards({ zone }: Provider, { state, plan }: PlannedZone): readonly Rrset[] {
  const result = applyChanges(byKey(zone, state.rrsets), plan.changes);
  assert(result.status === 'applied', 'a plan fits the zone that it was made over');
  return [...result.rrsets.values()].sort(compareRrsets);
}

/** What the authoritative server shows otherwise than it was left, in words. Where no record was written its marker alone is asked for. */
async function compare(
  { provider }: PublishDeps,
  request: PublishRequest,
  plan: Plan,
  marker: Marker,
  rrsets: readonly Rrset[],
): Promise<string | undefined> {
  const { zone, label } = provider;
  const signal = AbortSignal.timeout(request.timeoutMs);
  if (plan.changes.length === 0) {
    const { marker: there } = await provider.readMarker(signal);
    const isThere = there !== undefined && formatMarker(there) === formatMarker(marker);
    return isThere ? undefined : `the marker of ${label} is not the one that was written`;
  }
  const there = byKey(zone, (await provider.readZone(signal)).rrsets);
  const expected = byKey(zone, rrsets);
  const keys = new Set([...there.keys(), ...expected.keys()]);
  const different = [...keys].filter((key) => !same(there.get(key), expected.get(key))).length;
  return different === 0 ? undefined : `${different} record sets of ${label} are not what the plan made of them`;
}

function byKey(zone: Name, rrsets: readonly Rrset[]): ReadonlyMap<string, Rrset> {
  return new Map(ownedIn(zone, rrsets).map((set) => [rrsetKey(set), set]));
}

function same(a: Rrset | undefined, b: Rrset | undefined): boolean {
  return a !== undefined && b !== undefined && sameRrset(a, b);
}

function finalMarker(current: Marker | undefined, request: PublishRequest, digest: string): Marker {
  const { snapshot, deployment, intent } = request;
  return {
    generation: current?.generation ?? 0,
    snapshot: snapshot.number,
    digest,
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

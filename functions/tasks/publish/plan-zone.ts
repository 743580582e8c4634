// The plan of a publication: over what the zone holds, or over its inventory while nothing is to be changed. It writes nothing.
import type { Clock } from '../../lib/deps.ts';
import { buildPlan, type Planned } from '../../plan/build.ts';
import { mayWrite, type WriteVerdict } from '../../plan/fence.ts';
import { isCurrent } from '../../plan/inventory.ts';
import type { Marker } from '../../plan/marker.ts';
import type { MarkerRead, Provider, ProviderCapabilities, ZoneState } from '../../providers/provider.ts';
import type { PublishOutcome, PublishRequest } from './request.ts';

export interface PublishDeps {
  readonly provider: Provider;
  readonly clock: Clock;
}

export interface PlannedZone extends Planned {
  readonly state: ZoneState;
  /** When the zone was read whole. */
  readonly readAt: number;
  readonly isFromInventory?: true;
  /** May it be written. */
  readonly fence: WriteVerdict;
  readonly capabilities: ProviderCapabilities;
}

/** Reads the zone and builds the plan, without writing. */
export async function planPublication(deps: PublishDeps, request: PublishRequest): Promise<PlannedZone> {
  const readAt = deps.clock.now();
  const state = await deps.provider.readZone(AbortSignal.timeout(request.timeoutMs));
  return planOver(deps, request, state, readAt);
}

async function planOver(
  { provider, clock }: PublishDeps,
  request: PublishRequest,
  state: ZoneState,
  readAt: number,
): Promise<PlannedZone> {
  const capabilities = await provider.describe(AbortSignal.timeout(request.timeoutMs));
  const fence = mayWrite(state.marker, request.intent, request.deployment, request.standing);
  const planned = await buildPlan({
    zone: provider.zone,
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
    now: clock.now(),
  });
  return { state, readAt, fence, capabilities, ...planned };
}

/**
 * So that what is written is always judged by what is there, and what need not be written costs one question.
 *
 * | our store knows of a marker there | the marker now                       | the plan is made over              |
 * |-----------------------------------|--------------------------------------|------------------------------------|
 * | no                                |                                      | the zone, read whole               |
 * | yes                               | one over which we may not write      | nothing: it is fenced              |
 * | yes                               | as the inventory has it, and current | the inventory; where something is to be changed, the zone |
 * | yes                               | else                                 | the zone, read whole               |
 */
export async function planOrFence(deps: PublishDeps, request: PublishRequest): Promise<PlannedZone | Fenced> {
  if (request.standing.known !== 'nothing') {
    const { intent, deployment, standing, timeoutMs } = request;
    const read = await deps.provider.readMarker(AbortSignal.timeout(timeoutMs));
    const { marker } = read;
    const fenced = fencedBy(mayWrite(marker, intent, deployment, standing), marker);
    if (fenced !== undefined) return fenced;
    const unchanged = await planUnchanged(deps, request, read);
    if (unchanged !== undefined) return unchanged;
  }
  const planned = await planPublication(deps, request);
  return fencedBy(planned.fence, planned.state.marker) ?? planned;
}

/** The plan over the inventory; undefined: the marker is another, it is time to look, or something is to be changed. */
async function planUnchanged(
  deps: PublishDeps,
  request: PublishRequest,
  { marker, handles }: MarkerRead,
): Promise<PlannedZone | undefined> {
  const inventory = marker === undefined ? undefined : await request.readInventory();
  if (inventory === undefined || !isCurrent(inventory, marker, deps.clock.now())) return undefined;
  const state = handles === undefined ? inventory : { ...inventory, handles };
  const planned = await planOver(deps, request, state, inventory.readAt);
  const isUnchanged = planned.plan.status !== 'refused' && planned.plan.changes.length === 0;
  return isUnchanged ? { ...planned, isFromInventory: true } : undefined;
}

export type Fenced = Extract<PublishOutcome, { status: 'frozen' | 'kept' | 'foreign' }>;

function fencedBy(fence: WriteVerdict, marker: Marker | undefined): Fenced | undefined {
  if (fence.status === 'ok' || fence.status === 'adopt') return undefined;
  return { status: fence.status, reason: fence.reason, marker };
}

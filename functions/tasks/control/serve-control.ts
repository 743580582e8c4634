// The control port of a cluster that is watched in this very process or object: reads the record, tells the machine of orders. It decides nothing.
import { assess } from '../../decision/health/assess.ts';
import { findingsOf } from '../../decision/incidents/findings.ts';
import type { ClusterState } from '../../decision/machine/state.ts';
import type { Broadcast } from '../../lib/broadcast.ts';
import { withDeadline } from '../../lib/deadline.ts';
import { messageOf } from '../../lib/errors.ts';
import { encodeSnapshot, storedForm } from '../../snapshot/codec.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { listSnapshots, readSnapshot } from '../capture/snapshots.ts';
import { withOrder } from '../cluster/given-order.ts';
import { type ClusterPorts, policyOf } from '../cluster/ports.ts';
import { readRecord } from '../cluster/record.ts';
import type { Controller } from '../loop/controller.ts';
import type { EventOf } from '../loop/dispatch.ts';
import { type HeldByStandby, viewHolds } from '../publish/holds.ts';
import { previewRelease, releaseDeletes } from '../publish/release-deletes.ts';
import type {
  ClusterControl,
  ClusterView,
  Order,
  OrderAnswer,
  ReleaseOrder,
  SnapshotSummary,
  VantageStatus,
  WatchStatus,
} from './control-port.ts';
import { answerBefore, digestOfOrder } from './orders.ts';
import { type OperatorOrder, previewAnswer, previewPlans } from './preview.ts';

/** What the control port shows and uses besides the record. */
export interface ControlParts {
  readonly ports: ClusterPorts;
  readonly controller: Pick<Controller, 'hear'>;
  readonly broadcast: Broadcast;
  /** How this life of the watch is; when it last looked, if it has not yet, is in the record. */
  readonly watch: () => WatchStatus;
  readonly vantages: (state: ClusterState) => Promise<readonly VantageStatus[]>;
  readonly report: ClusterControl['report'];
}

/** Readers of the stream of events at once. */
export const mostReaders = 20;

/** Who looks at a stream of events is told this at once, and after each step. */
export function viewEvent(at: number, phase: string) {
  return { event: 'view', data: JSON.stringify({ at, phase }) };
}

export function serveControl(parts: ControlParts): ClusterControl {
  const { ports, broadcast, report } = parts;
  const latest = createLatest(ports);
  return {
    async view(): Promise<ClusterView> {
      const at = ports.clock.now();
      const { record } = await readRecord(ports);
      const policy = policyOf(ports);
      const machine = assess(record.machine, { kind: 'tick' }, policy, at);
      const [kept, held] = await Promise.all([keptSnapshots(ports), heldNow(ports)]);
      const summary = kept.status === 'listed' ? await latest(kept.numbers.at(-1)) : undefined;
      return {
        at,
        record: { ...record, machine },
        findings: findingsOf(machine, policy, at),
        held: held.status === 'listed' ? held.standbys : {},
        snapshots: {
          numbers: kept.status === 'listed' ? kept.numbers : [],
          ...(summary === undefined ? {} : { latest: summary }),
        },
        watch: watchOf(parts.watch(), record.machine, [...troubleOf(kept), ...troubleOf(held)]),
        vantages: await parts.vantages(machine),
      };
    },
    order(order) {
      // A look at what would be done may wait for a standby that hangs, and must hold up no order.
      if (order.dryRun) return isRelease(order) ? previewRelease(ports, order) : preview(ports, order);
      return isRelease(order) ? releaseDeletes(ports, order) : obey(parts, order);
    },
    async snapshot(number) {
      const snapshot = await readSnapshot(ports.store, ports.cluster.id, number);
      return snapshot === undefined ? undefined : encodeSnapshot(snapshot);
    },
    async events() {
      const { machine } = (await readRecord(ports)).record;
      return broadcast.open(viewEvent(ports.clock.now(), machine.phase));
    },
    report,
  };
}

function isRelease(order: Order | ReleaseOrder): order is ReleaseOrder {
  return order.command === 'release-deletes';
}

async function preview(ports: ClusterPorts, order: Order): Promise<OrderAnswer> {
  const { command, takeOver = false } = order;
  const { words, canForce } = await previewAnswer(ports, saidIn(order));
  return { status: 'planned', words: [...words, ...(await previewPlans(ports, { command, takeOver }))], canForce };
}

/** What the machine is told of an order. */
function saidIn({ command, who, why, takeOver = false, force = false, forMs }: Order): OperatorOrder {
  return { command, who, why, takeOver, force, ...(forMs === undefined ? {} : { forMs }) };
}

async function obey(parts: ControlParts, order: Order): Promise<OrderAnswer> {
  const { ports } = parts;
  const { idempotencyKey: key } = order;
  const digest = await digestOfOrder(order);
  let before: OrderAnswer | undefined;
  // Asked of the record that the step changes: another process may be given the same order at the same time.
  const event: EventOf = (record) => {
    before = key === undefined ? undefined : answerBefore(record.orders, key, digest);
    return before === undefined ? { kind: 'operator', ...saidIn(order) } : undefined;
  };
  let answer: Answer = { status: 'refused', reason: 'the machine gave no answer', phase: 'watching' };
  // The machine answers within the step; what follows goes on beside it.
  await parts.controller.hear(event, (record, effects) => {
    if (before !== undefined) return record;
    const { phase } = record.machine;
    const reply = effects.find((effect) => effect.kind === 'reply');
    answer = { ...answer, ...(reply === undefined ? {} : { status: reply.status, reason: reply.reason }), phase };
    if (key === undefined || answer.status === 'refused') return record;
    const { reason } = answer;
    const given = { key, digest, at: ports.clock.now(), reason, phase, isDone: true };
    return { ...record, orders: withOrder(record.orders, given) };
  });
  return before ?? answer;
}

type Answer = Extract<OrderAnswer, { status: 'accepted' | 'refused' }>;

/** How long a view waits for the store of snapshots: what the machine knows is worth more than their list. */
const listTimeoutMs = 2_000;

type Kept = { readonly status: 'listed'; readonly numbers: readonly number[] } | Unlisted;
type Held = { readonly status: 'listed'; readonly standbys: HeldByStandby } | Unlisted;
type Unlisted = { readonly status: 'unknown'; readonly reason: string };

function troubleOf(listed: Kept | Held): readonly string[] {
  return listed.status === 'unknown' ? [listed.reason] : [];
}

async function heldNow(ports: ClusterPorts): Promise<Held> {
  try {
    const deadline = { what: 'reading what is held back', timeoutMs: listTimeoutMs };
    return { status: 'listed', standbys: await withDeadline(ports.clock, deadline, () => viewHolds(ports)) };
  } catch (error) {
    return { status: 'unknown', reason: `what is held back cannot be read: ${messageOf(error)}` };
  }
}

async function keptSnapshots({ clock, store, cluster }: ClusterPorts): Promise<Kept> {
  try {
    const what = 'listing the kept snapshots';
    const list = () => listSnapshots(store, cluster.id);
    return { status: 'listed', numbers: await withDeadline(clock, { what, timeoutMs: listTimeoutMs }, list) };
  } catch (error) {
    return { status: 'unknown', reason: `the kept snapshots cannot be listed: ${messageOf(error)}` };
  }
}

function watchOf(watch: WatchStatus, { observations }: ClusterState, troubles: readonly string[]): WatchStatus {
  const newest = Math.max(0, ...observations.map(({ observedAt }) => observedAt));
  const lastRoundAt = watch.lastRoundAt ?? (newest === 0 ? null : newest);
  return { ...watch, lastRoundAt, troubles: [...watch.troubles, ...troubles] };
}

/** Snapshots never change, so that the newest is read once. One that cannot be read is not shown. */
function createLatest(ports: ClusterPorts): (number: number | undefined) => Promise<SnapshotSummary | undefined> {
  let known: SnapshotSummary | undefined;
  return async (number) => {
    if (number === undefined || known?.number === number) return number === undefined ? undefined : known;
    const deadline = { what: `reading snapshot ${number}`, timeoutMs: listTimeoutMs };
    const read = () => readSnapshot(ports.store, ports.cluster.id, number);
    const snapshot = await withDeadline(ports.clock, deadline, read).catch(() => undefined);
    known = snapshot === undefined ? undefined : summaryOf(snapshot);
    return known;
  };
}

function summaryOf({ number, takenAt, freshness, digest, counts }: Snapshot): SnapshotSummary {
  return storedForm({ number, takenAt, freshness, digest, counts });
}

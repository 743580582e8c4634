// Clusters for the page's tests and pictures: views whose states come from the real machine, told as stories, with evidence as the probes
// write it. The page is given nothing else.
import { noticeOf } from '../../../../functions/alerts/catalogue/notice.ts';
import { enqueue } from '../../../../functions/alerts/enqueue.ts';
import { emptyOutbox, type Outbox } from '../../../../functions/alerts/outbox.ts';
import { assess } from '../../../../functions/decision/health/assess.ts';
import type { Observation } from '../../../../functions/decision/health/observation.ts';
import { findingsOf } from '../../../../functions/decision/incidents/findings.ts';
import { fail } from '../../../../functions/decision/machine/job.ts';
import { withIds } from '../../../../functions/decision/machine/standby-names.ts';
import type { ClusterState } from '../../../../functions/decision/machine/state.ts';
import type { ClusterView, VantageStatus, WatchStatus } from '../../../../functions/tasks/control/control-port.ts';
import { apiRound, dnsA, dnsB, dnsRound, quorum, Story, standbyRound, type Weather } from '../../decision/story.ts';

const minuteMs = 60_000;
export const standby = 'knot';
export const standbyLabel = 'rfc2136 203.0.113.53:53 cluster.local.';
export const edges = [
  { id: 'edge-weur', group: 'workers' },
  { id: 'machine-ams', group: 'ams' },
] as const;

/** A story that two vantages tell, and whose alerts go into an outbox. */
export class Tale extends Story {
  outbox: Outbox = emptyOutbox;
  /** Deliveries are taken by the channel at once. */
  delivered = true;
  private told = 0;

  constructor(obliging = true) {
    super({ standbys: [standby], quorum: quorum(2, 2), intervalMs: 10_000 }, obliging);
  }

  /** So many rounds, seen by both vantages. */
  look(count: number, weather: Weather = {}): this {
    for (let i = 0; i < count; i++) {
      this.now += this.policy.intervalMs;
      const { api = 'healthy', a = 'healthy', b = 'healthy' } = weather;
      for (const { id, group } of edges) {
        const round = [
          ...apiRound(api),
          ...dnsRound(dnsA, a),
          ...dnsRound(dnsB, b),
          ...standbyRound(standby, 'healthy'),
        ];
        const observations = round.map((one) => ({ ...one, evidence: evidenceOf(one), observedAt: this.now }));
        this.tell({ kind: 'observed', vantage: id, group, observations });
      }
    }
    return this.post();
  }

  also(act: (story: Tale) => void): this {
    act(this);
    return this.post();
  }

  /** What the machine has asked to page since goes into the outbox. */
  private post(): this {
    for (const effect of this.all.slice(this.told)) {
      if (effect.kind !== 'page' && effect.kind !== 'resolve') continue;
      const action = effect.kind === 'page' ? 'trigger' : 'resolve';
      const { outbox } = enqueue(
        this.outbox,
        action,
        noticeOf(effect.telling),
        ['pagerduty', 'slack'],
        effect.telling.at,
      );
      this.outbox = this.delivered ? { ...outbox, pending: [] } : outbox;
    }
    this.told = this.all.length;
    return this;
  }
}

function evidenceOf({ signal, condition, reason, target }: Observation): string {
  if (condition === 'up' && signal === 'apiserver.read') return 'GET /api/v1/namespaces/default: 200 in 9 ms';
  if (condition === 'up') return `${signal} of ${target.id} as it should be in 3 ms`;
  switch (reason) {
    case 'refused':
      return `connection to ${target.id.replace('https://', '')} refused in 2 ms`;
    case 'check-failed':
      return 'GET /readyz?verbose: 500 in 41 ms, failed: etcd, etcd-readiness';
    case 'timeout':
      return 'GET /api/v1/namespaces/default: nothing within 3000 ms';
    case 'credential':
      return 'GET /api/v1/namespaces/default: 401 in 6 ms: Unauthorized';
    case 'servfail':
      return `SERVFAIL from ${target.id} in 2 ms for kubernetes.default.svc.cluster.local.`;
    case 'unsynced':
      return `SERVFAIL from ${target.id} in 3 ms: CoreDNS has no API data (unsynced)`;
    default:
      return `${signal} ${condition} ${reason}`;
  }
}

export interface Changes {
  readonly watch?: Partial<WatchStatus>;
  readonly vantages?: readonly VantageStatus[];
  readonly machine?: Partial<ClusterState>;
  readonly outbox?: Partial<Outbox>;
  /** The view is taken so long after the last round. */
  readonly laterMs?: number;
}

export function viewOf(tale: Tale, changes: Changes = {}): ClusterView {
  const at = tale.now + (changes.laterMs ?? 2000);
  const told = { ...assess(tale.state, { kind: 'tick' }, tale.policy, at), ...changes.machine };
  const machine = withIds(told, [{ id: standby, label: standbyLabel }]);
  const { snapshot, asOf } = machine.capture;
  const healthyRounds = changes.watch?.healthyRounds ?? tale.policy.healthyRounds;
  return {
    at,
    findings: findingsOf(machine, { ...tale.policy, healthyRounds }, at),
    held: {},
    record: {
      format: 1,
      machine,
      outbox: { ...tale.outbox, ...changes.outbox },
      held: {},
      captures: [],
      orders: [],
      lives: [],
    },
    snapshots: {
      numbers: snapshot === null ? [] : [snapshot - 1, snapshot].filter((number) => number > 0),
      ...(snapshot === null
        ? {}
        : {
            latest: {
              number: snapshot,
              takenAt: (asOf ?? at) + 800,
              serial: 1_699_999_871,
              digest: 'sha256:7c1e0be5bb3fd8c0a2e14f6b9d04a7fd53a8c9c2f0b14e6d8a90b7c3e5f21d46',
              counts: {
                records: 1893,
                rrsets: 1204,
                byType: { A: 1310, AAAA: 0, SRV: 583 },
                byNamespace: { shop: 812, payments: 611, 'kube-system': 96, default: 12 },
              },
            },
          }),
    },
    watch: {
      intervalMs: tale.policy.intervalMs,
      lastRoundAt: tale.now,
      healthyRounds: tale.policy.healthyRounds,
      rearmedAt: null,
      troubles: [],
      ...changes.watch,
    },
    vantages:
      changes.vantages ??
      edges.map(({ id, group }, i) => ({
        id,
        group,
        kind: i === 0 ? 'edge' : 'inside',
        lastSeenAt: tale.now,
        refused: 0,
        lastRefusal: '',
      })),
  };
}

/** Peace for two hours and a half, with a small suspicion in the morning. */
export function peace(delivered = true): Tale {
  const tale = new Tale();
  tale.delivered = delivered;
  tale.look(12).also((story) => story.wait(95 * minuteMs));
  return tale
    .look(12)
    .look(1, { api: 'etcd' })
    .look(8)
    .also((story) => story.wait(48 * minuteMs))
    .look(14);
}

export const scenes: Readonly<Record<'calm' | 'suspected' | 'active' | 'recovering' | 'blind', () => ClusterView>> = {
  calm: () => viewOf(peace()),
  suspected: () => viewOf(peace().look(2, { api: 'etcd' })),
  active: () => viewOf(outage().look(20, { api: 'gone', b: 'unsynced' })),
  recovering: () => viewOf(givingBack()),
  blind: () =>
    viewOf(peace(), {
      laterMs: 14 * minuteMs,
      watch: { troubles: ['its store cannot be written: the disk is full'] },
    }),
};

/** The API server is gone, the standby frozen. */
export function outage(): Tale {
  return peace().look(6, { api: 'gone' });
}

/** An operator fails back, and the fresh capture is under way. */
export function givingBack(): Tale {
  const tale = outage().look(40, { api: 'gone' }).look(9);
  return tale.also((story) => {
    story.now += 4000;
    Object.defineProperty(story, 'obliging', { value: false });
    story.operator('failback');
  });
}

/** So many deletes are held back from the standby by a guard, and the incident is open. */
export function heldBack(count: number): ClusterView {
  const tale = peace();
  const before = tale.state.standbys[standby];
  if (before === undefined) throw new Error('a standby is needed');
  tale.state = { ...tale.state, standbys: { ...tale.state.standbys, [standby]: { ...before, heldDeletes: count } } };
  const view = viewOf(tale.look(2));
  const changes = Array.from({ length: count }, (_, i) => ({
    set: `web-${i}.shop.svc.cluster.local. A`,
    guard: 'delete-share' as const,
    since: view.at - 3 * minuteMs,
    wants: [],
    release: 'possible' as const,
  }));
  const held = { digest: heldDigest, total: count, releasable: count, changes: changes.slice(0, 1000) };
  return { ...view, held: { [standby]: held } };
}

export const heldDigest = `sha256:${'5f'.repeat(32)}`;

/** The standby cannot be written to for the fifth time. */
export function failingStandby(state: ClusterState, reason: string, now: number): ClusterState {
  const before = state.standbys[standby];
  if (before === undefined) throw new Error('a standby is needed');
  let job = before;
  for (let i = 0; i < 5; i++) job = { ...job, ...fail(job, reason, now) };
  return { ...state, standbys: { ...state.standbys, [standby]: job } };
}

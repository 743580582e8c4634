// What is shown of a cluster to machines: `lifeboat status --json` and the API say the same of its record. It reads and decides nothing.

import { summaryOf } from '../../alerts/catalogue/notice.ts';
import type { VerdictCondition } from '../../decision/health/verdict.ts';
import { standbyAgeMs } from '../../decision/machine/selectors.ts';
import type { ClusterState, OpenIncident, StandbyState } from '../../decision/machine/state.ts';
import { worstCondition } from '../../decision/machine/summary.ts';
import type { ClusterView } from '../control/control-port.ts';
import type { ClusterRecord } from './record.ts';

/** Instants are milliseconds since the epoch. */
export interface StateSummary
  extends Pick<
    ClusterState,
    'cluster' | 'phase' | 'since' | 'reason' | 'cause' | 'holdUntil' | 'activation' | 'verdicts' | 'transitions'
  > {
  /** By dedup key, with the line that was last told. */
  readonly incidents: Readonly<Record<string, IncidentSummary>>;
  readonly capture: Pick<ClusterState['capture'], 'snapshot' | 'asOf' | 'failures' | 'lastFailure'>;
  /** By id; each with its label, for people. */
  readonly standbys: Readonly<Record<string, StandbyState & { readonly ageMs: number | null }>>;
}

type IncidentSummary = Omit<OpenIncident, 'facts'> & { readonly summary: string };

const shownTransitions = 20;

export function stateSummary(state: ClusterState, now: number): StateSummary {
  const { cluster, phase, since, reason, cause, holdUntil, activation, verdicts, incidents, transitions } = state;
  const { snapshot, asOf, failures, lastFailure } = state.capture;
  return {
    ...{ cluster, phase, since, reason, cause, holdUntil, activation, verdicts },
    capture: { snapshot, asOf, failures, lastFailure },
    standbys: mapValues(state.standbys, (standby) => ({ ...standby, ageMs: standbyAgeMs(standby, now) })),
    incidents: mapValues(incidents, ({ facts, ...open }) => ({
      ...open,
      summary: summaryOf({ ...open, facts }, cluster),
    })),
    transitions: transitions.slice(-shownTransitions),
  };
}

export type RecordSummary = StateSummary & Pick<ClusterRecord, 'outbox'> & Pick<ClusterView, 'held'>;

export function recordSummary(
  { machine, outbox }: ClusterRecord,
  held: ClusterView['held'],
  now: number,
): RecordSummary {
  return { ...stateSummary(machine, now), held, outbox };
}

export type ClusterSummary = RecordSummary & Pick<ClusterView, 'at' | 'snapshots' | 'watch' | 'vantages'>;

/** All of a cluster but its observations. */
export function clusterSummary({ at, record, held, snapshots, watch, vantages }: ClusterView): ClusterSummary {
  return { at, ...recordSummary(record, held, at), snapshots, watch, vantages };
}

/** A cluster in a list. */
export interface ClusterHeadline extends Pick<StateSummary, 'phase' | 'since' | 'reason' | 'cause'> {
  readonly id: string;
  readonly at: number;
  /** The worst verdict, and each in a word, by target key. */
  readonly worst: VerdictCondition;
  readonly verdicts: Readonly<Record<string, VerdictCondition>>;
  readonly incidents: number;
  readonly activation: number | null;
  readonly snapshot: number | null;
  readonly lastRoundAt: number | null;
  readonly troubles: number;
}

export function clusterHeadline({ at, record: { machine }, snapshots, watch }: ClusterView): ClusterHeadline {
  const { cluster: id, phase, since, reason, cause, activation } = machine;
  const verdicts = Object.entries(machine.verdicts).map(([key, { condition }]) => [key, condition] as const);
  return {
    ...{ id, at, phase, since, reason, cause },
    worst: worstCondition(machine),
    verdicts: Object.fromEntries(verdicts),
    incidents: Object.keys(machine.incidents).length,
    activation: activation?.number ?? null,
    snapshot: snapshots.latest?.number ?? null,
    lastRoundAt: watch.lastRoundAt,
    troubles: watch.troubles.length,
  };
}

function mapValues<In, Out>(record: Readonly<Record<string, In>>, change: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

// What is shown of a cluster to machines: `lifeboat status --json` and the API say the same of its record. It reads and decides nothing.

import type { VerdictCondition } from '../../decision/health/verdict.ts';
import { type StateSummary, stateSummary, worstCondition } from '../../decision/machine/summary.ts';
import type { ClusterView } from '../control/control-port.ts';
import type { ClusterRecord } from './record.ts';

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

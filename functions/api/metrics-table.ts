// Every metric of Lifeboat, in one table: its name, type and meaning, and how it is read from the views. docs/metrics.md is made from it.

import { verdictConditions } from '../decision/health/verdict.ts';
import { standbyAgeMs } from '../decision/machine/selectors.ts';
import { phases } from '../decision/machine/state.ts';
import { severities } from '../model/severity.ts';
import type { ClusterView } from '../tasks/control/control-port.ts';
import { type Family, type Sample, statesOf } from './open-metrics.ts';
import type { Seen } from './views.ts';

export interface Metric extends Family {
  /** The names of its labels. */
  readonly labels: readonly string[];
  readonly read: (all: readonly Seen[], version: string) => readonly Sample[];
}

type Labelled = readonly [labels: Sample['labels'], value: number | null];

/** Of each cluster that can be read; null: there is nothing to say yet. */
function each(read: (view: ClusterView) => readonly Labelled[]): Metric['read'] {
  return (all) =>
    all.flatMap(({ id, view }) =>
      (view === undefined ? [] : read(view)).flatMap(([labels, value]) =>
        value === null ? [] : [{ labels: { cluster: id, ...labels }, value }],
      ),
    );
}

const one = (read: (view: ClusterView) => number | null) => each((view) => [[{}, read(view)]]);

const ofStandbys = (
  read: (standby: ClusterView['record']['machine']['standbys'][string], at: number) => number | null,
) =>
  each(({ at, record }) =>
    Object.entries(record.machine.standbys).map(([standby, state]): Labelled => [{ standby }, read(state, at)]),
  );

const ofVantages = (read: (vantage: ClusterView['vantages'][number], at: number) => number | null) =>
  each(({ at, vantages }) =>
    vantages.map((vantage): Labelled => {
      const { id, group, kind } = vantage;
      return [{ vantage: id, group, kind }, read(vantage, at)];
    }),
  );

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
const age = (at: number, since: number | null): number | null =>
  since === null ? null : Math.max(0, at - since) / 1000;

const phaseName = 'lifeboat_cluster_phase';
const conditionName = 'lifeboat_target_condition';

const clusterMetrics: readonly Metric[] = [
  {
    name: 'lifeboat_cluster_readable',
    type: 'gauge',
    labels: ['cluster'],
    help: '1 when the cluster could be read for this answer; 0 hides all else of it.',
    read: (all) => all.map(({ id, view }) => ({ labels: { cluster: id }, value: view === undefined ? 0 : 1 })),
  },
  {
    name: phaseName,
    type: 'stateset',
    labels: ['cluster', phaseName],
    help: 'The phase that the cluster is in.',
    read: (all) =>
      all.flatMap(({ id, view }) =>
        view === undefined ? [] : statesOf(phaseName, phases, view.record.machine.phase, { cluster: id }),
      ),
  },
  {
    name: 'lifeboat_cluster_phase_since_timestamp_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['cluster'],
    help: 'When the phase began, since the Unix epoch.',
    read: one(({ record }) => seconds(record.machine.since)),
  },
  {
    name: 'lifeboat_cluster_activations',
    type: 'counter',
    labels: ['cluster'],
    help: 'Activations of the standby so far, by the machine and by hand: the number of the last one.',
    read: one(({ record }) => record.machine.lastActivation),
  },
  {
    name: conditionName,
    type: 'stateset',
    labels: ['cluster', 'target', conditionName],
    help: 'The verdict on a target: the API server, one CoreDNS replica, or one standby zone.',
    read: (all) =>
      all.flatMap(({ id, view }) =>
        Object.entries(view?.record.machine.verdicts ?? {}).flatMap(([target, { condition }]) =>
          statesOf(conditionName, verdictConditions, condition, { cluster: id, target }),
        ),
      ),
  },
  {
    name: 'lifeboat_target_since_timestamp_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['cluster', 'target'],
    help: 'Since when the verdict on a target is the same, since the Unix epoch.',
    read: each(({ record }) =>
      Object.entries(record.machine.verdicts).map(([target, { since }]): Labelled => [{ target }, seconds(since)]),
    ),
  },
  {
    name: 'lifeboat_incidents_open',
    type: 'gauge',
    labels: ['cluster', 'severity'],
    help: 'Incidents that are open for a person to see.',
    read: each(({ record }) => {
      const open = Object.values(record.machine.incidents);
      return severities.map(
        (severity): Labelled => [{ severity }, open.filter((one) => one.severity === severity).length],
      );
    }),
  },
];

const copyMetrics: readonly Metric[] = [
  {
    name: 'lifeboat_snapshot_number',
    type: 'gauge',
    labels: ['cluster'],
    help: 'The number of the latest snapshot.',
    read: one(({ snapshots }) => snapshots.latest?.number ?? null),
  },
  {
    name: 'lifeboat_snapshot_records',
    type: 'gauge',
    labels: ['cluster'],
    help: 'Records in the latest snapshot.',
    read: one(({ snapshots }) => snapshots.latest?.counts.records ?? null),
  },
  {
    name: 'lifeboat_snapshot_taken_timestamp_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['cluster'],
    help: 'When the latest snapshot was taken, since the Unix epoch; an unchanged zone makes no new one.',
    read: one(({ snapshots }) => seconds(snapshots.latest?.takenAt ?? null)),
  },
  {
    name: 'lifeboat_capture_failures',
    type: 'gauge',
    labels: ['cluster'],
    help: 'Captures that failed in a row.',
    read: one(({ record }) => record.machine.capture.failures),
  },
  {
    name: 'lifeboat_standby_age_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['cluster', 'standby'],
    help: 'How old what the standby holds is: since its capture was asked for. Missing when nothing was ever published.',
    read: ofStandbys((standby, at) => seconds(standbyAgeMs(standby, at))),
  },
  {
    name: 'lifeboat_standby_frozen',
    type: 'gauge',
    labels: ['cluster', 'standby'],
    help: "1 when an activation has frozen the standby, ours or another writer's.",
    read: ofStandbys(({ frozen, fence }) => (frozen > 0 || fence !== '' ? 1 : 0)),
  },
  {
    name: 'lifeboat_standby_held_deletes',
    type: 'gauge',
    labels: ['cluster', 'standby'],
    help: 'Changes that a guard holds back.',
    read: ofStandbys(({ heldDeletes }) => heldDeletes),
  },
  {
    name: 'lifeboat_standby_failures',
    type: 'gauge',
    labels: ['cluster', 'standby'],
    help: 'Publications that failed in a row.',
    read: ofStandbys(({ failures }) => failures),
  },
];

const ownMetrics: readonly Metric[] = [
  {
    name: 'lifeboat_outbox_pending',
    type: 'gauge',
    labels: ['cluster'],
    help: 'Deliveries of alerts that have not arrived yet.',
    read: one(({ record }) => record.outbox.pending.length),
  },
  {
    name: 'lifeboat_outbox_dead',
    type: 'counter',
    labels: ['cluster'],
    help: 'Deliveries of alerts that were given up.',
    read: one(({ record }) => record.outbox.deadTotal),
  },
  {
    name: 'lifeboat_watch_last_round_age_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['cluster'],
    help: 'How long ago the last round of probes ended. Missing before the first one.',
    read: one(({ at, watch }) => age(at, watch.lastRoundAt)),
  },
  {
    name: 'lifeboat_watch_interval_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['cluster'],
    help: 'The configured time from round to round.',
    read: one(({ watch }) => seconds(watch.intervalMs)),
  },
  {
    name: 'lifeboat_watch_rearmed_timestamp_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['cluster'],
    help: 'When a watch that had stopped was last started again, since the Unix epoch. Missing when it never was.',
    read: one(({ watch }) => seconds(watch.rearmedAt)),
  },
  {
    name: 'lifeboat_watch_troubles',
    type: 'gauge',
    labels: ['cluster'],
    help: 'Things that are wrong with Lifeboat itself.',
    read: one(({ watch }) => watch.troubles.length),
  },
  {
    name: 'lifeboat_vantage_last_seen_age_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['cluster', 'vantage', 'group', 'kind'],
    help: 'How long ago the vantage delivered observations. Missing when it never did.',
    read: ofVantages(({ lastSeenAt }, at) => age(at, lastSeenAt)),
  },
  {
    name: 'lifeboat_vantage_refused',
    type: 'counter',
    labels: ['cluster', 'vantage', 'group', 'kind'],
    help: 'Requests of a vantage, or in its name, that were refused since the watch began.',
    read: ofVantages(({ refused }) => refused),
  },
  {
    name: 'lifeboat_build',
    type: 'info',
    labels: ['version'],
    help: 'The version of Lifeboat.',
    read: (_all, version) => [{ labels: { version }, value: 1 }],
  },
];

export const metrics: readonly Metric[] = [...clusterMetrics, ...copyMetrics, ...ownMetrics];

// What else may be wrong: single targets, alerts that do not arrive, and every open incident that nobody else has told. Pure.

import type { Step as SaidStep } from '../../alerts/catalogue/entry.ts';
import { said } from '../../alerts/catalogue/index.ts';
import { apiServerKey, dnsKey, standbyKey } from '../../decision/health/verdict.ts';
import { incidentOfKey, isOpenIncident } from '../../decision/incidents/key.ts';
import { keeperOf } from '../../decision/machine/selectors.ts';
import type { Severity as IncidentSeverity } from '../../model/severity.ts';
import type { ClusterView } from '../../tasks/control/control-port.ts';
import { act, type Concern, listed, run, type Severity, type Step } from './condition.ts';
import { isOld } from './conditions-own.ts';
import { lost, overdue } from './notified.ts';
import { releasePath } from './release-form.ts';

/** Replicas that are not healthy, and an API server that is not while the phase does not say so (yet). */
export function concernsOfTargets({ record, watch, at }: ClusterView): readonly Concern[] {
  const { cluster, phase, verdicts, cause } = record.machine;
  const told = phase === 'active' || phase === 'suspected' || phase === 'confirmed';
  const api = verdicts[apiServerKey];
  const apiBad = api !== undefined && api.condition !== 'healthy' && api.condition !== 'unknown';
  const replicas = Object.entries(verdicts).filter(([key]) => key.startsWith(dnsKey('')));
  // What a stopped watch does not know is told as that.
  const bad = replicas.filter(
    ([, { condition, reason }]) => condition !== 'healthy' && !(reason === 'no-observation' && isOld(watch, at)),
  );
  const concerns: Concern[] = [];
  if (apiBad && phase === 'watching') {
    concerns.push({
      severity: 'warning',
      headline: `${cluster}: ${api.words}`,
      since: api.since,
      seenFrom: api.seenFrom,
      did: [],
      next: [run(cluster, 'See what is known.', 'status')],
    });
  }
  if (bad.length === 0 || (told && cause === 'dns')) return concerns;
  const noneIsHealthy = bad.length === replicas.length && `${cluster}/no-healthy-replica` in record.machine.incidents;
  concerns.push({
    severity: noneIsHealthy ? 'critical' : 'warning',
    headline:
      bad.length === replicas.length
        ? `no CoreDNS replica of ${cluster} is known to be healthy`
        : `${bad.length} of ${replicas.length} CoreDNS replicas of ${cluster} ${bad.length === 1 ? 'is' : 'are'} not healthy`,
    since: Math.min(...bad.map(([, { since }]) => since)),
    seenFrom: [...new Set(bad.flatMap(([, { seenFrom }]) => seenFrom))],
    did: bad.map(([, { words, since }]) => ({ words: `Saw: ${words}`, at: since })),
    next: [
      {
        words: noneIsHealthy
          ? 'Look at the replicas.'
          : 'Look at the replica. One bad replica is no outage: nothing fails over.',
        command: 'kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide',
      },
      ...(noneIsHealthy ? [act(cluster, 'failover', 'If workloads suffer, fail over by hand.')] : []),
    ],
    covers: noneIsHealthy ? /^(dns\/.*|no-healthy-replica)$/ : /^dns\/.*$/,
  });
  return concerns;
}

/** Standbys that are not seen as they should be, before that is an incident, or without ever being one (nobody looks). */
export function concernsOfStandbyProbes({ record, watch, at }: ClusterView): readonly Concern[] {
  const { cluster, verdicts, standbys } = record.machine;
  const isTold = (id: string) =>
    [`standby/${id}`, `standby-degraded/${id}`].some((key) => isOpenIncident(record.machine, key));
  return Object.keys(standbys).flatMap((id): Concern[] => {
    const verdict = verdicts[standbyKey(id)];
    if (verdict === undefined || verdict.condition === 'healthy' || isTold(id)) return [];
    if (verdict.reason === 'no-observation' && isOld(watch, at)) return [];
    const { words, since, seenFrom } = verdict;
    const next = [run(cluster, 'Look whether it answers as it should.', 'check')];
    return [{ severity: 'warning', headline: words, since, seenFrom, did: [], next }];
  });
}

/** A standby that holds nothing yet, or that is frozen though nothing is open, is not ready. */
export function concernsOfStandbys({ record, at }: ClusterView): readonly Concern[] {
  const { cluster, phase, standbys, since } = record.machine;
  if (phase !== 'watching' && phase !== 'suspected') return [];
  const frozen = Object.entries(standbys).filter(([, standby]) => standby.frozen > 0);
  const empty = Object.entries(standbys).filter(
    ([, standby]) => standby.asOf === null && standby.foreign === '' && keeperOf(standby) === null,
  );
  const about = { since, seenFrom: [], did: [] } as const;
  return [
    ...frozen.map(([id, standby]): Concern => {
      const headline = `the standby ${id} is still frozen by activation ${standby.frozen}`;
      if (standby.giveBack !== null) {
        const why = standby.lastFailure === '' ? 'it could not be written to' : standby.lastFailure;
        return {
          ...about,
          severity: 'warning',
          headline,
          did: [{ words: `Gave the others back; goes on trying: ${why}` }],
          next: [run(cluster, 'Repair its server: it is given back when it can be written to.', 'check')],
          covers: /^give-back\//,
        };
      }
      return {
        ...about,
        severity: 'warning',
        headline,
        next: [act(cluster, 'failback', 'Fail back: it captures anew, publishes and thaws it.')],
      };
    }),
    ...(empty.length === 0 && Object.keys(standbys).length > 0
      ? []
      : [
          {
            ...about,
            severity: empty.some(([, { failures }]) => failures > 0) ? 'warning' : 'progress',
            headline: `the standby of ${cluster} is not ready: nothing was ever published`,
            did: empty.flatMap(([id, { lastFailure }]) =>
              lastFailure === '' ? [] : [{ words: `Tried to write to ${id}: ${lastFailure}` }],
            ),
            next: [run(cluster, 'Wait for the first publication, or look what holds it up.', 'plan')],
          } satisfies Concern,
        ]),
  ].map((concern) => ({ ...concern, since: Math.min(concern.since, at) }));
}

export function concernsOfAlerts({ record, at }: ClusterView): readonly Concern[] {
  const { outbox, machine } = record;
  const late = overdue(outbox, at);
  const gone = lost(outbox, at);
  if (late.length + gone.length === 0) return [];
  const channels = listed([
    ...new Set([...late.map(({ channel }) => channel), ...gone.map(({ delivery }) => delivery.channel)]),
  ]);
  const failure = late.findLast(({ lastFailure }) => lastFailure !== '')?.lastFailure ?? gone.at(-1)?.reason;
  return [
    {
      severity: 'warning',
      headline: `Alerts do not arrive at ${channels}: nobody may know`,
      since: Math.min(...late.map(({ enqueuedAt }) => enqueuedAt), ...gone.map(({ diedAt }) => diedAt)),
      seenFrom: [],
      did: [
        ...(late.length > 0 ? [{ words: `Goes on trying to send ${late.length}.` }] : []),
        ...(gone.length > 0 ? [{ words: `Gave up ${gone.length}.` }] : []),
        ...(failure === undefined ? [] : [{ words: `The last failure: ${failure}` }]),
      ],
      next: [run(machine.cluster, 'Tell your team yourself, then repair the channel.', 'status')],
    },
  ];
}

const severities: Readonly<Record<IncidentSeverity, Severity>> = {
  critical: 'critical',
  warning: 'warning',
  info: 'progress',
};

/** Every open incident that is not told by a known concern: nothing that was paged may look calm. */
export function concernsOfIncidents({ record, at }: ClusterView, known: readonly Concern[]): readonly Concern[] {
  const { cluster, incidents, standbys } = record.machine;
  return Object.entries(incidents).flatMap(([dedupKey, incident]): Concern[] => {
    const key = incidentOfKey(cluster, dedupKey, standbys);
    if (known.some(({ covers }) => covers?.test(key))) return [];
    const { title, next } = said(incident.facts, { cluster, at });
    return [
      {
        severity: severities[incident.severity],
        headline: title,
        since: incident.openedAt,
        seenFrom: [],
        did: [{ words: 'Paged.', at: incident.pagedAt }],
        next: next.map((step) => linked(cluster, step)),
      },
    ];
  });
}

/** Where the page has more than a command: the form that shows what is held back. */
function linked(cluster: string, { heldOf, ...step }: SaidStep): Step {
  if (heldOf === undefined) return step;
  return { ...step, link: { href: releasePath(cluster, heldOf), words: 'See them by name, and let them out…' } };
}

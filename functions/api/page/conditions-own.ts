// How Lifeboat itself is: does it look, does it see, does its own machinery work? What makes it blind must never look calm. Pure.

import { apiServerKey } from '../../decision/health/verdict.ts';
import { isOpenIncident } from '../../decision/incidents/key.ts';
import { maxAgeMs } from '../../decision/machine/policy.ts';
import type { ClusterView, VantageStatus, WatchStatus } from '../../tasks/control/control-port.ts';
import { act, type Concern, listed, run, type Step } from './condition.ts';

export function concernsOfLifeboat(view: ClusterView): readonly Concern[] {
  const stopped = stoppedWatch(view);
  return [
    ...stopped,
    // A watch that has stopped is why nothing is known: one thing is told once.
    ...(stopped.length > 0 ? [] : unseen(view)),
    ...troubles(view),
    ...(stopped.length > 0 ? [] : silentVantages(view)),
  ];
}

/** Has the last round ended longer ago than an observation counts, or in a future that the clock has left? */
export function isOld({ lastRoundAt, intervalMs }: WatchStatus, at: number): boolean {
  return lastRoundAt === null || Math.abs(at - lastRoundAt) > maxAgeMs({ intervalMs });
}

export function isSilent({ lastSeenAt }: VantageStatus, { intervalMs }: WatchStatus, at: number): boolean {
  return lastSeenAt === null || Math.abs(at - lastSeenAt) > maxAgeMs({ intervalMs });
}

function lookYourself(cluster: string): readonly Step[] {
  return [
    run(cluster, 'Look at the cluster by other means: from here it is not known whether it is up.', 'check'),
    act(cluster, 'failover', 'If it is down, fail over by hand.'),
  ];
}

function stoppedWatch({ record, watch, at }: ClusterView): readonly Concern[] {
  const { cluster, since } = record.machine;
  if (!isOld(watch, at)) return [];
  const began = watch.lastRoundAt === null;
  return [
    {
      severity: 'blind',
      headline: began ? `Lifeboat has not looked at ${cluster} yet` : `Lifeboat has stopped looking at ${cluster}`,
      since: watch.lastRoundAt ?? since,
      seenFrom: [],
      did: began
        ? [{ words: 'Has begun to watch; no round has ended.', at: since }]
        : [
            { words: 'Ended its last round', at: watch.lastRoundAt ?? since },
            { words: 'Knows nothing newer: all that stands below is as old, and an outage now would not be seen.' },
          ],
      next: lookYourself(cluster),
      covers: /^blind$/,
    },
  ];
}

/** The API server's verdict is unknown, or there is none: an outage would not be seen. */
function unseen({ record }: ClusterView): readonly Concern[] {
  const { machine } = record;
  const { cluster } = machine;
  const verdict = machine.verdicts[apiServerKey];
  const credential = isOpenIncident(machine, 'credential/apiserver');
  if (verdict?.reason === 'credential' || (credential && verdict?.condition === 'unknown')) {
    return [
      {
        severity: 'blind',
        headline: `${cluster} does not take Lifeboat's credential: whether it works is unknown`,
        since: verdict.since,
        seenFrom: verdict.seenFrom,
        did: [{ words: `Did not count it as down: ${verdict.words}` }],
        next: [
          run(cluster, 'Renew the credential of the probes, then check it.', 'check'),
          ...lookYourself(cluster).slice(1),
        ],
        covers: /^(credential\/apiserver|blind)$/,
      },
    ];
  }
  if (verdict !== undefined && verdict.condition !== 'unknown') return [];
  return [
    {
      severity: 'blind',
      headline: `Lifeboat cannot see whether ${cluster} is up`,
      since: verdict?.since ?? machine.since,
      seenFrom: verdict?.seenFrom ?? [],
      did: [{ words: `Did not count it as down: ${verdict?.words ?? 'the API server was never looked at'}` }],
      next: lookYourself(cluster),
      covers: /^blind$/,
    },
  ];
}

function troubles({ record, watch, at }: ClusterView): readonly Concern[] {
  const { cluster } = record.machine;
  return watch.troubles.map((trouble) => ({
    severity: 'blind',
    headline: `Lifeboat itself is in trouble: ${trouble}`,
    since: watch.lastRoundAt ?? at,
    seenFrom: [],
    did: [{ words: 'Goes on as far as it can.' }],
    next: [run(cluster, 'Repair Lifeboat, then check that it works.', 'check')],
  }));
}

function silentVantages({ record, watch, vantages, at }: ClusterView): readonly Concern[] {
  const silent = vantages.filter((vantage) => isSilent(vantage, watch, at));
  if (silent.length === 0) return [];
  const all = silent.length === vantages.length;
  const { cluster, since } = record.machine;
  const ids = listed(silent.map(({ id }) => id));
  const refusals = silent.filter(({ refused }) => refused > 0);
  return [
    {
      severity: all ? 'blind' : 'warning',
      headline: all
        ? `Every vantage of ${cluster} is silent: ${ids}`
        : `Lifeboat sees less of ${cluster}: nothing comes from ${ids}`,
      since: Math.min(...silent.map(({ lastSeenAt }) => lastSeenAt ?? since)),
      seenFrom: [],
      did: [
        { words: 'Judges by what the other vantages see.' },
        ...refusals.map(({ id, refused, lastRefusal }) => ({
          words: `Refused ${refused} requests in the name of ${id}, the last: ${lastRefusal}`,
        })),
      ],
      next: [run(cluster, 'Look whether the vantage runs and reaches Lifeboat.', 'check')],
    },
  ];
}

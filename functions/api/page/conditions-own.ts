// How Lifeboat itself is: does it look, does it see, does its own machinery work? What makes it blind must never look calm. Pure.

import { act, type Moment, run, type Step } from '../../alerts/catalogue/entry.ts';
import type { Finding } from '../../decision/incidents/findings.ts';
import { maxAgeMs } from '../../decision/machine/policy.ts';
import { listed } from '../../lib/words.ts';
import type { ClusterView, VantageStatus, WatchStatus } from '../../tasks/control/control-port.ts';
import type { Condition } from './condition.ts';

/** A watch that has stopped is why nothing is known: `stoppedConditions` tells that once. */
export function ownConditions(view: ClusterView): readonly Condition[] {
  return [...troubles(view), ...(isOld(view.watch, view.at) ? [] : silentVantages(view))];
}

/** Has the last round ended longer ago than an observation counts, or in a future that the clock has left? */
export function isOld({ lastRoundAt, intervalMs }: WatchStatus, at: number): boolean {
  return lastRoundAt === null || Math.abs(at - lastRoundAt) > maxAgeMs({ intervalMs });
}

export function isSilent({ lastSeenAt }: VantageStatus, { intervalMs }: WatchStatus, at: number): boolean {
  return lastSeenAt === null || Math.abs(at - lastSeenAt) > maxAgeMs({ intervalMs });
}

/** What is unknown because nobody looks any more. */
function isUnknownOnly({ facts, isOpen }: Finding): boolean {
  if (facts.kind === 'blind') return true;
  if (isOpen) return false;
  return facts.kind === 'no-healthy-replica'
    ? facts.replicas.every(({ isUnseen }) => isUnseen)
    : 'isUnseen' in facts && facts.isUnseen;
}

function lookYourself(moment: Moment): readonly Step[] {
  return [
    run(moment, 'check', 'Look at the cluster by other means: from here it is not known whether it is up.'),
    act(moment, 'failover', 'If it is down, fail over by hand.'),
  ];
}

export function stoppedConditions({ record, watch, at }: ClusterView): readonly Condition[] {
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
      next: lookYourself({ cluster, at }),
      tells: isUnknownOnly,
    },
  ];
}

function troubles({ record, watch, at }: ClusterView): readonly Condition[] {
  const { cluster } = record.machine;
  return watch.troubles.map((trouble) => ({
    severity: 'blind',
    headline: `Lifeboat itself is in trouble: ${trouble}`,
    since: watch.lastRoundAt ?? at,
    seenFrom: [],
    did: [{ words: 'Goes on as far as it can.' }],
    next: [run({ cluster, at }, 'check', 'Repair Lifeboat, then check that it works.')],
  }));
}

function silentVantages({ record, watch, vantages, at }: ClusterView): readonly Condition[] {
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
      next: [run({ cluster, at }, 'check', 'Look whether the vantage runs and reaches Lifeboat.')],
      // That nobody looks at a target any more is worse than a vantage that is silent.
      tells: ({ facts, severity }) =>
        facts.kind === 'vantage' && severity !== 'critical' && silent.some(({ id }) => id === facts.vantage),
    },
  ];
}

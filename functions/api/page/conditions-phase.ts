// What the phase of a cluster means for whoever is on call, where no incident tells it: suspicions and recoveries. Pure.

import { act, type Deed, keptWords, type Moment, run } from '../../alerts/catalogue/entry.ts';
import { apiServerKey } from '../../decision/health/verdict.ts';
import { isOpenIncident } from '../../decision/incidents/key.ts';
import { conditionOf, keepingOf, owedTo } from '../../decision/machine/selectors.ts';
import type { ClusterState } from '../../decision/machine/state.ts';
import { assertNever } from '../../lib/assert.ts';
import type { ClusterView } from '../../tasks/control/control-port.ts';
import type { Condition } from './condition.ts';
import { tellsOf } from './conditions-found.ts';

export function phaseConditions({ record: { machine }, at }: ClusterView): readonly Condition[] {
  const moment = { cluster: machine.cluster, at };
  switch (machine.phase) {
    case 'watching':
    // Of a hold its incidents tell.
    case 'held':
      return [];
    case 'suspected':
    case 'confirmed':
      return isOpenIncident(machine, 'outage-in-maintenance') ? [] : [suspected(machine, moment)];
    case 'active':
      return machine.activation === null ? [lostActivation(machine, moment)] : [];
    case 'recovering':
      return [recovering(machine, moment)];
    default:
      return assertNever(machine.phase, 'phase');
  }
}

const isOfDns = tellsOf('dns', 'no-healthy-replica');

/** What a person reads first; without numbers that change each round, so that a screen reader says it once. */
const suspects = {
  'control-plane': 'may be losing its control plane',
  dns: 'may be losing its DNS',
  operator: 'may be in trouble',
} as const;

function suspected(machine: ClusterState, moment: Moment): Condition {
  const { cluster, cause, since, reason } = machine;
  return {
    severity: 'warning',
    headline: `${cluster} ${suspects[cause ?? 'operator']}: not certain yet`,
    since,
    seenFrom: seenFromOf(machine),
    did: [
      { words: `Suspects an outage: ${reason}`, at: since },
      { words: 'Goes on capturing and publishing; deletes nothing meanwhile.' },
    ],
    next: [
      { words: 'Wait for a few rounds: it is confirmed, or dropped, by itself.' },
      act(moment, 'failover', 'If you know that it is an outage, do not wait.'),
    ],
    // What is open and more pressing than a suspicion stands by itself.
    tells: (finding) => cause === 'dns' && isOfDns(finding) && !(finding.isOpen && finding.severity === 'critical'),
  };
}

/** A state that the machine never makes; it must not look like peace. */
function lostActivation({ cluster, since, reason }: ClusterState, moment: Moment): Condition {
  return {
    severity: 'critical',
    headline: `${cluster} is failed over, but its activation is not known`,
    since,
    seenFrom: [],
    did: [{ words: reason, at: since }],
    next: [run(moment, 'status', 'See what the standby says.')],
  };
}

function recovering(machine: ClusterState, moment: Moment): Condition {
  const { cluster, since, reason, standbys } = machine;
  const isBad = ['down', 'degraded'].includes(conditionOf(machine, apiServerKey));
  const failing = Object.values(standbys).some(({ failures, fence }) => failures > 0 || fence !== '');
  return {
    severity: isBad || failing ? 'warning' : 'progress',
    headline: isBad
      ? `${cluster} is not healthy while it is given back`
      : `${cluster} is recovering: the standby is being given back`,
    since,
    seenFrom: seenFromOf(machine),
    did: [
      { words: `Began to give back: ${reason}`, at: since },
      ...Object.entries(standbys).map(([id, standby]): Deed => {
        if (owedTo(machine, id) === null) {
          const at = standby.publishedAt;
          const kept = standby.foreign || keptWords(keepingOf(standby));
          if (kept !== '') return { words: `Left ${id} as it is: ${kept}` };
          return { words: `Thawed ${id} with snapshot ${standby.snapshot}`, ...(at === null ? {} : { at }) };
        }
        const why = standby.fence || standby.lastFailure;
        return { words: `Has not given ${id} back yet${why === '' ? '' : `: ${why}`}` };
      }),
    ],
    next: failing
      ? [run(moment, 'status', 'Look at what the standby says.'), act(moment, 'failback', 'Try again at once.')]
      : [{ words: 'Wait: it ends by itself when every standby holds a fresh snapshot.' }],
    tells: tellsOf('activation'),
  };
}

function seenFromOf(machine: ClusterState): readonly string[] {
  const bad = Object.values(machine.verdicts).filter(({ condition }) => condition === 'down' || condition === 'stale');
  const verdicts = machine.cause === 'dns' && bad.length > 0 ? bad : [machine.verdicts[apiServerKey]];
  return [...new Set(verdicts.flatMap((verdict) => verdict?.seenFrom ?? []))];
}

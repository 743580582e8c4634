// What the phase of a cluster means for whoever is on call: activations, suspicions, recoveries, holds. Pure.

import { keptWords } from '../../alerts/catalogue/entry.ts';
import { apiServerKey } from '../../decision/health/verdict.ts';
import { isOpenIncident } from '../../decision/incidents/key.ts';
import { conditionOf, enteredBy, keepingOf, owedTo, streakOf } from '../../decision/machine/selectors.ts';
import type { Activation, ClusterState } from '../../decision/machine/state.ts';
import { assertNever } from '../../lib/assert.ts';
import type { ClusterView } from '../../tasks/control/control-port.ts';
import { act, type Concern, type Deed, later, run, type Step } from './condition.ts';
import { toldDeeds } from './notified.ts';

export function concernsOfPhase(view: ClusterView): readonly Concern[] {
  const { machine } = view.record;
  switch (machine.phase) {
    case 'watching':
      return [];
    case 'suspected':
    case 'confirmed':
      return [suspected(machine)];
    case 'active':
      return [machine.activation === null ? lostActivation(machine) : active(view, machine.activation)];
    case 'recovering':
      return [recovering(machine)];
    case 'held':
      return [held(view)];
    default:
      return assertNever(machine.phase, 'phase');
  }
}

/** What a person reads first; without numbers that change each round, so that a screen reader says it once. */
const suspects = {
  'control-plane': 'may be losing its control plane',
  dns: 'may be losing its DNS',
  operator: 'may be in trouble',
} as const;

function suspected(machine: ClusterState): Concern {
  const { cluster, cause, since, reason } = machine;
  if (isOpenIncident(machine, 'outage-in-maintenance')) return outageInMaintenance(machine);
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
      act(cluster, 'failover', 'If you know that it is an outage, do not wait.'),
    ],
  };
}

function outageInMaintenance(machine: ClusterState): Concern {
  const { cluster, cause, since, reason } = machine;
  return {
    severity: 'warning',
    headline: `${cluster}: ${actives[cause ?? 'operator']}, in a maintenance window`,
    since,
    seenFrom: seenFromOf(machine),
    did: [
      { words: `Saw an outage: ${reason}`, at: since },
      { words: 'Opens no activation during maintenance; goes on capturing and publishing, and deletes nothing.' },
    ],
    next: [
      { words: 'Nothing, if this is planned. If it goes on after the window, Lifeboat fails over at once.' },
      act(cluster, 'failover', 'If this was not planned, fail over.'),
    ],
    covers: /^(unsteady|outage-in-maintenance)$/,
  };
}

const actives = {
  'control-plane': 'the control plane is down',
  dns: 'all of CoreDNS is bad while the API server is not',
  operator: 'failed over by hand',
} as const;

function active(view: ClusterView, activation: Activation): Concern {
  const { machine } = view.record;
  const { number, cause, by, reason, startedAt } = activation;
  const base = {
    since: startedAt,
    seenFrom: seenFromOf(machine),
    did: [
      {
        words: `Opened activation ${number}${by === null ? '' : `, asked by ${by}`}: ${reason}`,
        at: startedAt,
      },
      ...toldDeeds(view.record.outbox, `${machine.cluster}/activation/${number}`),
      ...captureDeed(machine, activation),
      ...standbyDeeds(machine, activation),
    ],
    covers: /^(activation\/.*|failback-due)$/,
  };
  if (isOver(view, cause)) {
    return {
      ...base,
      severity: 'warning',
      headline: `${machine.cluster} is healthy again, but still failed over`,
      next: [
        act(
          machine.cluster,
          'failback',
          'Fail back: until then the standby is frozen and does not follow the cluster.',
        ),
      ],
    };
  }
  return {
    ...base,
    severity: 'critical',
    headline: `${machine.cluster}: ${whatIsWrong(machine, cause)}; ${standing(machine, activation)}`,
    next: repairs(machine, cause),
  };
}

/** Is it time to fail back? One good round may be chance. For its own activations the machine says when (`failback-due`). */
function isOver({ record: { machine }, watch }: ClusterView, cause: Activation['cause']): boolean {
  if (conditionOf(machine, apiServerKey) !== 'healthy') return false;
  if (cause === 'operator') return streakOf(machine, apiServerKey).healthy >= watch.healthyRounds;
  return isOpenIncident(machine, 'failback-due');
}

/** What opened the activation, as far as it is still seen. */
function whatIsWrong(machine: ClusterState, cause: Activation['cause']): string {
  if (cause !== 'control-plane') return actives[cause];
  switch (conditionOf(machine, apiServerKey)) {
    case 'healthy':
      return 'the API server answers again, not for long yet';
    case 'unknown':
      return 'the control plane was down and cannot be seen now';
    default:
      return actives[cause];
  }
}

/** A state that the machine never makes; it must not look like peace. */
function lostActivation({ cluster, since, reason }: ClusterState): Concern {
  return {
    severity: 'critical',
    headline: `${cluster} is failed over, but its activation is not known`,
    since,
    seenFrom: [],
    did: [{ words: reason, at: since }],
    next: [run(cluster, 'See what the standby says.', 'status')],
  };
}

/** The few words that tell whether workloads have something to hold on to. */
function standing({ standbys }: ClusterState, { number, cause }: Activation): string {
  if (cause === 'dns') return 'the standby keeps its last good set';
  const all = Object.values(standbys);
  if (all.length === 0 || all.some(({ frozen }) => frozen < number)) return 'the standby is NOT frozen yet';
  return all.some(({ asOf }) => asOf === null) ? 'the standby is frozen, but EMPTY' : 'the standby holds its DNS';
}

function repairs({ cluster }: ClusterState, cause: Activation['cause']): readonly Step[] {
  switch (cause) {
    case 'control-plane':
      return [
        { words: 'Repair the control plane. Workloads that are wired to the standby go on finding each other.' },
        later(act(cluster, 'failback', 'When the API server is healthy again, fail back.')),
      ];
    case 'dns':
      return [
        run(cluster, 'Repair CoreDNS; Lifeboat gives back by itself when a replica is healthy again.', 'status'),
        act(cluster, 'failover', 'If the API server goes as well and you cannot wait, fail over.'),
      ];
    case 'operator':
      return [
        { words: 'Finish what you failed over for.' },
        later(act(cluster, 'failback', 'When the API server is healthy again, fail back.')),
      ];
    default:
      return assertNever(cause, 'cause');
  }
}

function captureDeed({ capture }: ClusterState, { final, finalReason }: Activation): readonly Deed[] {
  switch (final) {
    case 'none':
      return [{ words: 'Keeps the last good set in the standby, and deletes nothing.' }];
    case 'pending':
      return [{ words: 'Takes a last capture from CoreDNS now.' }];
    case 'captured':
      return [{ words: `Took a last capture: ${finalReason}`, ...(capture.asOf === null ? {} : { at: capture.asOf }) }];
    case 'refused':
      return [{ words: `Got no last capture: ${finalReason}` }];
    default:
      return assertNever(final, 'outcome of the last capture');
  }
}

function standbyDeeds(machine: ClusterState, { number, cause, startedAt }: Activation): readonly Deed[] {
  const { standbys } = machine;
  if (cause === 'dns') return [];
  const isDue = cause === 'control-plane' && isOpenIncident(machine, 'failback-due');
  return Object.entries(standbys).map(([id, standby]): Deed => {
    if (standby.frozen < number) {
      const why = standby.fence || keptWords(keepingOf(standby)) || standby.lastFailure;
      const given = isDue ? `Gave up freezing ${id}: the API server is healthy again` : `Has NOT frozen ${id} yet`;
      return { words: `${given}${why === '' ? '' : `: ${why}`}` };
    }
    const kept = keptWords(keepingOf(standby));
    if (kept !== '') return { words: `Left ${id} as it is: ${kept}` };
    const held = standby.snapshot === null ? 'as it was' : `with snapshot ${standby.snapshot}`;
    return {
      words: `Froze ${id} ${held}; nothing is deleted from it`,
      ...(standby.publishedAt === null || standby.publishedAt < startedAt ? {} : { at: standby.publishedAt }),
    };
  });
}

function recovering(machine: ClusterState): Concern {
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
      ? [run(cluster, 'Look at what the standby says.', 'status'), act(cluster, 'failback', 'Try again at once.')]
      : [{ words: 'Wait: it ends by itself when every standby holds a fresh snapshot.' }],
    covers: /^activation\/.*$/,
  };
}

function held(view: ClusterView): Concern {
  const { machine } = view.record;
  const { cluster, since, reason, activation } = machine;
  const by = enteredBy(machine);
  const isBad = conditionOf(machine, apiServerKey) === 'down' || isOpenIncident(machine, 'outage-in-hold');
  const frozen = activation === null ? '' : `; activation ${activation.number} is still open`;
  return {
    severity: isBad || by === null ? 'critical' : 'warning',
    headline: isBad
      ? `${cluster} is down while Lifeboat is held`
      : `Lifeboat is held for ${cluster}: it looks, but does not act`,
    since,
    seenFrom: seenFromOf(machine),
    did: [
      { words: `Stopped${by === null ? ' by itself' : `, asked by ${by}`}: ${reason}`, at: since },
      { words: `Captures, publishes and decides nothing; goes on looking and paging${frozen}.` },
    ],
    next: isBad
      ? [
          act(cluster, 'failover', 'Fail over: it lifts the hold, publishes what is known and freezes the standby.'),
          later(act(cluster, 'release', 'Or let Lifeboat decide again.')),
        ]
      : [act(cluster, 'release', 'When the work is done, release it.')],
    covers: /^(held|hold|hold-forgotten|outage-in-hold|activation\/.*)$/,
  };
}

function seenFromOf(machine: ClusterState): readonly string[] {
  const bad = Object.values(machine.verdicts).filter(({ condition }) => condition === 'down' || condition === 'stale');
  const verdicts = machine.cause === 'dns' && bad.length > 0 ? bad : [machine.verdicts[apiServerKey]];
  return [...new Set(verdicts.flatMap((verdict) => verdict?.seenFrom ?? []))];
}

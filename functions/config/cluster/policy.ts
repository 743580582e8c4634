// The configuration of what is decided when: confirmation, failback and guards. The rules themselves are in functions/decision and functions/plan.
import { choice, count, milliseconds, section, share, wholeNumber } from '../field.ts';

const rounds = (standard: number, what: string, why: string) => wholeNumber('rounds', 1, 1000, standard, { what, why });

export const policySchema = section(
  { what: 'When Lifeboat acts, and when it refuses to' },
  {
    downRounds: rounds(
      3,
      'Rounds in a row that must say down before an outage is confirmed',
      'One lost packet is no outage.',
    ),
    degradedRounds: rounds(
      6,
      'Rounds in a row that must say degraded before it is confirmed',
      'Slowness comes and goes; acting on it costs more than waiting.',
    ),
    healthyRounds: rounds(
      6,
      'Rounds in a row that must say healthy before an outage is over',
      'A control plane that comes back often goes away again.',
    ),
    dwellMs: milliseconds(0, 3_600_000, 10_000, {
      what: 'Least time in `suspected` before `confirmed`, however many rounds there were',
    }),
    window: section(
      {
        what: 'When an outage that comes and goes is told, though no rounds in a row ever confirm it',
        why: 'An API server that refuses two of five requests all day never fails three rounds in a row. It opens no activation by itself.',
      },
      {
        rounds: wholeNumber('rounds', 10, 1000, 120, { what: 'Rounds that are looked back on' }),
        bad: wholeNumber('rounds', 3, 1000, 30, {
          what: 'So many of them that were bad (or unknown), in three spells or more, are told; over at half as many',
          why: 'A quarter of the rounds; one bad round in ten is no outage.',
        }),
      },
    ).prefault({}),
    quorum: section(
      { what: 'How many vantages must agree that a target is down' },
      {
        downs: count('', 1, 100, {
          what: 'Vantages that must say down; without it more than half of those that look at the kind of target in question',
          why: 'One vantage may lie: its own network, its clock, a route.',
        }).exactOptional(),
        groups: wholeNumber('', 1, 100, 1, {
          what: 'Separate groups that they must come from; not more than `downs`',
          why: 'Vantages in one network fail together and prove nothing about the target.',
        }),
      },
    ).prefault({}),
    failback: choice(['manual', 'automatic'], {
      what: 'Who ends an activation: `manual` an operator with `lifeboat failback`, `automatic` the watchdog after `healthyRounds`',
      why: 'Going back too early is a second outage.',
    }).default('manual'),
    maxActivationsPerHour: wholeNumber('', 1, 60, 3, {
      what: 'More activations within an hour hold the cluster and page',
      why: 'A watchdog that flaps needs a person.',
    }),
    maxDeleteShare: share(0.3, {
      what: 'More than this share of what the zone held in the last day is not let go: record sets that are deleted, addresses that are lost, sets that change all their addresses at once',
      why: "A half-empty snapshot, or another cluster's, looks like many changes.",
    }),
    minDeletesToHold: wholeNumber('record sets or addresses', 1, 100_000, 10, {
      what: 'Fewer than this are held back for their share only when they are more than half of the zone, or of its Services',
      why: 'In a small zone a handful is a large share, but losing most of it is no ordinary day.',
    }),
    holdExpiresAfterMs: milliseconds(0, 31_536_000_000, 0, {
      what: 'A hold lets go by itself when each snapshot has asked for the same loss for this long; 0: never, an operator releases it',
      why: 'Where Services come and go all day, stale names would gather; elsewhere a person should look.',
    }),
    dnsStaleAfterMs: milliseconds(1000, 604_800_000, 900_000, {
      what: "With the API healthy and CoreDNS down, pages when the standby's last good set is older than this",
    }),
  },
);

/** More than half: what agrees where nothing else is said. */
export function majorityOf(vantages: number): number {
  return Math.floor(vantages / 2) + 1;
}

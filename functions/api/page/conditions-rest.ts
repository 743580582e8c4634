// What else the page tells, of which nobody is paged: a standby that is not ready, and alerts that do not arrive. Pure.

import { act, run } from '../../alerts/catalogue/entry.ts';
import { keeperOf } from '../../decision/machine/selectors.ts';
import { listed } from '../../lib/words.ts';
import type { ClusterView } from '../../tasks/control/control-port.ts';
import type { Condition } from './condition.ts';
import { lost, overdue } from './notified.ts';

/** A standby that holds nothing yet, or that is frozen though nothing is open, is not ready. */
export function standbyConditions({ record, at }: ClusterView): readonly Condition[] {
  const { cluster, phase, standbys, since } = record.machine;
  if (phase !== 'watching' && phase !== 'suspected') return [];
  // Of one that waits to be given back an incident tells.
  const frozen = Object.entries(standbys).filter(([, { frozen: by, giveBack }]) => by > 0 && giveBack === null);
  const empty = Object.entries(standbys).filter(
    ([, standby]) => standby.asOf === null && standby.foreign === '' && keeperOf(standby) === null,
  );
  const about = { since, seenFrom: [], did: [] } as const;
  const moment = { cluster, at };
  return [
    ...frozen.map(([id, standby]): Condition => {
      const next = [act(moment, 'failback', 'Fail back: it captures anew, publishes and thaws it.')];
      const headline = `the standby ${id} is still frozen by activation ${standby.frozen}`;
      return { ...about, severity: 'warning', headline, next };
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
            next: [run(moment, 'plan', 'Wait for the first publication, or look what holds it up.')],
          } satisfies Condition,
        ]),
  ].map((condition) => ({ ...condition, since: Math.min(condition.since, at) }));
}

export function alertConditions({ record, at }: ClusterView): readonly Condition[] {
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
      next: [run({ cluster: machine.cluster, at }, 'status', 'Tell your team yourself, then repair the channel.')],
    },
  ];
}

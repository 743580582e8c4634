// What is said of what keeps Lifeboat from acting: holds of a person or of its own, and maintenance windows. Pure.
import { duration } from '../../lib/duration.ts';
import { sentence } from '../../lib/words.ts';
import type { Facts } from '../../model/incident.ts';
import { isoInstant } from '../alert.ts';
import { act, brief, type Deed, type Entry, later, type Moment, run, type Step, say, see } from './entry.ts';
import { outages } from './outages.ts';

type Stopped = Omit<Facts<'held'>, 'kind'>;

function stopping({ since, by, reason, activation }: Stopped): readonly Deed[] {
  const open = activation === null ? '' : `; activation ${activation} is still open`;
  return [
    { words: `Stopped${by === null ? ' by itself' : `, asked by ${by}`}: ${reason}`, at: since },
    { words: `Captures, publishes and decides nothing; goes on looking and paging${open}.` },
  ];
}

function failOverOrRelease(moment: Moment): readonly Step[] {
  return [
    act(moment, 'failover', 'Fail over: it lifts the hold, publishes what is known and freezes the standby.'),
    later(act(moment, 'release', 'Or let Lifeboat decide again.')),
  ];
}

function heldHeadline({ isDown }: Stopped, { cluster }: Moment): string {
  return isDown ? downWhileHeld(cluster) : `Lifeboat is held for ${cluster}: it looks, but does not act`;
}

function downWhileHeld(cluster: string): string {
  return `${cluster} is down while Lifeboat is held`;
}

export const held: Entry<Facts<'held'>> = {
  row: () => 'held',
  title: ({ reason }) => brief(`Lifeboat has stopped itself: ${reason}`),
  headline: heldHeadline,
  means: ({ reason }) => [sentence(reason)],
  did: (facts) => [...stopping(facts), { words: 'The standby keeps what it has.' }],
  next: (_facts, moment) => [
    see(moment),
    act(moment, 'failover', 'If the outage is real, fail over.'),
    act(moment, 'release', 'To let it watch and act again, release it.'),
  ],
};

export const hold: Entry<Facts<'hold'>> = {
  row: () => 'hold',
  title: ({ reason, until }, { at }) => brief(`held for ${duration(until - at)}: ${reason}`),
  headline: heldHeadline,
  means: () => ['Nothing is wrong: somebody works on the cluster or the standby.'],
  did: (facts) => [...stopping(facts), { words: `Goes on by itself at ${isoInstant(facts.until)}.` }],
  next: (_facts, moment) => [act(moment, 'release', 'To let it act sooner, release it.')],
};

export const holdForgotten: Entry<Facts<'hold-forgotten'>> = {
  row: () => 'hold-forgotten',
  title: ({ reason, since }, { at }) => brief(`held for ${duration(at - since)}, forgotten? ${reason}`),
  headline: heldHeadline,
  means: () => ['The standby does not follow the cluster, and Lifeboat does not act when there is an outage.'],
  did: stopping,
  next: (_facts, moment) => [
    act(moment, 'release', 'When the work is done, release it.'),
    run(moment, 'hold --for 2h', 'A hold that ends by itself has a time.'),
  ],
};

export const outageInHold: Entry<Facts<'outage-in-hold'>> = {
  row: () => 'outage-in-hold',
  title: ({ outage }) => brief(`an outage while the cluster is held: ${outage ?? 'it is over'}`),
  headline: (_facts, { cluster }) => downWhileHeld(cluster),
  means: ({ outage, hold: why }) => [sentence(outage ?? why)],
  did: ({ hold: why }) => [{ words: `Nothing: it is held (${why}).` }],
  next: (_facts, moment) => failOverOrRelease(moment),
};

export const outageInMaintenance: Entry<Facts<'outage-in-maintenance'>> = {
  row: () => 'outage-in-maintenance',
  title: ({ outage }) => brief(`an outage in a maintenance window: ${outage}`),
  headline: ({ cause }, { cluster }) => `${cluster}: ${outages[cause ?? 'operator']}, in a maintenance window`,
  means: ({ outage }) => [sentence(outage)],
  did: ({ until }) => [
    {
      words: `Opened no activation: maintenance lasts until ${isoInstant(until)}. If it goes on after that it is an outage like any other.`,
    },
    { words: 'Goes on capturing and publishing, and deletes nothing.' },
  ],
  next: (_facts, moment) => [
    say('Nothing, if this is planned.'),
    act(moment, 'failover', 'If this was not planned, fail over.'),
  ],
};

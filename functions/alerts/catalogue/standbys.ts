// What is said of captures and standby zones: what is refused, unreachable, damaged, held back, fenced or out of date. Pure.
import { assertNever } from '../../lib/assert.ts';
import { duration } from '../../lib/duration.ts';
import { counted } from '../../lib/words.ts';
import type { Facts } from '../../model/incident.ts';
import { brief, type Entry, keptWords, type Moment, rightAgain, run, say, see } from './entry.ts';

export const capture: Entry<Facts<'capture'>> = {
  row: () => 'capture',
  title: ({ failures, lastFailure }) => `${failures} captures in a row gave no snapshot: ${lastFailure}`,
  headline: ({ lastFailure }) => `captures give no snapshot: ${lastFailure}`,
  means: ({ lastFailure }) => [lastFailure],
  did: ({ asOf }, { at }) => [
    { words: `Kept the last snapshot${asOf === null ? '; there is none yet' : `, ${duration(at - asOf)} old`}.` },
  ],
  next: (_facts, moment) => [
    run(moment, 'snapshot take', 'Try one yourself and read what it says.'),
    run(moment, 'check', 'Look at the whole way.'),
  ],
};

type Damaged = Facts<'standby' | 'standby-degraded'>;

function damaged(row: string, inPeace: string): Entry<Damaged> {
  return {
    row: () => row,
    title: ({ says, carries }) => brief(`${says}; ${carries ? 'it carries production now' : inPeace}`),
    headline: ({ says, isHealthy, standby: name }) => (isHealthy ? rightAgain(`the standby ${name}`) : says),
    means: ({ says }) => [says],
    did: (facts) => [{ words: doneAbout(facts) }],
    next: (_facts, moment) => [run(moment, 'check', 'Look at its server, then at all of it.'), see(moment)],
  };
}

function doneAbout({ does, hold, frozen, rewrites }: Damaged): string {
  switch (does) {
    case 'leaves':
      return 'Wrote nothing: it does not fight another writer.';
    case 'held':
      return `Nothing: it is held (${hold}).`;
    case 'asks':
      return 'Goes on asking it.';
    case 'rewrites': {
      const tries = rewrites > 1 ? ` It was damaged ${rewrites} times within an hour.` : '';
      return `Writes what it held again, ${frozen > 0 ? `under activation ${frozen}` : 'as in peace'}.${tries}`;
    }
    default:
      return assertNever(does, 'what is done about a damaged standby');
  }
}

export const standby: Entry<Facts<'standby'>> = damaged('standby/STANDBY', 'who relies on it would be told wrong');
export const standbyDegraded: Entry<Facts<'standby-degraded'>> = damaged(
  'standby-degraded/STANDBY',
  'nobody relies on it now',
);

export const publish: Entry<Facts<'publish'>> = {
  row: () => 'publish/STANDBY',
  title: ({ failures, standby: name, lastFailure }) =>
    `${failures} attempts in a row to write to the standby ${name} failed: ${lastFailure}`,
  headline: ({ standby: name, lastFailure }) => `writes to the standby ${name} fail: ${lastFailure}`,
  means: ({ lastFailure }) => [lastFailure],
  did: ({ isGivenUp, asOf }, moment) => [
    {
      words: `${isGivenUp ? 'Gave the freeze up, since the API server is healthy again.' : 'Goes on trying.'} ${ageOf(asOf, moment)}`,
    },
  ],
  next: (_facts, moment) => [
    run(moment, 'check', 'Look whether it can be reached and written to.'),
    run(moment, 'plan', 'See what is not written yet, and what is held back.'),
  ],
};

export const giveBack: Entry<Facts<'give-back'>> = {
  row: () => 'give-back/STANDBY',
  title: ({ standby: name, frozen, lastFailure }) => {
    const what = frozen > 0 ? `is still frozen by activation ${frozen}` : 'was not given back';
    return `the standby ${name} ${what}, though the outage is over: ${lastFailure || 'it could not be written to'}`;
  },
  means: ({ lastFailure }) => [lastFailure || 'It could not be written to.'],
  did: ({ asOf }, moment) => [{ words: `Gave the other standbys back; goes on trying. ${ageOf(asOf, moment)}` }],
  next: (_facts, moment) => [run(moment, 'check', 'Repair its server: it is given back when it can be written to.')],
};

export const deletesHeld: Entry<Facts<'deletes-held'>> = {
  row: () => 'deletes-held/STANDBY',
  title: ({ count, standby: name }) =>
    `${count} changes are held back from the standby ${name} by a guard, though the cluster is healthy`,
  means: () => ['More would be lost than a healthy change explains. What is new has gone out.'],
  did: () => [
    { words: 'Held the losses back; the names and addresses go on being answered, until somebody lets them go.' },
  ],
  next: ({ standby: name }, moment) => [
    run(moment, 'plan', 'See what would change and what is held back.'),
    {
      ...run(moment, 'publish --release-deletes', 'If they are right, let exactly these out.'),
      heldOf: name,
    },
  ],
};

export const fenced: Entry<Facts<'fenced'>> = {
  row: () => 'fenced/STANDBY',
  title: ({ standby: name, fence }) =>
    `the standby ${name} is frozen by somebody else, and Lifeboat does not write to it: ${fence}`,
  means: ({ fence }) => [fence],
  did: ({ asOf }, moment) => [{ words: `Wrote nothing. ${ageOf(asOf, moment)}` }],
  next: (_facts, moment) => [
    run(moment, 'status', 'Find out who writes there.'),
    run(moment, 'failback --take-over', 'When no other Lifeboat is in an outage, fail back to take the zone over.'),
  ],
};

export const foreign: Entry<Facts<'foreign'>> = {
  row: () => 'foreign/STANDBY',
  title: ({ standby: name, marker }, { cluster }) =>
    `the standby ${name} is written by another cluster, and ${cluster} has no standby there: ${marker}`,
  means: ({ marker }) => [`${marker}. What the zone answers are the other cluster's names and addresses.`],
  did: () => [{ words: 'Wrote nothing, and will not, in an outage neither: whoever is there keeps the zone.' }],
  next: (_facts, moment) => [
    say('Give each cluster a zone, or a server, of its own.'),
    say('When the other cluster is gone for good, remove the marker by hand: the TXT record _lifeboat in the zone.'),
    see(moment),
  ],
};

export const markerLost: Entry<Facts<'marker-lost'>> = {
  row: () => 'marker-lost/STANDBY',
  title: ({ standby: name }) => `the marker of the standby ${name} was gone: somebody removed it, or replaced the zone`,
  means: () => [
    'The marker keeps two writers from mixing their halves, and a frozen zone frozen. Without it the zone may hold anything.',
  ],
  did: () => [
    {
      words:
        'Wrote it again with what the zone should hold. Nothing is deleted until it has been left alone for a quarter of an hour.',
    },
  ],
  next: (_facts, moment) => [
    say('Find out what else writes to the zone: another tool, a restored copy.'),
    run(moment, 'plan', 'See what is there too much.'),
  ],
};

export const putBack: Entry<Facts<'put-back'>> = {
  row: () => 'put-back/STANDBY',
  title: ({ standby: name, sets, activation }) =>
    `the standby ${name}, frozen by activation ${activation}, lacked ${counted(sets, 'record set')} of what was published, or had others; put back`,
  headline: ({ standby: name, activation }) =>
    `the standby ${name}, frozen by activation ${activation}, lacked some of what was published, or had others; put back`,
  means: () => [
    'Somebody took names or addresses out of the zone, or changed them, and left its marker: before the freeze, or since. Whoever asked for them was told wrong.',
  ],
  did: () => [
    {
      words:
        'Read the whole zone and put back what was frozen. What was there besides stays. Reads it again every ten minutes.',
    },
  ],
  next: (_facts, moment) => [
    say('Find out what else writes to the zone: another tool, a person, a restored copy.'),
    run(moment, 'check', 'Look at it now.'),
  ],
};

export const standbyStale: Entry<Facts<'standby-stale'>> = {
  row: () => 'standby-stale/STANDBY',
  title: ({ standby: name, since, limitMs }, { at }) =>
    `the standby ${name} has not been brought up to date for ${duration(at - since)}; the limit is ${duration(limitMs)}`,
  headline: ({ standby: name, limitMs }) =>
    `the standby ${name} has not been brought up to date for longer than ${duration(limitMs)}`,
  means: ({ kept, lastFailure, phase, reason }) => {
    if (kept !== null) return [`${keptWords(kept)}, and ${kept.by} has not moved its marker since`];
    return [lastFailure || `the cluster is ${phase}: ${reason}`];
  },
  did: ({ asOf }, moment) => [{ words: ageOf(asOf, moment) }],
  next: ({ kept }, moment) => [
    run(moment, 'status', 'See what holds it up.'),
    // Nothing that is published goes where another deployment keeps the zone.
    kept === null
      ? run(moment, 'publish', 'Publish by hand.')
      : run(moment, 'failback --take-over', `When ${kept.by} is gone, take the zone over.`),
  ],
};

function ageOf(asOf: number | null, { at }: Moment): string {
  return asOf === null ? 'Nothing was ever published there.' : `What it holds is ${duration(at - asOf)} old.`;
}

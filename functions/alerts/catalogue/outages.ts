// What is said of the cluster as a whole: activations, and what waits for a person. Pure.
import { assertNever } from '../../lib/assert.ts';
import { duration } from '../../lib/duration.ts';
import { sentence } from '../../lib/words.ts';
import type { Facts, Standing } from '../../model/incident.ts';
import type { Cause } from '../../model/outage.ts';
import { act, brief, type Deed, type Entry, keptWords, later, type Moment, type Step, say, see } from './entry.ts';

const outageWords: Readonly<Record<Cause, string>> = {
  'control-plane': 'control-plane outage',
  dns: 'DNS outage',
  operator: 'failed over by hand',
};

export const activation: Entry<Facts<'activation'>> = {
  row: () => 'activation/N',
  title: ({ cause, number, reason }) => brief(`${outageWords[cause]}, activation ${number}: ${reason}`),
  headline: (facts, { cluster }) =>
    facts.isOver
      ? `${cluster} is healthy again, but still failed over`
      : `${cluster}: ${whatIsWrong(facts)}; ${whatStands(facts)}`,
  means: ({ reason }) => [sentence(reason)],
  did: (facts) => [
    {
      words: `Opened activation ${facts.number}${facts.by === null ? '' : `, asked by ${facts.by}`}: ${facts.reason}`,
      at: facts.startedAt,
    },
    captureDeed(facts),
    ...facts.standbys.map(standbyDeed),
  ],
  next: (facts, moment) => repairs(facts, moment),
};

/** In an outage, and without the evidence. */
export const outages: Readonly<Record<Cause, string>> = {
  'control-plane': 'the control plane is down',
  dns: 'all of CoreDNS is bad while the API server is not',
  operator: 'failed over by hand',
};

/** What opened the activation, as far as it is still seen. */
function whatIsWrong({ cause, api }: Facts<'activation'>): string {
  if (cause !== 'control-plane' || api === 'bad') return outages[cause];
  return api === 'answers'
    ? 'the API server answers again, not for long yet'
    : 'the control plane was down and cannot be seen now';
}

/** The few words that tell whether workloads have something to hold on to. */
function whatStands({ cause, standbys }: Facts<'activation'>): string {
  if (cause === 'dns') return 'the standby keeps its last good set';
  if (standbys.length === 0 || standbys.some(({ freeze }) => freeze !== 'made')) return 'the standby is NOT frozen yet';
  return standbys.some(({ isEmpty }) => isEmpty) ? 'the standby is frozen, but EMPTY' : 'the standby holds its DNS';
}

function captureDeed({ final, finalReason, capturedAt, from }: Facts<'activation'>): Deed {
  switch (final) {
    case 'none':
      return {
        words: `Keeps the last good set in the standby, and deletes nothing; ${from.length === 0 ? 'no CoreDNS replica is fit to be captured from' : `captures from ${from.join(', ')}`}.`,
      };
    case 'pending':
      return {
        words:
          from.length === 0
            ? 'Takes no last capture yet: no CoreDNS replica is fit to be captured from. Then the standby is frozen.'
            : `Takes a last capture now, from ${from.join(', ')}. Its adds and changes are published, nothing is deleted; then the standby is frozen.`,
      };
    case 'captured':
      return { words: `Took a last capture: ${finalReason}`, ...(capturedAt === null ? {} : { at: capturedAt }) };
    case 'refused':
      return { words: `Got no last capture: ${finalReason}` };
    default:
      return assertNever(final, 'outcome of the last capture');
  }
}

function standbyDeed(standby: Standing): Deed {
  const { standby: name, freeze, kept, fence, lastFailure, snapshot, writtenAt } = standby;
  const keeper = keptWords(kept);
  switch (freeze) {
    case 'waits':
    case 'given-up': {
      const why = fence || keeper || lastFailure;
      const given =
        freeze === 'waits' ? `Has NOT frozen ${name} yet` : `Gave up freezing ${name}: the API server is healthy again`;
      return { words: `${given}${why === '' ? '' : `: ${why}`}` };
    }
    case 'made': {
      if (keeper !== '') return { words: `Left ${name} as it is: ${keeper}` };
      const held = snapshot === null ? 'as it was' : `with snapshot ${snapshot}`;
      const words = `Froze ${name} ${held}; nothing is deleted from it`;
      return { words, ...(writtenAt === null ? {} : { at: writtenAt }) };
    }
    default:
      return assertNever(freeze, 'freeze');
  }
}

function repairs({ cause, failback, isOver }: Facts<'activation'>, moment: Moment): readonly Step[] {
  if (isOver) return [act(moment, 'failback', untilThen)];
  const whenHealthy = later(act(moment, 'failback', 'When the API server is healthy again, fail back.'));
  switch (cause) {
    case 'control-plane':
      return [
        see(moment),
        say('Repair the control plane. Workloads that are wired to the standby go on finding each other.'),
        failback === 'automatic'
          ? say('When the API server is healthy again it is given back by itself.')
          : whenHealthy,
      ];
    case 'dns':
      return [
        see(moment),
        say('Repair CoreDNS; Lifeboat gives back by itself when a replica is healthy again.'),
        act(moment, 'failover', 'If the API server goes as well and you cannot wait, fail over.'),
      ];
    case 'operator':
      return [see(moment), say('Finish what you failed over for.'), whenHealthy];
    default:
      return assertNever(cause, 'cause');
  }
}

const untilThen = 'Fail back: until then the standby is frozen and does not follow the cluster.';

export const failbackDue: Entry<Facts<'failback-due'>> = {
  row: () => 'failback-due',
  title: ({ activation: number, byPerson }) =>
    byPerson
      ? `the API server is healthy; activation ${number}, opened by hand, waits for your failback`
      : `the API server is healthy again; activation ${number} waits for your failback`,
  means: ({ byPerson, isFrozen, unfrozen }) => {
    const why = isFrozen
      ? 'the standby is still frozen: it does not follow the cluster until somebody fails back'
      : 'the activation is open: the standby does not follow the cluster until somebody fails back';
    return [
      byPerson ? `${sentence(why)}.` : `The outage is over, but ${why}.`,
      ...unfrozen.map((standby) => `The freeze of ${standby} was given up: it could not be made in the outage.`),
    ];
  },
  did: ({ byPerson, healthySince, rounds }, { at }) => [
    {
      words: byPerson
        ? `Saw it healthy for ${duration(at - healthySince)}; what a person failed over only a person gives back.`
        : `Saw it healthy for ${rounds} rounds in a row; the policy leaves the failback to a person.`,
    },
  ],
  next: (_facts, moment) => [act(moment, 'failback', untilThen)],
};

export const standbyAges: Entry<Facts<'standby-ages'>> = {
  row: () => 'standby-ages',
  title: ({ asOf }, { at }) =>
    `the standby ages: its last good set is ${duration(at - asOf)} old and no CoreDNS replica can be captured from`,
  headline: (_facts, { cluster }) => `the standby of ${cluster} ages: no CoreDNS replica can be captured from`,
  means: ({ reason }) => [sentence(reason)],
  did: () => [{ words: 'Kept the last good set in the standby. New and moved endpoints are missing in it.' }],
  next: (_facts, moment) => [say('Repair CoreDNS.'), see(moment)],
};

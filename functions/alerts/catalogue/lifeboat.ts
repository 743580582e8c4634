// What is said of Lifeboat itself: its vantages, its quorum, its store, its watch and its channels; and of what another version told. Pure.
import { clip } from '../../lib/clip.ts';
import { duration } from '../../lib/duration.ts';
import { counted } from '../../lib/words.ts';
import type { Facts } from '../../model/incident.ts';
import { act, command, type Entry, run, say, see } from './entry.ts';

const maxNamesCharacters = 300;

export const vantage: Entry<Facts<'vantage'>> = {
  row: () => 'vantage/VANTAGE',
  title: ({ vantage: id, quietSince, unseen }, { at }) =>
    `vantage ${id} has delivered nothing fresh for ${duration(at - quietSince)}${unseen.length === 0 ? '' : ': there is a target that nobody looks at'}`,
  headline: ({ vantage: id, unseen }) =>
    `vantage ${id} delivers nothing fresh${unseen.length === 0 ? '' : ': there is a target that nobody looks at'}`,
  means: ({ vantage: id, wasHeard, unseen }) => {
    const lost =
      unseen.length === 0 ? 'Every target is still seen from elsewhere.' : `Not seen by anybody: ${unseen.join(', ')}.`;
    return [
      `No observation of ${id} that counts ${wasHeard ? 'comes any more' : 'has ever come'}: its process, its network, its clock or its key. ${lost}`,
    ];
  },
  did: () => [
    { words: 'Took what only it looks at for unknown, which is not down: an outage there would not be seen.' },
  ],
  next: ({ vantage: id }, moment) => [run(moment, `vantage --id ${id} --once`, 'Where it runs, see what is wrong.')],
};

export const quorum: Entry<Facts<'quorum'>> = {
  row: ({ of }) => `quorum/${of}`,
  title: (facts) => {
    const names = facts.targets.length === 0 ? facts.of : facts.targets.join(', ');
    return `an outage could not be confirmed: of ${clip(names, maxNamesCharacters)} fewer than ${needed(facts)} know anything`;
  },
  means: (facts) => [
    `The quorum asks for ${needed(facts)}, and ${facts.heard.length === 0 ? 'nobody delivers' : `only ${facts.heard.join(', ')} deliver`}, or know nothing: silent, refused, or cut off. What they see now is healthy; if it went down, the verdict would be unknown.`,
  ],
  did: () => [{ words: 'Nothing fails over by itself until enough of them see it again.' }],
  next: (_facts, moment) => [
    run(moment, 'status', 'See which vantage is silent.'),
    run(moment, 'check', 'See which is refused.'),
  ],
};

function needed({ downs, groups }: Facts<'quorum'>): string {
  return `${counted(downs, 'vantage')}${groups > 1 ? ` of ${groups} groups` : ''}`;
}

export const vantageRefused: Entry<Facts<'vantage-refused'>> = {
  row: ({ vantage: id }) => (id === null ? 'vantage-refused' : 'vantage-refused/VANTAGE'),
  title: ({ vantage: id, count, refusal }) => {
    const whose = id === null ? 'that name no known vantage' : `in the name of vantage ${id}`;
    return `${count} requests ${whose} were refused, wholly or in part, the last one as ${refusal}`;
  },
  headline: ({ vantage: id, refusal }) =>
    `requests ${id === null ? 'that name no known vantage' : `in the name of vantage ${id}`} are refused, the last one as ${refusal}`,
  means: ({ reason }) => [
    `The last one: ${reason}. Somebody has its token but not its key, two processes share one key, a clock is wrong, or it is of another version or configuration.`,
  ],
  did: () => [{ words: 'Counted nothing of what was refused.' }],
  next: (_facts, moment) => [
    run(moment, 'status', 'See what is refused.'),
    say('When it is nobody of yours, replace the token of the scope vantage.'),
  ],
};

export const store: Entry<Facts<'store'>> = {
  row: () => 'store',
  title: ({ what }) => `Lifeboat cannot store its state: ${what}`,
  over: () => 'Lifeboat stores its state again',
  means: ({ what }) => [what],
  did: () => [
    { words: 'Goes on with its state in memory. A restart before it is stored forgets what happened since.' },
  ],
  next: (_facts, moment) => [say('Make room, or give the store back.'), see(moment)],
};

export const watch: Entry<Facts<'watch'>> = {
  row: () => 'watch',
  title: ({ what, isStopped }) =>
    `${isStopped ? 'Lifeboat does not watch this cluster' : 'Lifeboat had stopped watching'}: ${what}`,
  over: () => 'Lifeboat watches without a break again',
  means: ({ what }) => [what],
  did: ({ isStopped }) => [
    {
      words: isStopped
        ? 'Nothing is looked at, captured or published until this is mended. What the standby holds stays as it is.'
        : 'The backstop started it again. What happened in between was not seen.',
    },
  ],
  next: ({ isStopped }, moment) =>
    isStopped
      ? [
          { words: 'See what is missing.', command: 'npx lifeboat deploy check' },
          { words: 'Set a secret that is missing.', command: 'npx wrangler secret put NAME' },
          run(moment, 'status --remote', 'See whether it watches again.'),
        ]
      : [see(moment), say('Look into the logs of the Worker.')],
};

export const removed: Entry<Facts<'removed'>> = {
  row: () => 'removed',
  title: ({ activation }, { cluster }) =>
    `${isMissing(cluster)}, in the middle of activation ${activation}: its standby is left as it is, and nobody watches it`,
  over: () => 'the configuration has this cluster again, and it is watched',
  means: ({ activation, reason, frozen }) => [
    `Activation ${activation} is open (${reason}). ${frozen.length === 0 ? 'No standby is frozen.' : `Frozen, and following the cluster no more: ${frozen.join(', ')}.`}`,
  ],
  did: () => [{ words: leftAlone }],
  next: (_facts, moment) => [
    run(moment, 'status', putBack(moment.cluster)),
    act(moment, 'failback', 'When the outage is over, fail back.'),
    say('If the cluster is gone for good, remove its standby zone and close this by hand.'),
  ],
};

export function isMissing(cluster: string): string {
  return `the configuration does not have cluster ${cluster} any more`;
}

export const leftAlone = 'Stopped watching it. Nothing was thawed, published or deleted; what is stored of it is kept.';

export function putBack(cluster: string): string {
  return `If that is a mistake, put cluster ${cluster} back into the configuration; the watch goes on where it stopped.`;
}

export const channel: Entry<Facts<'channel'>> = {
  row: () => 'channel/CHANNEL',
  title: ({ channel: id, what }) => `alerts do not reach ${id}: ${what}`,
  over: ({ channel: id }) => `alerts reach ${id} again`,
  means: ({ what }) => [what],
  did: ({ channel: id, waiting, critical }) => [
    {
      words: `Goes on trying: ${waiting} wait for ${id}, ${critical} of them critical. The other channels are told everything as before.`,
    },
  ],
  next: ({ channel: id }, { cluster }) => [
    say(`Tell whoever is paged through ${id} yourself.`),
    { words: 'Repair it, then try it.', command: command(cluster, `alerts test --channel ${id}`) },
  ],
};

export const test: Entry<Facts<'test'>> = {
  row: () => 'test/TIME',
  title: () => 'TEST: a test alert, nothing is wrong',
  over: () => 'TEST: the test alert is over',
  means: () => ['Nothing. Somebody ran "lifeboat alerts test" to see whether alerts of Lifeboat arrive here.'],
  did: () => [{ words: 'Sent this alert. It is resolved by itself.' }],
  next: () => [say('Nothing. It is for whoever ran the test to say whether it arrived.')],
};

/** What is known of it is what was said. */
export const told: Entry<Facts<'told'>> = {
  row: () => '',
  title: ({ summary }) => summary || 'an incident of another version of Lifeboat',
  means: ({ summary }) => [summary],
  did: () => [],
  next: (_facts, moment) => [see(moment)],
};

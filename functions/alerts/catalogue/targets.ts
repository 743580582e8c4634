// What is said of targets: what is bad, comes and goes, or cannot be seen, and what is near its end. Refused credentials are in credentials.ts. Pure.
import { counted, sentence } from '../../lib/words.ts';
import type { Facts } from '../../model/incident.ts';
import { wordsOfTarget } from '../../model/target.ts';
import { act, brief, comingAndGoing, type Entry, run, type Step, say, see } from './entry.ts';

const lookAtPods: Step = {
  words: 'Look at the replicas.',
  command: 'kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide',
};
const maxLines = 16;

function replicaWords({ server, says, spells }: Pick<Facts<'dns'>, 'server' | 'says' | 'spells'>): string {
  return spells === null ? says : `${wordsOfTarget({ kind: 'dns', id: server })} ${comingAndGoing(spells)}`;
}

export const dns: Entry<Facts<'dns'>> = {
  row: () => 'dns/ADDRESS',
  title: (facts) => brief(replicaWords(facts)),
  means: ({ says }) => [says],
  did: ({ others }) => {
    const from =
      others.length === 0 ? 'No replica is left to capture from' : `Captures go on from ${others.join(', ')}`;
    return [{ words: `${from}. One bad replica is no outage: nothing fails over.` }];
  },
  next: (_facts, moment) => [
    { ...lookAtPods, words: 'Look at the replica.' },
    run(moment, 'status', 'See what is known of the others.'),
  ],
};

export const notReady: Entry<Facts<'not-ready'>> = {
  row: () => 'not-ready',
  title: ({ says }) => brief(says),
  means: ({ says }) => [says],
  did: () => [{ words: 'Nothing is deleted meanwhile. It serves ordinary clients, so nothing fails over.' }],
  next: (_facts, moment) => [
    { words: 'Look at its failed checks.', command: "kubectl get --raw '/readyz?verbose'" },
    see(moment),
  ],
};

export const noHealthyReplica: Entry<Facts<'no-healthy-replica'>> = {
  row: () => 'no-healthy-replica',
  title: ({ replicas }) => brief(`no CoreDNS replica is known to be healthy: ${replicas.map(replicaWords).join('; ')}`),
  means: ({ replicas }) => replicas.map(replicaWords).slice(0, maxLines),
  did: () => [
    {
      words:
        'Failed nothing over: what is unknown, or bad now and then, is no outage of all of DNS. It goes on capturing from whichever replica answers.',
    },
  ],
  next: (_facts, moment) => [
    run(moment, 'check', 'Look at all of it from here.'),
    lookAtPods,
    act(moment, 'failover', 'If workloads suffer, fail over by hand.'),
  ],
};

export const unsteady: Entry<Facts<'unsteady'>> = {
  row: () => 'unsteady',
  title: ({ says, spells }) =>
    brief(
      `the API server ${spells === null ? 'comes and goes' : comingAndGoing(spells)}, never for long enough in a row to fail over; now ${says}`,
    ),
  means: ({ says }) => [says],
  did: () => [
    {
      words:
        'Went on capturing and publishing, and deletes nothing meanwhile. It opens no activation for this by itself, since between the bad rounds the API server is there.',
    },
  ],
  next: (_facts, moment) => [see(moment), act(moment, 'failover', 'If workloads suffer, fail over by hand.')],
};

export const blind: Entry<Facts<'blind'>> = {
  row: () => 'blind',
  title: ({ says, spells, isDoubted }) => {
    const words = spells === null ? says : `the API server ${comingAndGoing(spells)}`;
    return brief(isDoubted ? `an outage that Lifeboat cannot confirm: ${words}` : `Lifeboat is blind: ${words}`);
  },
  means: ({ says, replicas }) => [says, ...replicas].slice(0, maxLines),
  did: ({ isDoubted, seenFrom }) => [
    {
      words: isDoubted
        ? `Failed nothing over: it is bad as seen from ${seenFrom.join(' and ')} only, and the quorum asks for more. Nobody says that it is healthy.`
        : 'Did not count it as down: unknown is not down. An outage now would not be seen.',
    },
  ],
  next: (_facts, moment) => [
    run(moment, 'check', 'See what is reached from here, and what is not.'),
    say('Look at the cluster by other means, and at the network between Lifeboat and it.'),
    act(moment, 'failover', 'If it is the cluster that is down, fail over by hand.'),
  ],
};

type Ending = Facts<'certificate' | 'credential-ends'>;

function ending(row: string, what: string): Entry<Ending> {
  return {
    row: () => row,
    title: ({ daysLeft }) => `${what} ${endOf(daysLeft)}`,
    means: ({ daysLeft }) => [`${sentence(what)} ${endOf(daysLeft)}: told from 14 days on.`],
    did: () => [{ words: 'Nothing: probes go on until it has ended, and then see nothing.' }],
    next: (_facts, moment) => [run(moment, 'check', 'Renew it, then check it.')],
  };
}

export const certificate: Entry<Facts<'certificate'>> = ending('certificate', "the API server's certificate");
export const credentialEnds: Entry<Facts<'credential-ends'>> = ending('credential', 'the credential of the probes');

function endOf(days: number): string {
  if (days <= 0) return 'has ended';
  return days < 1 ? 'ends in less than a day' : `ends in ${counted(Math.floor(days), 'day')}`;
}

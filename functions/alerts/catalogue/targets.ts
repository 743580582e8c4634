// What is said of targets: what is bad, comes and goes, or cannot be seen, and what is near its end. Refused credentials are in credentials.ts. Pure.
import { counted, sentence } from '../../lib/words.ts';
import type { Facts } from '../../model/incident.ts';
import { wordsOfTarget } from '../../model/target.ts';
import { act, brief, comingAndGoing, type Entry, type Moment, rightAgain, run, type Step, say, see } from './entry.ts';

const lookAtPods: Step = {
  words: 'Look at the replicas.',
  command: 'kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide',
};
/** Of one or several, none of them an outage. */
export const lookAtReplica: Step = {
  ...lookAtPods,
  words: 'Look at the replica. One bad replica is no outage: nothing fails over.',
};
const maxLines = 16;

function nameOf({ server }: Pick<Facts<'dns'>, 'server'>): string {
  return wordsOfTarget({ kind: 'dns', id: server });
}

/** Several replicas at once; `all`: so many there are. */
export function replicasHeadline(found: readonly Facts<'dns'>[], all: number, { cluster }: Moment): string {
  const bad = found.filter(({ isHealthy }) => !isHealthy).length;
  if (bad === 0)
    return found.length === 1 && found[0]
      ? rightAgain(nameOf(found[0]))
      : `CoreDNS replicas of ${cluster} are healthy again, not for long yet`;
  return `${bad} of ${all} CoreDNS replicas of ${cluster} ${bad === 1 ? 'is' : 'are'} not healthy`;
}

function replicaWords({ server, says, spells }: Pick<Facts<'dns'>, 'server' | 'says' | 'spells'>): string {
  return spells === null ? says : `${nameOf({ server })} ${comingAndGoing(spells)}`;
}

export const dns: Entry<Facts<'dns'>> = {
  row: () => 'dns/ADDRESS',
  title: (facts) => brief(replicaWords(facts)),
  headline: (facts) => (facts.isHealthy && facts.spells === null ? rightAgain(nameOf(facts)) : replicaWords(facts)),
  means: ({ says }) => [says],
  did: ({ others }) => {
    const from =
      others.length === 0 ? 'No replica is left to capture from' : `Captures go on from ${others.join(', ')}`;
    return [{ words: `${from}.` }];
  },
  next: (_facts, moment) => [lookAtReplica, run(moment, 'status', 'See what is known of the others.')],
};

export const notReady: Entry<Facts<'not-ready'>> = {
  row: () => 'not-ready',
  title: ({ says }) => brief(says),
  headline: ({ says, isHealthy }, { cluster }) =>
    isHealthy ? rightAgain(`the API server of ${cluster}`) : `${cluster}: ${says}`,
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
  headline: ({ replicas }, { cluster }) =>
    replicas.some(({ isHealthy }) => isHealthy)
      ? `no CoreDNS replica of ${cluster} has been healthy for long yet`
      : `no CoreDNS replica of ${cluster} is known to be healthy`,
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
  headline: (_facts, { cluster }) => `the API server of ${cluster} comes and goes`,
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
  headline: ({ spells, isDoubted }, { cluster }) => {
    if (isDoubted) return `${cluster} may be down: too few vantages see it to confirm an outage`;
    return spells === null
      ? `Lifeboat cannot see whether ${cluster} is up`
      : `Lifeboat sees only now and then whether ${cluster} is up`;
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

// What is said of refused credentials: of a target that takes none from anybody, and of a single vantage that others do not share. Pure.
import type { Facts } from '../../model/incident.ts';
import { type Target, wordsOfTarget } from '../../model/target.ts';
import { act, type Entry, run } from './entry.ts';

const placeOf: Readonly<Record<Target['kind'], string>> = {
  apiserver: 'apiserver',
  dns: 'dns/ADDRESS',
  standby: 'standby/STANDBY',
  reference: 'reference/ADDRESS',
};

export const credential: Entry<Facts<'credential'>> = {
  row: ({ target }) => `credential/${placeOf[target.kind]}`,
  title: ({ target }) => `${wordsOfTarget(target)} refuses Lifeboat's credential, so that its health cannot be judged`,
  headline: ({ target, isRefused }, { cluster }) => {
    const what = target.kind === 'apiserver' ? cluster : wordsOfTarget(target);
    if (!isRefused) return `${what} takes Lifeboat's credential again, not for long yet`;
    return `${what} does not take Lifeboat's credential: whether it works is unknown`;
  },
  means: ({ says }) => [says],
  did: () => [
    {
      words:
        'Did not count it as down: unknown is not down. As long as this lasts an outage is seen late or not at all.',
    },
  ],
  next: ({ target }, moment) => [
    run(moment, 'check', 'Give Lifeboat a credential that is taken, then check it.'),
    ...(target.kind === 'apiserver' ? [act(moment, 'failover', 'If the cluster is down, fail over by hand.')] : []),
  ],
};

export const credentialOfVantage: Entry<Facts<'credential-of-vantage'>> = {
  row: ({ target }) => `credential/${placeOf[target.kind]}/VANTAGE`,
  title: ({ target, vantage }) =>
    `${wordsOfTarget(target)} refuses the credential of vantage ${vantage}, which counts for nothing until it is taken; from elsewhere it is seen`,
  means: ({ target, vantage }) => [
    `What ${vantage} sees of ${wordsOfTarget(target)} is unknown, and cannot help to confirm an outage.`,
  ],
  did: () => [{ words: 'Judges by what the other vantages see.' }],
  next: ({ vantage }, moment) => [run(moment, 'status', `Give vantage ${vantage} a credential that is taken.`)],
};

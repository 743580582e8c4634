// What the reasons of verdicts are called, for the words of verdicts. It decides nothing; incidents are put into words by
// functions/alerts/catalogue/.
import type { Reason } from './observation.ts';
import type { VerdictReason } from './verdict.ts';

const reasonWords: Readonly<Record<VerdictReason, string>> = {
  none: 'it answers as it should',
  refused: 'connections are refused',
  unreachable: 'it cannot be reached',
  'no-connection': 'no connection can be made to it',
  timeout: 'no answer within the deadline',
  closed: 'it ends connections in the middle',
  tls: 'its certificate cannot be verified against the configured CA',
  credential: 'it does not take our credential (401, 403 or TSIG refused)',
  'http-status': 'it answers with an unexpected HTTP status',
  throttled: 'ordinary clients are rejected with 429',
  slow: 'it answers ordinary clients slowly',
  'check-failed': 'its own health check fails',
  servfail: 'it answers SERVFAIL',
  unsynced: 'CoreDNS has no API data (unsynced)',
  'wrong-answer': 'it denies a name that must exist, or gives another answer',
  cached: 'only a cache answered, which proves nothing',
  behind: 'other replicas have left it behind',
  protocol: 'it answers against the protocol',
  'not-served': 'its server does not answer for the zone',
  empty: 'nothing of what was published to it is there',
  unmarked: 'its marker is gone',
  foreign: 'its marker is not ours',
  thawed: 'it is not frozen any more',
  uplink: "the vantage's own network is down",
  'no-observation': 'there is no fresh observation',
  'no-quorum': 'too few vantages agree',
  'not-ready': 'it says that it is not ready, but ordinary reads are answered',
};

export function wordsOfReason(reason: Reason | VerdictReason): string {
  return reasonWords[reason];
}

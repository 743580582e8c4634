// The words for people: reasons, targets, durations, lists. It decides nothing.
import { assertNever } from '../lib/assert.ts';
import type { Reason, Target } from './observation.ts';
import type { VerdictReason } from './verdict.ts';

const reasonWords: Readonly<Record<VerdictReason, string>> = {
  none: 'it answers as it should',
  refused: 'connections are refused',
  unreachable: 'it cannot be reached',
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
  'wrong-answer': 'it denies a name that must exist',
  cached: 'only a cache answered, which proves nothing',
  behind: 'other replicas have left it behind',
  protocol: 'it answers against the protocol',
  uplink: "the vantage's own network is down",
  'no-observation': 'there is no fresh observation',
  'no-quorum': 'too few vantages agree',
};

export function wordsOfReason(reason: Reason | VerdictReason): string {
  return reasonWords[reason];
}

export function wordsOfTarget(target: Target): string {
  switch (target.kind) {
    case 'apiserver':
      return 'the API server';
    case 'dns':
      return `CoreDNS ${target.id}`;
    default:
      return assertNever(target.kind, 'target kind');
  }
}

/** `4 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return pair(minutes, 'min', seconds % 60, 's');
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? pair(hours, 'h', minutes % 60, 'min') : pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** The text with a capital first letter. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The text cut to a length, with an ellipsis. */
export function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

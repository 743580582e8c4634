// A sample alert and its fields for the tests of functions/alerts, changed in one place at a time.
import type { Notice } from '../../../functions/model/notice.ts';

export function fieldsOf(dedupKey: string, changes: Partial<Notice> = {}): Notice {
  return {
    dedupKey,
    cluster: 'prod',
    severity: 'critical',
    summary: `summary of ${dedupKey}`,
    whatIsWrong: 'the API server is down',
    since: 1_700_000_000_000,
    seenFrom: ['local'],
    whatLifeboatDid: 'recorded it',
    whatToRunNext: 'npx lifeboat status',
    at: 1_700_000_005_000,
    repeat: 0,
    ...changes,
  };
}

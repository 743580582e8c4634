// Observations: what one probe saw of one target, from one vantage, with evidence. Pure data.

import type { Target, TargetKind } from '../../model/target.ts';

/** Each begins with the kind of its target. */
export const signals = [
  'apiserver.connect',
  'apiserver.tls',
  'apiserver.live',
  'apiserver.ready',
  'apiserver.read',
  'apiserver.write',
  'dns.answer',
  'dns.serial',
  'standby.soa',
  'standby.marker',
  'standby.answer',
  'reference.connect',
] as const satisfies readonly `${TargetKind}.${string}`[];
export type Signal = (typeof signals)[number];

export const conditions = ['up', 'degraded', 'stale', 'down', 'unknown'] as const;
export type Condition = (typeof conditions)[number];

/** Why, in one word for machines. `none` goes with `up`. */
export const reasons = [
  'none',
  'refused', // connection refused
  'unreachable', // no route, name of the server not found
  'no-connection', // there is none, and the platform hides why: refused, or no route
  'timeout', // no answer within the deadline
  'closed', // the peer ended the connection in the middle
  'tls', // certificate not verified against the configured CA
  'credential', // 401 or 403, a revoked or expired token, TSIG refused: never "down"
  'http-status', // an unexpected status
  'throttled', // 429: API Priority and Fairness rejected an ordinary client
  'slow', // answered, but slower than the policy's limit
  'check-failed', // /readyz or /livez names a failed check
  'servfail', // SERVFAIL
  'unsynced', // CoreDNS has no API data
  'wrong-answer', // NXDOMAIN or no data for a name that must exist; of a standby, another answer than was published
  'cached', // a cache could have given this answer: proves nothing
  'behind', // its serial is older than other replicas' by more than the limit
  'protocol', // malformed answer
  'not-served', // the server of a standby does not answer for the zone, or not with authority
  'empty', // the standby zone holds nothing of what was published to it
  'unmarked', // the marker of the standby zone is gone
  'foreign', // the marker of the standby zone is somebody else's, or none that can be read
  'thawed', // the standby zone is not frozen any more, though it should be
  'uplink', // the vantage's own network is down
] as const;
export type Reason = (typeof reasons)[number];

export interface Observation {
  readonly cluster: string;
  readonly target: Target;
  readonly signal: Signal;
  readonly condition: Condition;
  readonly reason: Reason;
  /** One line for a person: `SERVFAIL from 10.0.0.10:53 in 3 ms: CoreDNS has no API data (unsynced)`. No secrets. */
  readonly evidence: string;
  readonly vantage: string;
  /** A network that can fail as one. */
  readonly group: string;
  /** Milliseconds since the epoch, when the probe ended. */
  readonly observedAt: number;
  readonly latencyMs: number;
  /** Numbers and words that belong to the signal: `serial`, `serialMethod`, `certificateDaysLeft`, `credentialDaysLeft`, `httpStatus`, `retryAfterSeconds`, `flowSchemaUid`, `priorityLevelUid`, `markerPhase`. */
  readonly details?: Readonly<Record<string, string | number>>;
}

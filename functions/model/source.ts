// What is known of a snapshot source besides how it captures: its terms, and the words for what it refuses. Data without behaviour; the port is
// snapshot/source.ts, the choice among sources decision/machine/sources.ts.

/**
 * What must be true of the cluster for a source to tell the truth:
 *
 * | need                | true while                                                                                     |
 * |---------------------|------------------------------------------------------------------------------------------------|
 * | `dns-synced`        | a CoreDNS replica answers and is synced, whether or not the API server is healthy              |
 * | `apiserver-healthy` | the API server is healthy and stays so, whatever becomes of DNS                                |
 */
export const sourceNeeds = ['dns-synced', 'apiserver-healthy'] as const;
export type SourceNeed = (typeof sourceNeeds)[number];

/** What captures from one source may cost its server. */
export interface SourceBudget {
  readonly leastIntervalMs: number;
  readonly bytesPerHour: number;
  /** Default: none are counted. */
  readonly requestsPerHour?: number;
}

export interface SourceTerms {
  /** In state, requests to vantages and messages: `axfr`. */
  readonly id: string;
  /** What a capture from it is called: `zone transfer`. */
  readonly title: string;
  readonly usableWhile: SourceNeed;
  readonly budget: SourceBudget;
}

/** Why a source gave no snapshot, as far as anybody but a person needs to tell one from the other. */
export const refusalKinds = [
  'unreachable', // nobody answers
  'timed-out',
  'unsynced', // it answers, and has not heard of the cluster's objects yet
  'behind', // another one knows something newer
  'denied', // it does not take the credential, or the credential may not
  'unverified', // what came cannot be shown to be what it sent: a signature, a certificate, a cache in between
  'incomplete', // the end is missing, or names that every snapshot has
  'too-large', // more bytes or records than allowed
  'malformed',
  'failed', // it says that it cannot, and no more
] as const;
export type RefusalKind = (typeof refusalKinds)[number];

/** What was tried in one place and did not give a snapshot. */
export interface CaptureAttempt {
  /** A replica `10.0.0.10:53`, the API server. */
  readonly place: string;
  readonly kind: RefusalKind;
  /** The source's own word for it, for people: `bad-mac`. Nothing is decided by it. */
  readonly code: string;
  /** One line for a person, with numbers. */
  readonly evidence: string;
}

// Verdicts: what the quorum makes of the observations of one target. Pure data.
import { assertNever } from '../../lib/assert.ts';
import type { Target } from '../../model/target.ts';
import { reasons } from './observation.ts';

export const verdictConditions = ['healthy', 'degraded', 'stale', 'down', 'unknown'] as const;
export type VerdictCondition = (typeof verdictConditions)[number];

/**
 * `no-observation`: nothing fresh enough; `no-quorum`: some say bad, too few for a verdict, and nobody says healthy; `not-ready`: the API
 * server says so of itself, and serves ordinary clients all the same.
 */
export const verdictReasons = [...reasons, 'no-observation', 'no-quorum', 'not-ready'] as const;
export type VerdictReason = (typeof verdictReasons)[number];

export interface Verdict {
  readonly condition: VerdictCondition;
  readonly reason: VerdictReason;
  /** One line: `the API server is down: connections are refused`. */
  readonly words: string;
  /** Milliseconds since the epoch: since when the condition is the same. */
  readonly since: number;
  /** Lines of the observations that decided, each with its vantage; at most 8. */
  readonly evidence: readonly string[];
  /** Vantages that decided. */
  readonly seenFrom: readonly string[];
}

/** Is only the readiness of the API server amiss? That is told, and nobody fails over for it: a planned restart looks so for a while. */
export function isReadinessAlone({ condition, reason }: Pick<Verdict, 'condition' | 'reason'>): boolean {
  return condition === 'degraded' && reason === 'not-ready';
}

/**
 * The key of a target in a state: `apiserver`, `dns 10.0.0.10:53`, `standby ID`. A cluster has one API server, whatever its probes call
 * it.
 */
export function targetKey(target: Target): string {
  switch (target.kind) {
    case 'apiserver':
      return apiServerKey;
    case 'dns':
      return dnsKey(target.id);
    case 'standby':
      return standbyKey(target.id);
    case 'reference':
      return `reference ${target.id}`;
    default:
      return assertNever(target.kind, 'target kind');
  }
}

export const apiServerKey = 'apiserver';

export function dnsKey(server: string): string {
  return `dns ${server}`;
}

/** `id`: the configuration's. */
export function standbyKey(id: string): string {
  return `standby ${id}`;
}

// Verdicts: what the quorum makes of the observations of one target. Pure data.
import type { Reason, Target } from './observation.ts';

export type VerdictCondition = 'healthy' | 'degraded' | 'stale' | 'down' | 'unknown';

/** `no-observation`: nothing fresh enough; `no-quorum`: some say bad, too few for a verdict, and nobody says healthy. */
export type VerdictReason = Reason | 'no-observation' | 'no-quorum';

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

/** The key of a target in a state: `apiserver`, `dns 10.0.0.10:53`. A cluster has one API server, whatever its probes call it. */
export function targetKey(target: Target): string {
  return target.kind === 'apiserver' ? apiServerKey : dnsKey(target.id);
}

export const apiServerKey = 'apiserver';

export function dnsKey(server: string): string {
  return `dns ${server}`;
}

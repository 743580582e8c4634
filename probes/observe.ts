// Puts what a probe saw into an observation: who, where, when. It must not judge anything.
import type { Condition, Observation, Reason, Signal } from '../functions/decision/health/observation.ts';
import type { Target } from '../functions/model/target.ts';

/** Whose cluster is looked at, and from where. */
export interface ProbeContext {
  readonly cluster: string;
  readonly vantage: string;
  /** A network that can fail as one. */
  readonly group: string;
}

/** What one rung or question gave. */
export interface Seen {
  readonly condition: Condition;
  readonly reason: Reason;
  readonly evidence: string;
  readonly latencyMs: number;
  readonly details?: Readonly<Record<string, string | number>>;
}

/** `observedAt`: milliseconds since the epoch, when the probe ended. */
export function observe(
  context: ProbeContext,
  target: Target,
  signal: Signal,
  seen: Seen,
  observedAt: number,
): Observation {
  const { cluster, vantage, group } = context;
  const { condition, reason, evidence, latencyMs, details } = seen;
  const observation = { cluster, target, signal, condition, reason, evidence, vantage, group, observedAt, latencyMs };
  return details === undefined || Object.keys(details).length === 0 ? observation : { ...observation, details };
}

const dayMs = 86_400_000;
/** A certificate or token that ends sooner is a warning. */
export const warningDays = 14;

/** Days from `now` to `instant`, rounded down to a tenth; negative when it is past. */
export function daysLeft(instant: number, now: number): number {
  return Math.floor(((instant - now) / dayMs) * 10) / 10;
}

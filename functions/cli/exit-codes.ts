// The exit codes of every command, in one place. Scripts and alerts depend on them: they never change meaning.

import type { Condition } from '../decision/health/observation.ts';
import { assertNever } from '../lib/assert.ts';
import { codeOf, type ErrorCode } from '../lib/errors.ts';
import type { PlanStatus } from '../plan/plan.ts';

export const exitCodes = {
  fine: 0,
  /** Lifeboat itself failed: network, store, a broken invariant. */
  failed: 1,
  /** Wrong usage, configuration or input: trying again does not help. */
  usage: 2,
  /** A guard refused or held something back, or another writer was faster. */
  guarded: 3,
  degraded: 4,
  down: 5,
  unknown: 6,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export function exitCodeOfError(error: unknown): ExitCode {
  const code: ErrorCode = codeOf(error);
  switch (code) {
    case 'usage':
    case 'config':
    case 'input':
      return exitCodes.usage;
    case 'conflict':
    case 'refused':
      return exitCodes.guarded;
    case 'timeout':
    case 'network':
    case 'tls':
    case 'protocol':
    case 'credential':
    case 'limit':
    case 'store':
    case 'internal':
      return exitCodes.failed;
    default:
      return assertNever(code, 'error code');
  }
}

export function exitCodeOfPlan(status: PlanStatus): ExitCode {
  return status === 'held' || status === 'refused' ? exitCodes.guarded : exitCodes.fine;
}

/** `healthy` is a verdict's word for what an observation calls `up`. */
export function exitCodeOfVerdict(condition: Condition | 'healthy'): ExitCode {
  switch (condition) {
    case 'up':
    case 'healthy':
      return exitCodes.fine;
    case 'degraded':
    case 'stale':
      return exitCodes.degraded;
    case 'down':
      return exitCodes.down;
    case 'unknown':
      return exitCodes.unknown;
    default:
      return assertNever(condition, 'condition');
  }
}

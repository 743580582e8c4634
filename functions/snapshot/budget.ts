// Whether a capture may be made now: the least interval of its source, and what captures from it may cost in an hour. Pure.
import type { SourceTerms } from '../model/source.ts';

/** A capture that was made, also one that was refused after bytes had come. */
export interface CaptureRecord {
  /** The source's id. */
  readonly source: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly bytes: number;
  readonly requests: number;
}

export type CapturePermit =
  | { readonly status: 'allowed' }
  | { readonly status: 'too-soon' | 'over-budget'; readonly waitMs: number; readonly reason: string };

const hourMs = 3_600_000;

/**
 * May a capture be made from this source now? The next one is taken to cost as much as the dearest of the last hour, and room for one more is
 * kept back for the last capture in an outage: `urgent` (that one) uses the room and needs no interval.
 * `history` of all sources, in any order; what is older than an hour, or another's, does not count. `waitMs`: ask again then.
 */
export function mayCapture(
  { id, budget }: Pick<SourceTerms, 'id' | 'budget'>,
  history: readonly CaptureRecord[],
  now: number,
  options: { readonly urgent?: boolean } = {},
): CapturePermit {
  const urgent = options.urgent === true;
  const recent = history.filter(({ source, at }) => source === id && at > now - hourMs);
  // An instant after `now` means that the clock was set back: it must not block captures until the clock has caught up.
  const last = Math.max(...recent.map(({ at }) => at).filter((at) => at <= now));
  const waitMs = last + budget.leastIntervalMs - now;
  if (!urgent && waitMs > 0) {
    return {
      status: 'too-soon',
      waitMs,
      reason: `the last capture was ${now - last} ms ago, the least interval is ${budget.leastIntervalMs} ms`,
    };
  }
  const oldest = Math.min(now, ...recent.map(({ at }) => at));
  const over = (unit: 'bytes' | 'requests', verb: string, limit: number): CapturePermit | undefined => {
    const expected = Math.max(0, ...recent.map((made) => made[unit]));
    const used = recent.reduce((sum, made) => sum + made[unit], 0);
    if (used + (urgent ? expected : 2 * expected) <= limit) return undefined;
    const reserve = urgent ? '' : ' (and as much kept back for an outage)';
    return {
      status: 'over-budget',
      waitMs: Math.max(1, oldest + hourMs - now),
      reason: `${used} ${unit} were ${verb} in the last hour and the next capture needs some ${expected}${reserve}; the budget is ${limit} ${unit} an hour`,
    };
  };
  const { bytesPerHour, requestsPerHour = Number.POSITIVE_INFINITY } = budget;
  return (
    over('bytes', 'transferred', bytesPerHour) ?? over('requests', 'made', requestsPerHour) ?? { status: 'allowed' }
  );
}

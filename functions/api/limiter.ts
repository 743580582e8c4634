// Counts failures by whoever fails, in memory and within bounds: enough to slow guessing down, never enough to lock everybody out.

export interface Limiter {
  /** Milliseconds to wait; 0: go on. */
  waitMs(key: string, now: number): number;
  /** One more failure. */
  fail(key: string, now: number): void;
}

export interface Limits {
  /** Failures within a window. */
  readonly most: number;
  readonly windowMs: number;
  /** Keys that are remembered; beyond it the one that failed first is forgotten. */
  readonly maxKeys: number;
}

export function createLimiter({ most, windowMs, maxKeys }: Limits): Limiter {
  const failures = new Map<string, { readonly since: number; readonly count: number }>();
  /** A window that lies ahead comes from a clock that was set back: it is over too. */
  const current = (key: string, now: number) => {
    const entry = failures.get(key);
    return entry !== undefined && now >= entry.since && now < entry.since + windowMs ? entry : undefined;
  };
  return {
    waitMs(key, now) {
      const entry = current(key, now);
      return entry === undefined || entry.count < most ? 0 : entry.since + windowMs - now;
    },
    fail(key, now) {
      const entry = current(key, now);
      failures.delete(key);
      failures.set(key, entry === undefined ? { since: now, count: 1 } : { ...entry, count: entry.count + 1 });
      const oldest = failures.size > maxKeys ? failures.keys().next().value : undefined;
      if (oldest !== undefined) failures.delete(oldest);
    },
  };
}

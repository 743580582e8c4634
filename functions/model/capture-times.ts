// How long a capture may take, for those who wait for one. Milliseconds; a transfer itself ends after `timeoutMs` (config `snapshot.timeoutMs`).

export interface CaptureTimes {
  readonly timeoutMs: number;
  /** Of rounds: how often a vantage reports, and how often what is late is noticed. */
  readonly intervalMs: number;
}

/** What a vantage is asked for comes within this long: it hears of it with its next report, and sends it with another. */
export function askedForMs({ timeoutMs, intervalMs }: CaptureTimes): number {
  return timeoutMs + 2 * intervalMs;
}

/** A vantage that gives nothing, the round that notices it, and a transfer from here after that. */
export function capturedWithinMs(times: CaptureTimes): number {
  return askedForMs(times) + times.intervalMs + times.timeoutMs;
}

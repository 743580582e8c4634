// A token bucket: how often something may happen, with a burst. Pure; two numbers, whatever comes.

export interface Rate {
  /** The burst. */
  readonly capacity: number;
  /** Milliseconds until one more. */
  readonly everyMs: number;
}

export interface Bucket {
  /** Becomes less as time passes; full at `capacity * everyMs`. */
  readonly filledMs: number;
  readonly at: number;
}

export const emptyBucket: Bucket = { filledMs: 0, at: 0 };

/** One more now? `bucket` is what to go on with. A clock that was set back lets nothing leak. */
export function pour(
  { filledMs, at }: Bucket,
  { capacity, everyMs }: Rate,
  now: number,
): { readonly isAllowed: boolean; readonly bucket: Bucket } {
  const left = Math.max(0, filledMs - Math.max(0, now - at));
  const isAllowed = left + everyMs <= capacity * everyMs;
  return { isAllowed, bucket: { filledMs: isAllowed ? left + everyMs : left, at: now } };
}

// How long to wait before the next attempt: twice as long after each failure, up to a limit. No domain words.

export interface BackOff {
  /** After the first failure. */
  readonly firstMs: number;
  readonly mostMs: number;
}

/** `failures` so far, in a row; without one there is nothing to wait for. */
export function backOffMs({ firstMs, mostMs }: BackOff, failures: number): number {
  return failures < 1 ? 0 : Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 30));
}

/** Half of a wait for certain and the rest by chance, so that many who wait do not keep step. `chance`: from 0 to 1. */
export function spread(waitMs: number, chance: number): number {
  return waitMs / 2 + (waitMs / 2) * chance;
}

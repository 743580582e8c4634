// Which requests of a vantage were taken already, remembered in a few numbers. Pure; what must be stored is said, not stored here.

/**
 * Counts the requests of one process: when it started (milliseconds since the epoch, by its own clock) and how many it had signed.
 * Each is after the one before; a process that starts anew begins a later series.
 */
export interface Nonce {
  readonly startedAt: number;
  readonly count: number;
}

/** Requests of one kind come in their order; a long snapshot may be overtaken by observations. */
export type Lane = 'observations' | 'snapshots';

/**
 * What is remembered of one vantage. A nonce is taken when it is after the last one of its lane. So that this outlives the receiver without
 * a write for each request, a `ceiling` is stored ahead of what is taken: whoever reads it back takes only what is after it. The vantage
 * is then told `replayed` once and begins a new series, which costs it one more request and the receiver one write.
 */
export interface ReplayMemory {
  readonly ceiling: Nonce;
  readonly last: Readonly<Record<Lane, Nonce>>;
  /** Nothing was taken since it was read back: what is refused within the ceiling's series may be honest. */
  readonly isResumed: boolean;
}

export type Admission =
  | { readonly status: 'fresh'; readonly memory: ReplayMemory }
  /** `isResumption`: how a vantage learns that its receiver started anew. */
  | { readonly status: 'replayed'; readonly isResumption: boolean };

export const noNonce: Nonce = { startedAt: 0, count: 0 };

/** Requests between two writes of the ceiling: at one in 5 s, some 80 minutes. */
const reserve = 1000;

export function isAfter(a: Nonce, b: Nonce): boolean {
  return a.startedAt === b.startedAt ? a.count > b.count : a.startedAt > b.startedAt;
}

/** The memory of a receiver that has read the stored ceiling back. */
export function resume(ceiling: Nonce): ReplayMemory {
  return { ceiling, last: { observations: ceiling, snapshots: ceiling }, isResumed: true };
}

/** Takes a nonce, once. The memory's ceiling must be stored before what the nonce came with is used. */
export function admit(memory: ReplayMemory, lane: Lane, nonce: Nonce): Admission {
  const { last, ceiling, isResumed } = memory;
  if (!isAfter(nonce, last[lane])) {
    return { status: 'replayed', isResumption: isResumed && nonce.startedAt === ceiling.startedAt };
  }
  const higher = isAfter(nonce, ceiling) ? { ...nonce, count: nonce.count + reserve } : ceiling;
  return { status: 'fresh', memory: { ceiling: higher, last: { ...last, [lane]: nonce }, isResumed: false } };
}

/** The next nonce of a series. */
export function following({ startedAt, count }: Nonce): Nonce {
  return { startedAt, count: count + 1 };
}

/** The last nonce before a new series, later than the given one whatever the clock says. */
export function newSeries(after: Nonce, now: number): Nonce {
  return { startedAt: Math.max(now, after.startedAt + 1), count: 0 };
}

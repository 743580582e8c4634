// Lets long work share the one thread: it goes on in slices of a few milliseconds, one in each turn of the event loop, so that between two of
// them connections are accepted, health is told and small requests are served. It knows nothing of the work.

export interface Slice {
  /** The work should stop here and wait for its next turn. */
  isOver(): boolean;
}

export interface TimeSlices {
  /** Resolves when it is the caller's turn; who asked first comes first. */
  turn(): Promise<Slice>;
}

export function createTimeSlices(sliceMs: number): TimeSlices {
  const waiting: ((slice: Slice) => void)[] = [];

  function runNext(): void {
    const startedAt = performance.now();
    waiting.shift()?.({ isOver: () => performance.now() - startedAt >= sliceMs });
    // An immediate that is set within one runs in the next turn, after I/O. The slice itself runs before that, as a microtask.
    if (waiting.length > 0) setImmediate(runNext);
  }

  return {
    turn: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 1) setImmediate(runNext);
      }),
  };
}

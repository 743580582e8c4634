// At most so many at once, the rest in the order in which they came. No domain words.

export interface Limiter {
  /** Waits for a place. Give it back by calling what comes out, once; a second call does nothing. Rejects with the signal's reason when it aborts first. */
  enter(signal?: AbortSignal): Promise<() => void>;
}

/** `most` at least 1. */
export function createLimiter(most: number): Limiter {
  let inside = 0;
  const waiting: (() => void)[] = [];
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) inside--;
    else next();
  };
  const place = () => {
    let isHeld = true;
    return () => {
      if (isHeld) leave();
      isHeld = false;
    };
  };
  return {
    async enter(signal) {
      signal?.throwIfAborted();
      if (inside < most) {
        inside++;
        return place();
      }
      await new Promise<void>((resolve, reject) => {
        const turn = () => {
          signal?.removeEventListener('abort', giveUp);
          resolve();
        };
        const giveUp = () => {
          waiting.splice(waiting.indexOf(turn), 1);
          reject(signal?.reason);
        };
        waiting.push(turn);
        signal?.addEventListener('abort', giveUp, { once: true });
      });
      return place();
    },
  };
}

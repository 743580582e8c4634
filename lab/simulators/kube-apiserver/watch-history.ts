// The last changes of one collection, for watchers that start a little in the past. It is bounded: who asks for more is told to list again.
import type { Stored } from './objects.ts';

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** As it is now; of a deleted object the last state, with the revision of its deletion. */
  readonly stored: Stored;
  /** As it was before; undefined for an added object. */
  readonly previous: Stored | undefined;
}

export interface WatchHistory {
  add(event: StoreEvent): void;
  /** Everything after the revision, in order; `expired` when some of it is gone. */
  since(revision: number): readonly StoreEvent[] | 'expired';
  /** The oldest revision that `since` takes. */
  readonly oldest: number;
}

/** `startRevision`: what was before it is not known. */
export function createWatchHistory(limit: number, startRevision: number): WatchHistory {
  const events: StoreEvent[] = [];
  let oldest = startRevision;
  return {
    get oldest() {
      return oldest;
    },
    add(event) {
      events.push(event);
      if (events.length > limit) oldest = events.shift()?.stored.revision ?? oldest;
    },
    since(revision) {
      if (revision < oldest) return 'expired';
      const first = events.findIndex(({ stored }) => stored.revision > revision);
      return first === -1 ? [] : events.slice(first);
    },
  };
}

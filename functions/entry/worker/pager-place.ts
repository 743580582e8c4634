// How long a delivery waits in the pager object for its turn: known to the object, and to whoever calls it. No behaviour.

/** Short: of one channel no more are under way at once than there are places, but for what a caller that died has left. */
export const placeTimeoutMs = 10_000;

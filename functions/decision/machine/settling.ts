// A host may take what is written and serve it later: for a while its name servers rightly show what was there before. Here is for how long that
// is not judged (functions/tasks/publish/standby-expectations.ts asks). Pure.
import type { ClusterEvent } from './event.ts';
import type { StandbyState } from './state.ts';

type StandbyEvent = Extract<ClusterEvent, { kind: 'published' | 'publish-failed' | 'frozen' | 'freeze-failed' }>;

/** Hosts say a minute; one that takes longer than this is told of as a zone that is not what it should be. */
export const settlingMs = 300_000;

/**
 * | what was written                                   | it settles                                                          |
 * |----------------------------------------------------|---------------------------------------------------------------------|
 * | a freeze that is not served, or not known to be    | from now on                                                         |
 * | anything else that is not served                   | from now on, unless that is how it was within the last five minutes: |
 * |                                                    | a host that never serves what it takes is found out between writes  |
 * | what is served, or nothing                         | as before                                                           |
 */
export function settlingAfter(
  before: StandbyState,
  after: StandbyState,
  event: StandbyEvent,
  now: number,
): Pick<StandbyState, 'settlesUntil'> {
  const isNewFreeze = after.frozen > 0 && after.frozen !== before.frozen;
  // An earlier attempt froze it, and did not report how.
  const isUnreported = event.kind === 'publish-failed' || event.kind === 'freeze-failed';
  const isServed = isUnreported ? !isNewFreeze : event.isServed !== false;
  const isRested = now - before.settlesUntil >= settlingMs;
  return { settlesUntil: !isServed && (isNewFreeze || isRested) ? now + settlingMs : before.settlesUntil };
}

export function isSettling({ settlesUntil }: Pick<StandbyState, 'settlesUntil'>, now: number): boolean {
  return now < settlesUntil;
}

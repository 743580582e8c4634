// Channels that take nothing: since when, and why, so that the others can say so. Pure.
import { clip } from '../lib/clip.ts';
import type { Delivery, SendResult } from './delivery.ts';
import type { Failing, Outbox } from './outbox.ts';

/** A receiver that is only out of reach is often back within minutes; one that refuses waits for a person. */
const toldAfterMs = 300_000;
const maxReasonCharacters = 400;

export function noteResult(outbox: Outbox, { channel }: Delivery, result: SendResult, now: number): Outbox {
  const { [channel]: before, ...others } = outbox.failing;
  if (result.status === 'delivered') return before === undefined ? outbox : { ...outbox, failing: others };
  const failing: Failing = {
    since: Math.min(before?.since ?? now, now),
    refused: (before?.refused ?? false) || result.status === 'rejected',
    reason: clip(result.reason, maxReasonCharacters),
  };
  return { ...outbox, failing: { ...others, [channel]: failing } };
}

/** Of these channels those that somebody should look after. */
export function failingAmong(
  { failing }: Outbox,
  channels: readonly string[],
  now: number,
): ReadonlyMap<string, Failing> {
  const told = channels.flatMap((channel): [string, Failing][] => {
    const one = failing[channel];
    return one !== undefined && (one.refused || now - one.since >= toldAfterMs) ? [[channel, one]] : [];
  });
  return new Map(told);
}

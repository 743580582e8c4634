// Delivers for whoever asks from elsewhere, and may ask again: it remembers what has arrived and what is on its way, so that a caller that
// died before it heard so does not page twice. Which delivery is due, and what becomes of it, the caller's outbox decides.
import { z } from 'zod';
import type { Channel } from '../../alerts/channels/channel.ts';
import type { Delivery, SendResult } from '../../alerts/delivery.ts';
import type { Clock } from '../../lib/deps.ts';
import { createLimiter } from '../../lib/limiter.ts';
import { createSingleFlight } from '../../lib/single-flight.ts';
import type { Store } from '../../stores/store.ts';

/** Short: of one channel no more are under way at once than there are places, but for what a caller that died has left. */
export const placeTimeoutMs = 10_000;
const keptArrivals = 500;

export interface PagerPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly channels: readonly Channel[];
  /** Deliveries under way at once. */
  readonly places: number;
}

/** As a channel sends, but of one delivery never twice at once, and not again once it has arrived. */
export interface Pager {
  send(delivery: Delivery, memory: string): Promise<SendResult>;
}

interface Arrival {
  readonly at: number;
  readonly memory?: string;
}

/** Until 0.2 only when it arrived was kept. */
const arrivalShape = z.union([
  z.number().transform((at): Arrival => ({ at })),
  z.object({ at: z.number(), memory: z.string().exactOptional() }),
]);

export function createPager({ store, clock, channels, places }: PagerPorts): Pager {
  const limiter = createLimiter(places);
  const flights = createSingleFlight<SendResult>();
  const place = async (): Promise<(() => void) | undefined> => {
    try {
      return await limiter.enter(AbortSignal.timeout(placeTimeoutMs));
    } catch {
      return undefined;
    }
  };
  const sendOnce = async (delivery: Delivery, memory: string): Promise<SendResult> => {
    const channel = channels.find(({ id }) => id === delivery.channel);
    // Not rejected: the caller may run another deployment for a while, and it decides what its own configuration lacks.
    if (channel === undefined)
      return { status: 'retry', reason: `this deployment has no channel "${delivery.channel}"` };
    const leave = await place();
    if (leave === undefined) return { status: 'retry', reason: 'too many deliveries of this channel are under way' };
    try {
      const key = `arrived/${delivery.id}`;
      const before = (await store.read(key))?.value;
      if (before !== undefined) return deliveredWith(readArrival(before)?.memory);
      const result = await channel.send(delivery, memory);
      if (result.status === 'delivered') await keepArrival(store, key, clock.now(), result.memory);
      return result;
    } finally {
      leave();
    }
  };
  // What is under way is not sent a second time: the caller of before was ended, and the next one asks for the same.
  return { send: (delivery, memory) => flights.run(delivery.id, () => sendOnce(delivery, memory)) };
}

function deliveredWith(memory: string | undefined): SendResult {
  return memory === undefined ? { status: 'delivered' } : { status: 'delivered', memory };
}

function readArrival(text: string): Arrival | undefined {
  try {
    return arrivalShape.safeParse(JSON.parse(text)).data;
  } catch {
    // That there is one says enough.
    return undefined;
  }
}

async function keepArrival(store: Store, key: string, at: number, memory: string | undefined): Promise<void> {
  await store.write(key, JSON.stringify(memory === undefined ? { at } : { at, memory }), 0);
  const keys = await store.list('arrived/');
  if (keys.length <= 2 * keptArrivals) return;
  // Ids count up within one instant's prefix only: the oldest are told by when they arrived.
  const dated = await Promise.all(
    keys.map(async (one) => ({ one, at: readArrival((await store.read(one))?.value ?? '')?.at ?? 0 })),
  );
  dated.sort((a, b) => a.at - b.at);
  for (const { one } of dated.slice(0, keys.length - keptArrivals)) await store.remove(one);
}

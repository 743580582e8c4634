// The Durable Object that delivers the alerts of one cluster to one channel, in an invocation of its own: no probe and no other channel
// waits for it. It remembers what has arrived, and what is on its way, so that a caller that died before it heard so does not page twice.
import { DurableObject } from 'cloudflare:workers';
import type { Channel } from '../../alerts/channels/channel.ts';
import type { Delivery, SendResult } from '../../alerts/delivery.ts';
import { createLimiter } from '../../lib/limiter.ts';
import { createSingleFlight } from '../../lib/single-flight.ts';
import { createDurableObjectStore } from '../../stores/durable-object.ts';
import type { Store } from '../../stores/store.ts';
import { createClock } from '../platform-deps.ts';
import { wireChannels } from '../wire-channels.ts';
import type { Bindings, PagerCalls } from './bindings.ts';
import { config } from './deployment.ts';
import { placeTimeoutMs } from './pager-place.ts';
import { mostConnections, platformFetch, secretsOf } from './wires.ts';

const keptArrivals = 500;

export class PagerObject extends DurableObject<Bindings> implements PagerCalls {
  readonly #store: Store;
  readonly #channels: readonly Channel[];
  readonly #limiter = createLimiter(mostConnections);
  readonly #clock = createClock();
  readonly #flights = createSingleFlight<SendResult>();

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    this.#store = createDurableObjectStore(ctx.storage);
    this.#channels = wireChannels(
      { fetch: platformFetch, clock: this.#clock, secrets: secretsOf(env) },
      config,
    ).channels;
  }

  /** What is under way is not sent a second time: the caller of before was ended, and the next one asks for the same. */
  async send(delivery: Delivery): Promise<SendResult> {
    return this.#flights.run(delivery.id, () => this.#send(delivery));
  }

  async #send(delivery: Delivery): Promise<SendResult> {
    const channel = this.#channels.find(({ id }) => id === delivery.channel);
    // Not rejected: the caller may run another deployment for a while, and it decides what its own configuration lacks.
    if (channel === undefined)
      return { status: 'retry', reason: `this deployment has no channel "${delivery.channel}"` };
    const leave = await this.#place();
    if (leave === undefined) return { status: 'retry', reason: 'too many deliveries of this channel are under way' };
    try {
      const key = `arrived/${delivery.id}`;
      if ((await this.#store.read(key)) !== undefined) return { status: 'delivered' };
      const result = await channel.send(delivery);
      if (result.status === 'delivered') await this.#arrived(key);
      return result;
    } finally {
      leave();
    }
  }

  /** undefined: none came in time. */
  async #place(): Promise<(() => void) | undefined> {
    try {
      return await this.#limiter.enter(AbortSignal.timeout(placeTimeoutMs));
    } catch {
      return undefined;
    }
  }

  async #arrived(key: string): Promise<void> {
    await this.#store.write(key, String(this.#clock.now()), 0);
    const keys = await this.#store.list('arrived/');
    if (keys.length <= 2 * keptArrivals) return;
    // Ids count up within one instant's prefix only: the oldest are told by when they arrived.
    const dated = await Promise.all(
      keys.map(async (one) => ({ one, at: Number((await this.#store.read(one))?.value) })),
    );
    dated.sort((a, b) => a.at - b.at);
    for (const { one } of dated.slice(0, keys.length - keptArrivals)) await this.#store.remove(one);
  }
}

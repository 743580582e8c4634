// The Durable Object that delivers the alerts of one cluster to one channel, in an invocation of its own: no probe and no other channel
// waits for it. It only wires: what it remembers is in functions/tasks/alert/pager.ts.
import { DurableObject } from 'cloudflare:workers';
import type { Delivery, SendResult } from '../../alerts/delivery.ts';
import { createDurableObjectStore } from '../../stores/durable-object.ts';
import { createPager, type Pager } from '../../tasks/alert/pager.ts';
import { createClock } from '../platform-deps.ts';
import { wireChannels } from '../wire-channels.ts';
import type { Bindings } from './bindings.ts';
import { config } from './deployment.ts';
import { mostConnections, platformFetch, secretsOf } from './wires.ts';

export class PagerObject extends DurableObject<Bindings> implements Pager {
  readonly #pager: Pager;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const clock = createClock();
    const { channels } = wireChannels({ fetch: platformFetch, clock, secrets: secretsOf(env) }, config);
    const store = createDurableObjectStore(ctx.storage);
    this.#pager = createPager({ store, clock, channels, places: mostConnections });
  }

  /** `memory`: a cluster's object of the deployment before gives none. */
  async send(delivery: Delivery, memory = ''): Promise<SendResult> {
    return this.#pager.send(delivery, memory);
  }
}

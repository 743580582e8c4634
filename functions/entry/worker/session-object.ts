// The Durable Object that keeps sessions: the store port behind a remote call. It knows nothing of what it keeps.
import { DurableObject } from 'cloudflare:workers';
import { createDurableObjectStore } from '../../stores/durable-object.ts';
import type { Store } from '../../stores/store.ts';
import type { Bindings } from './bindings.ts';

export class SessionObject extends DurableObject<Bindings> implements Store {
  readonly #store: Store;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    this.#store = createDurableObjectStore(ctx.storage);
  }

  read(key: string) {
    return this.#store.read(key);
  }

  write(key: string, value: string, expectedVersion: number) {
    return this.#store.write(key, value, expectedVersion);
  }

  list(prefix: string) {
    return this.#store.list(prefix);
  }

  remove(key: string) {
    return this.#store.remove(key);
  }
}

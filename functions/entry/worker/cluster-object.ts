// The Durable Object of one cluster: its alarm is the tick of the watch, its SQLite the state, its calls the control port. It only wires: what is
// decided and done is in functions/decision and functions/tasks.
import { DurableObject } from 'cloudflare:workers';
import { createLimiter } from '../../lib/limiter.ts';
import { createDurableObjectStore } from '../../stores/durable-object.ts';
import { createR2Store } from '../../stores/r2.ts';
import { createSplitStore } from '../../stores/split.ts';
import type { Store } from '../../stores/store.ts';
import { retire } from '../../tasks/cluster/retire.ts';
import type { ClusterControl, Order, ReleaseOrder, VantageRequest } from '../../tasks/control/control-port.ts';
import type { ClusterRuntime } from '../../tasks/runtime-ports.ts';
import { createLife } from '../life.ts';
import { createClock, createRandom } from '../platform-deps.ts';
import type { Bindings, ClusterCalls } from './bindings.ts';
import { clusterOf, requireCluster } from './deployment.ts';
import { log } from './log.ts';
import { remoteChannels } from './remote-channels.ts';
import { openObjectRuntime } from './runtime.ts';
import { readSelf, type Self, writeSelf } from './self.ts';

/** An alarm that is this many intervals late was lost, whatever the platform says. */
const lateIntervals = 6;
const leastLateMs = 60_000;
/** How often a cluster that is no longer configured is looked at, until nothing of it is open. */
const retireEveryMs = 15_000;
/** To the next alarm of an object that cannot read what it is for. */
const blindIntervalMs = 10_000;

export class ClusterObject extends DurableObject<Bindings> implements ClusterCalls {
  readonly #store: Store;
  readonly #clock = createClock();
  readonly #life = createLife(createRandom());
  #runtime: Promise<ClusterRuntime> | undefined;
  #self: Self | undefined;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const small = createDurableObjectStore(ctx.storage);
    const large = createR2Store({ clock: this.#clock }, env.SNAPSHOTS);
    this.#store = createSplitStore(small, large, (key) => key.includes('/snapshots/'));
  }

  /**
   * One tick. The next alarm is set first: whatever becomes of this one, there is a next. Only where none could be set, twice, it throws: then
   * the platform brings this one again.
   */
  override async alarm(): Promise<void> {
    const self = await this.#known().catch((error: unknown) => {
      log('fault', '?', 'reading which cluster this is', error);
      return 'unreadable' as const;
    });
    if (self === 'unreadable') return this.#next(blindIntervalMs);
    const cluster = self === undefined ? undefined : clusterOf(self.cluster);
    if (cluster === undefined) return this.#retire(self?.cluster);
    const { id, probe } = cluster;
    let isSet = true;
    await this.#next(probe.intervalMs).catch((error: unknown) => {
      isSet = false;
      log('fault', id, 'setting the next alarm', error);
    });
    try {
      const runtime = await this.#open(id);
      await runtime.tick();
      this.ctx.waitUntil(runtime.rest().catch((error: unknown) => log('fault', id, 'work beside the tick', error)));
    } catch (error) {
      // Never thrown: the platform would try this alarm again, and give up after six times.
      log('fault', id, 'tick', error);
    }
    if (!isSet) await this.#next(probe.intervalMs);
  }

  async #next(inMs: number): Promise<void> {
    await this.ctx.storage.setAlarm(this.#clock.now() + inMs);
  }

  /** A cluster that the configuration no longer has: what is open of it is closed, its state stays, and then there is no alarm any more. */
  async #retire(id: string | undefined): Promise<void> {
    if (id === undefined) return log('note', '?', 'nobody has asked this object to watch');
    await this.#next(retireEveryMs);
    try {
      const channels = remoteChannels(this.env, this.#clock, id);
      const ports = {
        store: this.#store,
        recordTurn: createLimiter(1),
        clock: this.#clock,
        life: this.#life,
        cluster: { id },
        channels,
      };
      if ((await retire(ports, { seat: 'watch', goesOn: () => true })) === 'waiting') return;
      await this.ctx.storage.deleteAlarm();
      log('note', id, 'no longer configured: the watch ends');
    } catch (error) {
      log('fault', id, 'closing what is open of a removed cluster', error);
    }
  }

  /** The backstop: makes sure that there is an alarm. Called by cron, and by whoever asks for a cluster that was never watched. */
  async arm(id: string): Promise<void> {
    const { intervalMs } = requireCluster(id).probe;
    const now = this.#clock.now();
    const self = await this.#known().catch((error: unknown) => {
      log('fault', id, 'reading which cluster this is', error);
      return undefined;
    });
    if (self === undefined) {
      await this.#begin({ cluster: id, rearmedAt: null });
      return log('note', id, 'the watch begins');
    }
    const due = await this.ctx.storage.getAlarm();
    if (due !== null && now - due < Math.max(leastLateMs, lateIntervals * intervalMs)) return;
    await this.#begin({ cluster: id, rearmedAt: now });
    log(
      'fault',
      id,
      due === null ? 'there was no alarm: cron set one' : `the alarm was ${now - due} ms late: cron set one`,
    );
  }

  /** The alarm first: this life knows what it is for, whether or not that can be stored. */
  async #begin(self: Self): Promise<void> {
    this.#self = self;
    await this.#next(0);
    await writeSelf(this.#store, self);
  }

  async view(id: string) {
    return (await this.#control(id)).view();
  }

  async order(id: string, order: Order | ReleaseOrder) {
    return (await this.#control(id)).order(order);
  }

  async snapshot(id: string, number: number) {
    return (await this.#control(id)).snapshot(number);
  }

  async events(id: string) {
    return (await this.#control(id)).events();
  }

  async report(id: string, request: VantageRequest) {
    return (await this.#control(id)).report(request);
  }

  async #control(id: string): Promise<ClusterControl> {
    if ((await this.#known()) === undefined) await this.arm(id);
    return (await this.#open(id)).control;
  }

  async #known(): Promise<Self | undefined> {
    this.#self ??= await readSelf(this.#store);
    return this.#self;
  }

  /** Once for each life of the object; a failure is tried again with the next call. */
  #open(id: string): Promise<ClusterRuntime> {
    const options = {
      env: this.env,
      store: this.#store,
      cluster: requireCluster(id),
      rearmedAt: () => this.#self?.rearmedAt ?? null,
    };
    this.#runtime ??= openObjectRuntime(options).catch((error: unknown) => {
      this.#runtime = undefined;
      throw error;
    });
    return this.#runtime;
  }
}

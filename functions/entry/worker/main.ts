// The Worker: requests go to the API and the page, cron to the backstop of every cluster. It reads the bindings, wires, and decides nothing.
import manifest from '../../../package.json' with { type: 'json' };
import { createApp } from '../../api/app.ts';
import { messageOf, revive } from '../../lib/errors.ts';
import type { Store } from '../../stores/store.ts';
import type { ClusterControl, OrderAnswer, ReportAnswer } from '../../tasks/control/control-port.ts';
import { createClock, createRandom } from '../platform-deps.ts';
import type { Bindings } from './bindings.ts';
import { config } from './deployment.ts';
import { log } from './log.ts';

export { ClusterObject } from './cluster-object.ts';
export { PagerObject } from './pager-object.ts';
export { SessionObject } from './session-object.ts';
export { VantageObject } from './vantage-object.ts';

/** The control port of a cluster lies in its object. */
function controlOf(env: Bindings, id: string): ClusterControl {
  // Made for each call: what one request has made must not be used by another.
  const object = () => env.CLUSTERS.getByName(id);
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw revive(error);
    }
  };
  return {
    view: () => call(async () => object().view(id)),
    order: (order) => call<OrderAnswer>(async () => object().order(id, order)),
    snapshot: (number) => call(async () => object().snapshot(id, number)),
    events: () => call(async () => object().events(id)),
    report: (request) => call<ReportAnswer>(async () => object().report(id, request)),
  };
}

/** Sessions lie in an object of their own. */
function sessionsOf(env: Bindings): Store {
  const object = () => env.SESSIONS.getByName('sessions');
  return {
    read: async (key) => object().read(key),
    write: async (key, value, version) => object().write(key, value, version),
    list: async (prefix) => object().list(prefix),
    remove: async (key) => object().remove(key),
  };
}

/** One for each isolate: it remembers who tried to sign in too often, and the health that it told last. */
const apps = new WeakMap<Bindings, ReturnType<typeof createApp>>();

function appOf(env: Bindings): ReturnType<typeof createApp> {
  const known = apps.get(env);
  if (known !== undefined) return known;
  const app = createApp({
    clock: createClock(),
    random: createRandom(),
    config,
    controls: new Map(config.clusters.map(({ id }) => [id, controlOf(env, id)])),
    sessions: sessionsOf(env),
    version: manifest.version,
    addressOf: ({ headers }) => headers.get('CF-Connecting-IP') ?? undefined,
    onFault: (what, error) => log('fault', '', what, error),
  });
  apps.set(env, app);
  return app;
}

export default {
  fetch(request, env, context) {
    return appOf(env).fetch(request, env, context);
  },

  async scheduled(_controller, env) {
    const arm = async ({ id }: { readonly id: string }) => {
      try {
        await env.CLUSTERS.getByName(id).arm(id);
      } catch (error) {
        log('fault', id, `the backstop: ${messageOf(error)}`);
      }
    };
    await Promise.all(config.clusters.map(arm));
  },
} satisfies ExportedHandler<Bindings>;

// The page's routes as the app mounts them, for tests: a caller, controls that remember what was ordered, and a clock that stands still.
import { Hono } from 'hono';
import type { ApiDeps, ApiEnv, Caller } from '../../../../functions/api/context.ts';
import { dashboardRoutes } from '../../../../functions/api/page/index.ts';
import { createMemoryStore } from '../../../../functions/stores/memory.ts';
import type {
  ClusterControl,
  ClusterView,
  Order,
  OrderAnswer,
  ReleaseOrder,
} from '../../../../functions/tasks/control/control-port.ts';

export const csrf = 'c5rf-of-this-session-0123456789abcdef';
export const operator: Caller = { id: 'oncall', scopes: new Set(['view', 'operate']), csrf };
export const reader: Caller = { id: 'reader', scopes: new Set(['view']), csrf };

export interface FakeControl extends ClusterControl {
  readonly orders: readonly Order[];
  /** Held deletes that were to be let out. */
  readonly releases: readonly ReleaseOrder[];
  view: () => Promise<ClusterView>;
  answer: (order: Order) => Promise<OrderAnswer>;
  answerRelease: (order: ReleaseOrder) => Promise<OrderAnswer>;
}

export const planWords = ['knot: 2 sets change, 0 are deleted', 'then the zone is frozen by activation 2'];

export function fakeControl(view: () => ClusterView): FakeControl {
  const orders: Order[] = [];
  const releases: ReleaseOrder[] = [];
  const control: FakeControl = {
    orders,
    releases,
    view: async () => view(),
    answer: async ({ dryRun }) =>
      dryRun
        ? { status: 'planned', words: planWords, canForce: false }
        : { status: 'accepted', reason: 'activation 2 is open', phase: 'active' },
    answerRelease: async ({ standby }) => ({
      status: 'accepted',
      reason: `2 changes go out to ${standby} with the next publication that still asks for them`,
      phase: 'watching',
    }),
    order: async (order) => {
      if (order.command === 'release-deletes') {
        releases.push(order);
        return control.answerRelease(order);
      }
      orders.push(order);
      return control.answer(order);
    },
    snapshot: async () => undefined,
    events: async () => new ReadableStream(),
    report: async () => ({ status: 'refused', refusal: 'unwanted', reason: 'not in this test' }),
  };
  return control;
}

export interface Site {
  app: Hono<ApiEnv>;
  caller: Caller | undefined;
}

/** The caller is the operator, until a test says otherwise. */
export function siteOf(controls: Readonly<Record<string, ClusterControl>>): Site {
  const deps: ApiDeps = {
    clock: {
      now: () => 1_700_000_000_000,
      sleep: (_ms, signal) => new Promise((resolve) => signal?.addEventListener('abort', () => resolve())),
    },
    random: { bytes: (count) => new Uint8Array(count).fill(7) },
    config: { api: { tokens: [] } },
    controls: new Map(Object.entries(controls)),
    sessions: createMemoryStore(),
    version: '0.1.0',
  };
  const site: Site = {
    caller: operator,
    app: new Hono<ApiEnv>().use(async (c, next) => {
      c.set('caller', site.caller);
      await next();
    }) as Hono<ApiEnv>,
  };
  site.app.route('/', dashboardRoutes(deps));
  return site;
}

/** A form as a browser sends it. */
export function formOf(
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): RequestInit {
  return {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'same-origin',
      origin: 'http://localhost',
      ...headers,
    },
    body: new URLSearchParams(fields).toString(),
  };
}

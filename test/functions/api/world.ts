// An API over a made-up cluster `prod`: its control port really steps the machine; what vantages send is answered as a test says. Portable to workerd.
import { createApp } from '../../../functions/api/app.ts';
import type { ApiDeps } from '../../../functions/api/context.ts';
import type { Scope } from '../../../functions/config/api.ts';
import { assess } from '../../../functions/decision/health/assess.ts';
import { findingsOf } from '../../../functions/decision/incidents/findings.ts';
import { sha256Hex } from '../../../functions/lib/canonical.ts';
import type { Clock } from '../../../functions/lib/deps.ts';
import { encodeSnapshot, storedForm } from '../../../functions/snapshot/codec.ts';
import { createMemoryStore } from '../../../functions/stores/memory.ts';
import { deliverDue } from '../../../functions/tasks/alert/deliver.ts';
import { latestSnapshot, listSnapshots, readSnapshot } from '../../../functions/tasks/capture/snapshots.ts';
import { policyOf } from '../../../functions/tasks/cluster/ports.ts';
import { readRecord } from '../../../functions/tasks/cluster/record.ts';
import type {
  ClusterControl,
  ClusterView,
  Order,
  ReportAnswer,
  VantageRequest,
} from '../../../functions/tasks/control/control-port.ts';
import { operate } from '../../../functions/tasks/control/operate.ts';
import { workToRest } from '../../../functions/tasks/loop/dispatch.ts';
import { probeRound } from '../../../functions/tasks/loop/probe-round.ts';
import { viewHolds } from '../../../functions/tasks/publish/holds.ts';
import { previewRelease, releaseDeletes } from '../../../functions/tasks/publish/release-deletes.ts';
import { createFakeCluster, type FakeCluster } from '../../fakes/cluster.ts';

const quiet = () => {};

/** 47 characters, as `lifeboat token` makes them. */
const tokenOf = (word: string) => `lbt_${word.padEnd(43, '0')}`;

export const tokens = {
  viewer: tokenOf('viewer'),
  oncall: tokenOf('oncall'),
  operator: tokenOf('operator'),
  rack: tokenOf('rack'),
} as const;
export type TokenId = keyof typeof tokens;

const scopes: Readonly<Record<TokenId, Scope[]>> = {
  viewer: ['view'],
  oncall: ['view', 'operate'],
  operator: ['operate'],
  rack: ['vantage'],
};

/** A clock that stands still until it is moved; a sleep ends by its signal only. */
function createStillClock(start: number): Clock & { pass(ms: number): void } {
  let now = start;
  return {
    now: () => now,
    pass: (ms) => {
      now += ms;
    },
    sleep: (_ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        signal?.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
}

export interface ApiWorld {
  readonly fake: FakeCluster;
  readonly deps: ApiDeps;
  readonly controls: Map<string, ClusterControl>;
  readonly orders: Order[];
  readonly reports: VantageRequest[];
  readonly faults: string[];
  /** Changes what the control port of `prod` shows. */
  view: Partial<ClusterView>;
  reportAnswer: ReportAnswer;
  /** Moves the API's own clock. */
  pass(ms: number): void;
  /** `as`: the bearer token to send. Paths are below https://lifeboat.test. */
  ask(path: string, init?: Asked): Promise<Response>;
  /** Signs in, and gives back what a browser would send along: cookie and CSRF token. */
  signIn(as: TokenId): Promise<{ readonly cookie: string; readonly csrf: string }>;
}

export interface Asked extends Omit<RequestInit, 'headers'> {
  readonly as?: TokenId;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

export const origin = 'https://lifeboat.test';

export async function createApiWorld(options: { readonly rounds?: number } = {}): Promise<ApiWorld> {
  const fake = createFakeCluster();
  for (let i = 0; i < (options.rounds ?? 4); i++) await round(fake);
  const clock = createStillClock(fake.ports.clock.now());
  const ids = Object.keys(tokens) as TokenId[];
  const configured = await Promise.all(
    ids.map(async (id) => ({ id, scopes: scopes[id], sha256: await sha256Hex(tokens[id]) })),
  );
  let drawn = 0;
  const world: ApiWorld = {
    fake,
    controls: new Map(),
    orders: [],
    reports: [],
    faults: [],
    view: {},
    reportAnswer: { status: 'taken', wants: [] },
    pass: clock.pass,
    deps: {
      clock,
      random: {
        bytes: (count) => crypto.getRandomValues(new Uint8Array(count)).map((byte, i) => (i === 0 ? drawn++ : byte)),
      },
      config: { api: { url: origin, tokens: configured } },
      get controls() {
        return world.controls;
      },
      sessions: createMemoryStore(),
      version: '1.2.3',
      addressOf: ({ headers }) => headers.get('X-Test-Address') ?? undefined,
      onFault: (what) => void world.faults.push(what),
    },
    async ask(path, { as, json, headers, ...init } = {}) {
      const request = new Request(path.startsWith('http') ? path : `${origin}${path}`, {
        ...init,
        headers: {
          ...(as === undefined ? {} : { Authorization: `Bearer ${tokens[as]}` }),
          ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
        ...(init.body instanceof ReadableStream ? { duplex: 'half' } : {}),
      } as RequestInit);
      return app.fetch(request);
    },
    async signIn(as) {
      const response = await world.ask('/session', {
        method: 'POST',
        json: { token: tokens[as] },
        headers: { 'Sec-Fetch-Site': 'same-origin' },
      });
      const cookie = response.headers.get('Set-Cookie')?.split(';')[0] ?? '';
      const key = `sessions/${await sha256Hex(cookie.replace(/^[^=]*=/, ''))}`;
      const { csrf }: { csrf: string } = JSON.parse((await world.deps.sessions.read(key))?.value ?? '{}');
      return { cookie, csrf };
    },
  };
  world.controls.set('prod', controlOf(world));
  const app = createApp(world.deps);
  return world;
}

async function round(fake: FakeCluster): Promise<void> {
  const effects = await probeRound(fake.ports, quiet);
  await workToRest(fake.ports, effects, quiet);
  await deliverDue(fake.ports);
  fake.pass(5000);
}

function controlOf(world: ApiWorld): ClusterControl {
  const { ports } = world.fake;
  const { store, cluster } = ports;
  return {
    async view() {
      const at = ports.clock.now();
      const { record } = await readRecord(ports);
      const policy = policyOf(ports);
      const machine = assess(record.machine, { kind: 'tick' }, policy, at);
      const { snapshot } = await latestSnapshot(store, cluster.id);
      return {
        at,
        record: { ...record, machine },
        findings: findingsOf(machine, policy, at),
        held: await viewHolds(ports),
        snapshots: {
          numbers: await listSnapshots(store, cluster.id),
          ...(snapshot === undefined
            ? {}
            : {
                latest: (({ number, takenAt, freshness, digest, counts }) =>
                  storedForm({ number, takenAt, freshness, digest, counts }))(snapshot),
              }),
        },
        watch: { intervalMs: 5000, healthyRounds: 6, lastRoundAt: at - 5000, rearmedAt: null, troubles: [] },
        vantages: [
          { id: 'edge', group: 'cloudflare', kind: 'edge', lastSeenAt: at - 5000, refused: 0, lastRefusal: '' },
          { id: 'rack', group: 'dc', kind: 'inside', lastSeenAt: null, refused: 2, lastRefusal: 'a wrong signature' },
        ],
        ...world.view,
      };
    },
    async order(order) {
      if (order.command === 'release-deletes')
        return order.dryRun ? previewRelease(ports, order) : releaseDeletes(ports, order);
      world.orders.push(order);
      if (order.dryRun) return { status: 'planned', words: [`${order.command} would be done`], canForce: false };
      if (order.idempotencyKey === 'used') return { status: 'key-reused', reason: 'the key belongs to a hold' };
      const { status, reason, state } = await operate(ports, order, quiet);
      return { status, reason, phase: state.phase };
    },
    async snapshot(number) {
      const snapshot = await readSnapshot(store, cluster.id, number);
      return snapshot && encodeSnapshot(snapshot);
    },
    async events() {
      return new Blob(['event: view\ndata: {"phase":"watching"}\n\n']).stream();
    },
    async report(request) {
      world.reports.push(request);
      return world.reportAnswer;
    },
  };
}

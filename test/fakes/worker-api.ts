// A Worker's API on loopback, as `lifeboat --remote` finds it: clusters, orders and snapshots of one made-up cluster, and ways to misbehave.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { enqueue } from '../../functions/alerts/enqueue.ts';
import { emptyOutbox, type Outbox } from '../../functions/alerts/outbox.ts';
import { type ClusterState, initialStandby, initialState } from '../../functions/decision/machine/state.ts';
import { fieldsOf } from '../functions/alerts/sample.ts';

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface WorkerApi {
  readonly url: string;
  readonly token: string;
  readonly requests: readonly ApiRequest[];
  state: ClusterState;
  outbox: Outbox;
  /** Documents of snapshots by number. */
  readonly snapshots: Map<number, string>;
  /** How many looks a failover takes to come to its end. */
  looksToFreeze: number;
  /** Handles a request by itself, when it gives true. */
  intercept: (request: ApiRequest, response: ServerResponse) => boolean;
  close(): Promise<void>;
}

export const at = 1_700_000_000_000;

export function problemOf(kind: string, status: number, detail: string, response: ServerResponse): true {
  const body = { type: `urn:lifeboat:problem:${kind}`, title: kind, status, detail };
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
  return true;
}

export async function startWorkerApi(clusters: readonly string[] = ['prod']): Promise<WorkerApi> {
  const requests: ApiRequest[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    const seen = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') };
    requests.push(seen);
    if (api.intercept(seen, response)) return;
    if (headers.authorization !== `Bearer ${api.token}`)
      return problemOf('unauthenticated', 401, 'the token is none of those in api.tokens', response);
    route(api, clusters, seen, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fresh = initialState('prod', at - 60_000);
  const api: WorkerApi = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 'lbt_R0F1R2S3T4U5V6W7X8Y9Z0A1B2C3D4E5F6G7',
    requests,
    state: {
      ...fresh,
      verdicts: {
        apiserver: {
          condition: 'down',
          reason: 'refused',
          words: 'the API server is down: connections are refused',
          since: at - 30_000,
          evidence: ['edge: connection refused'],
          seenFrom: ['edge'],
        },
      },
      standbys: { 'knot a.': { ...initialStandby(at), snapshot: 4, asOf: at - 10_000, publishedAt: at - 9000 } },
    },
    outbox: enqueue(emptyOutbox, 'trigger', fieldsOf('prod/blind'), ['oncall'], at).outbox,
    snapshots: new Map(),
    looksToFreeze: 1,
    intercept: () => false,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return api;
}

function route(api: WorkerApi, clusters: readonly string[], request: ApiRequest, response: ServerResponse): unknown {
  const { method, path, body } = request;
  const json = (document: unknown, status = 200) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  const [, id, rest = ''] = /^\/v1\/clusters\/([^/]+)(?:\/(.*))?$/.exec(path) ?? [];
  if (path === '/v1/clusters') return json({ clusters: clusters.map((each) => ({ id: each, at })) });
  if (id === undefined || !clusters.includes(id))
    return problemOf('unknown-cluster', 404, 'the configuration has no such cluster', response);
  if (method === 'GET' && rest === '') return json(documentOf(api));
  if (method === 'GET' && rest === 'snapshots') return json(snapshotsOf(api));
  if (method === 'GET') {
    const document = api.snapshots.get(Number(rest.replace('snapshots/', '')));
    if (document === undefined) return problemOf('unknown-snapshot', 404, 'no snapshot "7" is kept', response);
    return response.writeHead(200, { 'content-type': 'application/json' }).end(document);
  }
  const { confirm, why, dryRun } = JSON.parse(body) as { confirm: string; why: string; dryRun: boolean };
  if (confirm !== id) return problemOf('confirmation', 422, `nothing was done: type its id: ${id}`, response);
  if (dryRun) return json({ status: 'planned', words: [`${rest} would be accepted`, 'knot a.: 2 to create'] });
  if (rest === 'failback') return problemOf('refused', 409, 'the API server still looks bad', response);
  const phase = rest === 'hold' ? 'held' : rest === 'release' ? 'watching' : 'active';
  api.state = { ...api.state, phase, reason: `${rest} by a token: ${why}` };
  return json({ status: 'accepted', reason: `${rest} begins`, phase }, 202);
}

/** As functions/api shows it: the summary of the state, and more. */
function documentOf(api: WorkerApi): object {
  if (api.state.phase === 'active' && api.looksToFreeze-- <= 0) {
    const frozen = Object.entries(api.state.standbys).map(([label, one]) => [label, { ...one, frozen: 1 }]);
    api.state = { ...api.state, standbys: Object.fromEntries(frozen) };
  }
  const { format: _f, observations: _o, streaks: _s, activatedAt: _a, capture, verdicts, ...shown } = api.state;
  const { snapshot, asOf, failures, lastFailure } = capture;
  const judged = Object.entries(verdicts).map(([key, { seenFrom: _from, ...verdict }]) => [key, verdict]);
  return {
    at,
    ...shown,
    verdicts: Object.fromEntries(judged),
    capture: { snapshot, asOf, failures, lastFailure },
    held: {
      'knot a.': {
        digest: '',
        total: 1,
        changes: [
          {
            set: 'web.shop.svc.cluster.local. A',
            guard: 'namespace-lost',
            since: at - 120_000,
            wants: [],
            release: 'possible',
          },
        ],
      },
    },
    outbox: api.outbox,
    snapshots: snapshotsOf(api),
    watch: {
      intervalMs: 5000,
      healthyRounds: 6,
      lastRoundAt: at - 2000,
      rearmedAt: null,
      troubles: ['the secret HOOK is not set'],
    },
    vantages: [{ id: 'rack', group: 'dc', kind: 'inside', lastSeenAt: null, refused: 1, lastRefusal: 'clock-skew' }],
  };
}

function snapshotsOf({ snapshots }: WorkerApi): object {
  const numbers = [...snapshots.keys()];
  const newest = snapshots.get(numbers.at(-1) ?? 0);
  if (newest === undefined) return { numbers };
  const { number, takenAt, serial, digest, counts } = (
    JSON.parse(newest) as { readonly snapshot: Readonly<Record<string, unknown>> }
  ).snapshot;
  return { numbers, latest: { number, takenAt, serial, digest, counts } };
}

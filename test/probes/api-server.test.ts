import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Observation } from '../../functions/decision/health/observation.ts';
import { createNodeNetwork } from '../../functions/networks/node.ts';
import { type Authority, createAuthority } from '../../lab/processes/certificates.ts';
import { type ApiServerTarget, probeApiServer } from '../../probes/api-server.ts';
import type { CredentialResult, Identity } from '../../probes/identity.ts';
import { type FakeApiOptions, type FakeApiServer, startApiServer } from '../fakes/api-server.ts';
import { realClock } from '../fakes/real-deps.ts';

const context = { cluster: 'prod', vantage: 'here', group: 'home' };
const readPath = '/api/v1/namespaces/default';
const configMapPath = '/api/v1/namespaces/lifeboat/configmaps/lifeboat-probe';
const token: CredentialResult = { status: 'usable', credential: { token: 'very-secret-token' } };

let authority: Authority;
let server: FakeApiServer | undefined;
beforeAll(async () => {
  authority = await createAuthority('test');
});
afterEach(() => server?.close());

async function start(options: FakeApiOptions = {}): Promise<FakeApiServer> {
  server = await startApiServer({ authority, ...options });
  return server;
}

function identityOf(result: CredentialResult): Identity & { readonly rejections: () => number } {
  let count = 0;
  return {
    credential: async () => result,
    rejected: () => {
      count += 1;
    },
    rejections: () => count,
  };
}

interface ProbeOptions extends Partial<ApiServerTarget> {
  readonly credential?: CredentialResult;
  readonly identity?: Identity;
}

async function probe(api: { url: string }, { credential = token, identity, ...target }: ProbeOptions = {}) {
  const observations = await probeApiServer(
    {
      network: createNodeNetwork(),
      clock: realClock,
      readFile: async (path) => {
        throw new Error(`no file ${path}`);
      },
      readSecret: (name) => (name === 'CA' ? authority.certificate : undefined),
      identity: identity ?? identityOf(credential),
    },
    {
      url: api.url,
      ca: { pem: authority.certificate },
      readPath,
      write: { namespace: 'lifeboat', configMap: 'lifeboat-probe' },
      slowMs: 1000,
      timeoutMs: 1000,
      ...target,
    },
    context,
  );
  expect(
    observations.every(({ cluster, vantage, group }) => cluster === 'prod' && vantage === 'here' && group === 'home'),
  ).toBe(true);
  expect(JSON.stringify(observations)).not.toContain('very-secret-token');
  return observations;
}

/** `connect up none`, …: one line a rung. */
const lines = (observations: readonly Observation[]) =>
  observations.map(({ signal, condition, reason }) => `${signal.slice('apiserver.'.length)} ${condition} ${reason}`);
const rung = (observations: readonly Observation[], signal: string) => {
  const found = observations.find((observation) => observation.signal === `apiserver.${signal}`);
  if (found === undefined) throw new Error(`no ${signal} among ${lines(observations).join(', ')}`);
  return found;
};
const healthy = ['connect up none', 'tls up none', 'live up none', 'ready up none', 'read up none', 'write up none'];

describe('probeApiServer', () => {
  it('is held up no longer than the deadline by a credential that does not come', async () => {
    const api = await start();
    const startedAt = Date.now();
    const hung: Identity = { credential: () => new Promise(() => {}), rejected: () => {} };
    const observations = await probe(api, { identity: hung });
    expect(Date.now() - startedAt).toBeLessThan(3000);
    expect(lines(observations)).toEqual([
      ...healthy.slice(0, 4),
      'read unknown credential',
      'write unknown credential',
    ]);
    expect(rung(observations, 'read').evidence).toContain('nothing within 1000 ms');
  });

  it('climbs all rungs of a healthy server, with four requests on four connections', async () => {
    const api = await start();
    const observations = await probe(api);
    expect(lines(observations)).toEqual(healthy);
    expect(observations[0]?.target).toEqual({ kind: 'apiserver', id: `127.0.0.1:${api.port}` });
    expect(api.connections()).toBe(4);
    expect(api.requests.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'GET /api/v1/namespaces/default',
      'GET /livez',
      'GET /readyz?verbose',
      `PATCH ${configMapPath}?fieldManager=lifeboat`,
    ]);
    const patch = api.requests.find(({ method }) => method === 'PATCH');
    expect(patch?.headers['content-type']).toBe('application/merge-patch+json');
    expect(patch?.body).toMatch(/^\{"data":\{"probedAt":"\d{4}-\d\d-\d\dT[\d:.]+Z"\}\}$/);
    expect(api.requests.every(({ headers }) => headers.authorization === 'Bearer very-secret-token')).toBe(true);
    expect(rung(observations, 'tls').details?.certificateDaysLeft).toBeCloseTo(365, 0);
    expect(rung(observations, 'tls').evidence).toMatch(
      /^TLSv1\.3 with 127\.0\.0\.1:\d+ in \d+ ms; its certificate \(CN=kubernetes\) is valid for 36[45][.\d]* more days$/,
    );
    expect(rung(observations, 'read').evidence).toMatch(
      /^GET \/api\/v1\/namespaces\/default at 127\.0\.0\.1:\d+: 200 in \d+ ms$/,
    );
    expect(rung(observations, 'read').details).toEqual({
      httpStatus: 200,
      flowSchemaUid: '11111111-aaaa-4bbb-8ccc-000000000001',
      priorityLevelUid: '22222222-aaaa-4bbb-8ccc-000000000002',
    });
  });

  it('writes nothing unless it is told to', async () => {
    const api = await start();
    const { write: _, ...target } = { ...baseTarget(api.url), write: undefined };
    const observations = await probeApiServer(
      {
        network: createNodeNetwork(),
        clock: realClock,
        readFile: async () => '',
        readSecret: () => undefined,
        identity: identityOf(token),
      },
      target,
      context,
    );
    expect(lines(observations)).toEqual(healthy.slice(0, 5));
    expect(api.requests).toHaveLength(3);
  });

  it('shows a client certificate', async () => {
    const api = await start();
    const own = await authority.issueClient('watchdog', []);
    const observations = await probe(api, { credential: { status: 'usable', credential: own } });
    expect(lines(observations)).toEqual(healthy);
    expect(api.requests.map(({ clientName }) => clientName)).toEqual(Array(4).fill('watchdog'));
  });

  it('keeps the path of the URL before every path', async () => {
    const api = await start();
    await probe({ url: `${api.url}/k8s/clusters/c-1` });
    expect(api.requests.map(({ path }) => path)).toContain('/k8s/clusters/c-1/livez');
  });

  it('warns of a certificate that ends within 14 days, and of a credential that does', async () => {
    const api = await start({ validMs: 9.5 * 86_400_000 });
    const warning = 'the token ends in 3.2 days (/etc/token)';
    const observations = await probe(api, { credential: { ...token, daysLeft: 3.2, warning } });
    expect(lines(observations)).toEqual(healthy);
    expect(rung(observations, 'tls').evidence).toMatch(/ends in 9\.4 days: renew it$/);
    expect(rung(observations, 'tls').details).toEqual({ certificateDaysLeft: 9.4 });
    expect(rung(observations, 'read').evidence).toMatch(/; the token ends in 3\.2 days \(\/etc\/token\): renew it$/);
    expect(rung(observations, 'read').details?.credentialDaysLeft).toBe(3.2);
  });
});

describe('the rungs that break', () => {
  it('connection refused', async () => {
    const api = await start();
    await api.close();
    const observations = await probe(api);
    expect(lines(observations)).toEqual(['connect down refused']);
    expect(observations[0]?.evidence).toMatch(
      /^GET \/livez at 127\.0\.0\.1:\d+: .*connection refused: nothing listens on that port/,
    );
  });

  it('a stopped process: TCP is accepted, TLS is not answered', async () => {
    const api = await start();
    api.accept('stall');
    const observations = await probe(api);
    expect(lines(observations)).toEqual(['connect up none', 'tls down timeout']);
    expect(observations[1]?.evidence).toMatch(
      /^GET \/livez at 127\.0\.0\.1:\d+: nothing within 1000 ms \(TCP is accepted, the TLS handshake is not answered: a hung process looks like this\)$/,
    );
  });

  it('connections cut before TLS', async () => {
    const api = await start();
    api.accept('close');
    expect(lines(await probe(api))).toEqual(['connect up none', 'tls down closed']);
  });

  it('a port that does not speak TLS', async () => {
    const api = await start();
    api.accept('plain');
    expect(lines(await probe(api))).toEqual(['connect up none', 'tls unknown tls']);
  });

  it('a CA that does not match is unknown, never down', async () => {
    const api = await start();
    const other = await createAuthority('another cluster');
    const observations = await probe(api, { ca: { pem: other.certificate } });
    expect(lines(observations)).toEqual(['connect up none', 'tls unknown tls']);
    expect(observations[1]?.evidence).toMatch(
      /not signed by the configured CA or not for this name; is the CA still the right one\?$/,
    );
    expect(api.requests).toEqual([]);
  });

  it('a certificate for another name, and the same with serverName', async () => {
    const api = await start({ addresses: ['10.0.0.1'] });
    expect(lines(await probe(api))).toEqual(['connect up none', 'tls unknown tls']);
    expect(lines(await probe(api, { serverName: '10.0.0.1' }))).toEqual(healthy);
    expect(lines(await probe(api, { serverName: 'kubernetes' }))).toEqual(healthy);
  });

  it('an expired serving certificate is down', async () => {
    const api = await start({ validMs: -1000 });
    const observations = await probe(api);
    expect(lines(observations)).toEqual(['connect up none', 'tls down tls']);
    expect(observations[1]?.evidence).toMatch(
      /certificate has expired.*every client that verifies certificates fails like this/,
    );
  });

  it('a CA file that cannot be read is unknown', async () => {
    const api = await start();
    const observations = await probe(api, { ca: { file: '/none/ca.crt' } });
    expect(lines(observations)).toEqual(['tls unknown tls']);
    expect(observations[0]?.evidence).toBe('the CA of the API server: no file /none/ca.crt');
    expect(api.connections()).toBe(0);
  });

  it('takes the CA from a secret, and is unknown without it', async () => {
    const api = await start();
    const ca = (name: string) => ({ secret: { secret: name } });
    expect(rung(await probe(api, { ca: ca('CA') }), 'tls').condition).toBe('up');
    expect(rung(await probe(api, { ca: ca('NONE') }), 'tls')).toMatchObject({
      condition: 'unknown',
      reason: 'tls',
      evidence: 'the CA of the API server: there is no secret named NONE',
    });
  });

  it('a client key that is none is a matter of the credential', async () => {
    const api = await start();
    const { certificate } = await authority.issueClient('watchdog', []);
    const broken = { certificate, key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n' };
    const observations = await probe(api, { credential: { status: 'usable', credential: broken } });
    expect(rung(observations, 'tls')).toMatchObject({ condition: 'unknown', reason: 'credential' });
  });

  it('without a usable credential the health endpoints are asked anonymously, and the rest is unknown', async () => {
    const api = await start();
    const observations = await probe(api, {
      credential: { status: 'refused', evidence: 'the token ended 2 days ago' },
    });
    expect(lines(observations)).toEqual([
      ...healthy.slice(0, 4),
      'read unknown credential',
      'write unknown credential',
    ]);
    expect(rung(observations, 'read').evidence).toBe('the token ended 2 days ago');
    expect(api.requests.some(({ headers }) => 'authorization' in headers)).toBe(false);
  });

  it('a 401 tells the identity that its credential is dead', async () => {
    const api = await start();
    api.answer(readPath, { status: 401 });
    const identity = identityOf(token);
    await probe(api, { identity });
    expect(identity.rejections()).toBe(1);
    api.answer(readPath, { status: 403 });
    await probe(api, { identity });
    expect(identity.rejections()).toBe(1);
  });
});

/** What an answer makes of its rung: condition, reason, evidence, and the details beside the status. */
const answers: readonly (readonly [
  path: string,
  reply: Parameters<FakeApiServer['answer']>[1],
  rung: string,
  verdict: string,
  evidence: RegExp,
  details?: Readonly<Record<string, string | number>>,
])[] = [
  [
    '/readyz',
    {
      status: 500,
      body: '[+]ping ok\n[-]etcd failed: reason withheld\n[-]poststarthook/rbac/bootstrap-roles failed: x\nreadyz check failed\n',
    },
    'ready',
    'down check-failed',
    /^GET \/readyz\?verbose at 127\.0\.0\.1:\d+: 500 in \d+ ms, failed checks: etcd, poststarthook\/rbac\/bootstrap-roles$/,
  ],
  ['/livez', { status: 500, body: '[-]etcd failed: x\n' }, 'live', 'down check-failed', /failed checks: etcd$/],
  ['/readyz', { status: 503, body: 'no backend' }, 'ready', 'down http-status', /: 503 in \d+ ms$/],
  ['/readyz', { status: 404 }, 'ready', 'unknown http-status', /: 404 in \d+ ms: is this the API server\?$/],
  ['/readyz', { status: 403 }, 'ready', 'unknown credential', /our identity may not do this/],
  ['/livez', 'hang', 'live', 'down timeout', /nothing within 1000 ms \(TLS is up, the request is not answered\)$/],
  [
    readPath,
    'hang',
    'read',
    'down timeout',
    /^GET \/api\/v1\/namespaces\/default at .*nothing within 1000 ms \(TLS is up/,
  ],
  [readPath, 'cut', 'read', 'down closed', /closed the connection/],
  [readPath, 'garbage', 'read', 'down protocol', /not HTTP\/1\.1/],
  [
    readPath,
    { status: 401 },
    'read',
    'unknown credential',
    /: 401 in \d+ ms: our credential is not taken; this says nothing about the API server's health$/,
  ],
  [readPath, { status: 403 }, 'read', 'unknown credential', /: 403 in \d+ ms: our identity may not do this/],
  [
    readPath,
    { status: 429, headers: { 'Retry-After': '7' } },
    'read',
    'degraded throttled',
    /: 429 in \d+ ms, retry after 7 s: API Priority and Fairness rejects ordinary clients$/,
    { httpStatus: 429, retryAfterSeconds: 7 },
  ],
  [
    readPath,
    { status: 429, headers: { 'Retry-After': 'Wed, 21 Oct 2026 07:28:00 GMT' } },
    'read',
    'degraded throttled',
    /: 429 in \d+ ms: API/,
    { httpStatus: 429 },
  ],
  [readPath, { status: 500 }, 'read', 'down http-status', /: 500 in \d+ ms$/],
  [readPath, { status: 504 }, 'read', 'down http-status', /: 504 in/],
  [readPath, { status: 404 }, 'read', 'unknown http-status', /readPath must name one small object that exists$/],
  [readPath, { status: 302, headers: { Location: 'https://elsewhere/' } }, 'read', 'unknown http-status', /: 302 in/],
  [readPath, { status: 200, delayMs: 420 }, 'read', 'degraded slow', /: 200 in [4-9]\d\d ms, more than 400 ms$/],
  [
    readPath,
    { status: 200, body: 'x'.repeat(1_048_577) },
    'read',
    'unknown protocol',
    /readPath must name one small object$/,
  ],
  [configMapPath, { status: 404 }, 'write', 'unknown http-status', /make the ConfigMap/],
  [configMapPath, { status: 429 }, 'write', 'degraded throttled', /^PATCH .*: 429 in/],
  [configMapPath, 'hang', 'write', 'down timeout', /^PATCH .*nothing within 1000 ms/],
  [configMapPath, { status: 500 }, 'write', 'down http-status', /^PATCH .*: 500 in/],
];

describe('what answers mean', () => {
  for (const [path, reply, signal, verdict, evidence, details] of answers) {
    const shown = JSON.stringify(reply).slice(0, 80);
    it(`${path} ${shown}: ${signal} ${verdict}`, async () => {
      const api = await start();
      api.answer(path, reply);
      const observations = await probe(api, { slowMs: verdict === 'degraded slow' ? 400 : 1000 });
      const found = rung(observations, signal);
      expect(`${found.condition} ${found.reason}`).toBe(verdict);
      expect(found.evidence).toMatch(evidence);
      if (details !== undefined) expect(found.details).toEqual(details);
      const others = observations.filter((observation) => observation !== found);
      expect(lines(others)).toEqual(healthy.filter((line) => !line.startsWith(`${signal} `)));
    });
  }

  it('hangs no longer than the deadline, whatever hangs', async () => {
    const api = await start();
    for (const path of ['/livez', '/readyz', readPath, configMapPath]) api.answer(path, 'hang');
    const startedAt = Date.now();
    const observations = await probe(api);
    expect(Date.now() - startedAt).toBeLessThan(3000);
    expect(lines(observations)).toEqual([
      ...healthy.slice(0, 2),
      'live down timeout',
      'ready down timeout',
      'read down timeout',
      'write down timeout',
    ]);
  });
});

function baseTarget(url: string): ApiServerTarget {
  return { url, ca: { pem: authority.certificate }, readPath, slowMs: 1000, timeoutMs: 1000 };
}

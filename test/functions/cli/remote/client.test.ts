// `--remote`: the commands of the CLI through the Worker's API, over real fetch on loopback.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { initialStandby } from '../../../../functions/decision/machine/state.ts';
import { createFakeCli, type FakeCli } from '../../../fakes/cli.ts';
import { createFakeCluster } from '../../../fakes/cluster.ts';
import { realClock } from '../../../fakes/real-deps.ts';
import { problemOf, startWorkerApi, type WorkerApi } from '../../../fakes/worker-api.ts';

/** Pauses between two looks or tries are short; deadlines, which are longer, are real. */
const hasty = {
  ...realClock,
  sleep: (ms: number, signal?: AbortSignal) => realClock.sleep(ms > 5000 ? ms : ms / 100, signal),
};
let api: WorkerApi;
let cli: FakeCli;
beforeEach(async () => {
  api = await startWorkerApi();
  cli = createFakeCli(createFakeCluster({ clock: hasty }));
  cli.secrets.set('LIFEBOAT_TOKEN', api.token);
});
afterEach(() => api.close());

const run = (...argv: readonly string[]) => cli.run('--remote', api.url, ...argv);
const orders = () => api.requests.filter(({ method }) => method === 'POST');

describe('status --remote', () => {
  it('shows what the Worker knows, and exits with the worst verdict', async () => {
    const { code, out } = await run('status');
    expect(code).toBe(5);
    expect(out.split('\n')).toEqual([
      'prod: watching for 1 min: the watch begins',
      expect.stringMatching(/^apiserver +down +30 s {2}the API server is down: connections are refused$/),
      '    edge: connection refused',
      'knot a.: snapshot 4, 10 s old, warm',
      '  delete held back for 2 min by namespace-lost: web.shop.svc.cluster.local. A at knot a.',
      '  alert waits for oncall: summary of prod/blind',
      "the Worker's last round: 2 s ago",
      '  vantage rack: last seen never, last refused: clock-skew',
      '  trouble: the secret HOOK is not set',
    ]);
  });

  it('shows the words of others and does not let them drive the terminal, with --json neither', async () => {
    const evil = '\u001b]0;owned\u0007\u009b2J\nprod: watching\u202e';
    const { apiserver, ...verdicts } = api.state.verdicts;
    if (apiserver === undefined) throw new Error('a verdict is needed');
    api.state = {
      ...api.state,
      reason: evil,
      verdicts: { ...verdicts, apiserver: { ...apiserver, evidence: [evil] }, [evil]: apiserver },
      standbys: { [evil]: { ...initialStandby(0), asOf: 0, failures: 1, lastFailure: evil, fence: evil } },
    };
    const { out } = await run('status');
    const shown = '\\u{001B}]0;owned\\u{0007}\\u{009B}2J prod: watching\\u{202E}';
    expect(out.split('\n')[0]).toBe(`prod: watching for 1 min: ${shown}`);
    expect(out.split('\n')).toContain(`    ${shown}`);
    expect(out).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    const json = await run('status', '--json');
    expect(json.out).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(json.json()).toMatchObject({ reason: evil, verdicts: { apiserver: { evidence: [evil] } } });
  });

  it('shows the detail of a problem so too', async () => {
    api.intercept = (_request, response) => problemOf('field', 422, 'wrong \u001b[2J\u202e', response);
    expect((await run('status')).err).toContain('wrong  [2J\\u{202E}');
  });

  it('gives the document as it came with --json', async () => {
    expect((await run('status', '--json')).json()).toMatchObject({ cluster: 'prod', watch: { intervalMs: 5000 } });
  });

  it('takes the option on either side of the command, and the address from the configuration', async () => {
    const { config } = cli.fake.ports;
    expect((await cli.run('status', '--remote', api.url)).code).toBe(5);
    expect(await cli.run('--remote', 'status')).toMatchObject({ code: 2, err: expect.stringContaining('api.url') });
    const configured = createFakeCli({
      ...cli.fake,
      ports: { ...cli.fake.ports, config: { ...config, api: { ...config.api, url: api.url } } },
    });
    configured.secrets.set('LIFEBOAT_TOKEN', api.token);
    expect((await configured.run('--remote', 'status')).code).toBe(5);
    expect((await configured.run('status', '--remote')).code).toBe(5);
  });

  it('picks the only cluster, and names those there are', async () => {
    expect((await run('status', '--cluster', 'prod')).code).toBe(5);
    expect(await run('status', '--cluster', 'nobody')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no such cluster'),
    });
    const many = await startWorkerApi(['a', 'b']);
    cli.secrets.set('LIFEBOAT_TOKEN', many.token);
    expect(await cli.run('--remote', many.url, 'status')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^lifeboat: 2 clusters are at .*: a, b$/),
    });
    await many.close();
  });
});

describe('an order --remote', () => {
  it('shows the plan first, asks, gives the order once, and waits until it is reached', async () => {
    cli.yes = true;
    const { code, out, err } = await run('failover', '--why', 'drill');
    expect(code).toBe(0);
    expect(cli.questions).toEqual(['Fail over prod: publish adds and changes and freeze the standby?']);
    expect(out).toContain('failover would be accepted\nknot a.: 2 to create');
    expect(out).toContain('failover accepted: failover begins');
    expect(out).toContain('knot a.: snapshot 4, 10 s old, frozen by activation 1');
    expect(err).toContain('active: failover by a token: drill');
    const [dry, real] = orders().map(({ body }) => JSON.parse(body));
    expect(dry).toEqual({ confirm: 'prod', why: 'drill', dryRun: true });
    expect(real).toEqual({ confirm: 'prod', why: 'drill', dryRun: false });
    const keys = orders().map(({ headers }) => headers['idempotency-key']);
    expect(keys[1]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys[0]).not.toBe(keys[1]);
    // Nothing was done here.
    expect(cli.fake.sent).toEqual([]);
    expect(await cli.fake.ports.store.list('clusters/')).toEqual([]);
  });

  it('does nothing without a yes', async () => {
    const { code, err } = await run('failover');
    expect([code, err]).toEqual([3, expect.stringContaining('not confirmed')]);
    expect(orders().map(({ body }) => JSON.parse(body).dryRun)).toEqual([true]);
  });

  it('says that it was accepted but not reached in time, with what to run', async () => {
    api.looksToFreeze = 1000;
    const { code, err } = await run('failover', '--yes', '--wait', '0');
    expect([code, err]).toEqual([3, expect.stringContaining('not reached within 0 s')]);
  });

  it('is not reached by what an earlier failover froze', async () => {
    api.looksToFreeze = 1000;
    api.state = {
      ...api.state,
      activation: {
        number: 2,
        cause: 'operator',
        reason: 'again',
        by: 'me',
        startedAt: 0,
        final: 'pending',
        finalReason: '',
      },
      standbys: { knot: { ...initialStandby(0), frozen: 1 } },
    };
    expect((await run('failover', '--yes', '--wait', '0')).code).toBe(3);
  });

  it('passes on why it was refused', async () => {
    const refused = await run('failback', '--yes');
    expect([refused.code, refused.out]).toEqual([
      3,
      expect.stringContaining('refused: the API server still looks bad'),
    ]);
    expect((await run('failback', '--yes', '--json')).json()).toEqual({
      command: 'failback',
      status: 'refused',
      answer: 'the API server still looks bad',
    });
  });

  it('passes on that it is forced, and only then', async () => {
    await run('failback', '--yes', '--force');
    await run('failback', '--yes');
    const bodies = api.requests.filter(({ path }) => path.endsWith('/failback')).map(({ body }) => JSON.parse(body));
    expect(bodies.map(({ force }) => force)).toEqual([true, true, undefined, undefined]);
  });

  it('passes on for how long it holds', async () => {
    await run('hold', '--yes', '--for', '2h');
    const bodies = api.requests.filter(({ path }) => path.endsWith('/hold')).map(({ body }) => JSON.parse(body));
    expect(bodies.map(({ forSeconds }) => forSeconds)).toEqual([7200, 7200]);
  });

  it('holds and releases', async () => {
    expect((await run('hold', '--yes')).code).toBe(0);
    expect((await run('release', '--yes', '--json')).json()).toMatchObject({
      command: 'release',
      status: 'accepted',
      reached: true,
      phase: 'watching',
    });
  });

  it('sends an order that got no answer again, under the same key', async () => {
    let cut = 0;
    api.intercept = ({ method, body }, response) => {
      if (method !== 'POST' || JSON.parse(body).dryRun || cut++ > 0) return false;
      response.destroy();
      return true;
    };
    expect((await run('hold', '--yes')).code).toBe(0);
    const keys = orders().map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(3);
    expect(keys[2]).toBe(keys[1]);
    expect(keys[1]).not.toBe(keys[0]);
  });

  it('does not say that nothing happened when no answer ever came', async () => {
    api.intercept = ({ method, body }, response) => {
      if (method !== 'POST' || JSON.parse(body).dryRun) return false;
      return problemOf('unavailable', 503, 'the control port is busy', response);
    };
    const { code, err } = await run('hold', '--yes');
    expect(code).toBe(1);
    expect(err).toMatch(
      /503 \(the control port is busy\).* without --remote acts by itself.* may have arrived all the same/,
    );
    expect(
      new Set(
        orders()
          .slice(1)
          .map(({ headers }) => headers['idempotency-key']),
      ).size,
    ).toBe(1);
    expect(orders()).toHaveLength(4);
  });

  it('is given though its plan cannot be shown, and waited for though looking fails for a while', async () => {
    let looks = 0;
    api.intercept = ({ method, path, body }, response) => {
      const isDryRun = method === 'POST' && JSON.parse(body).dryRun;
      const failsLooking = path === '/v1/clusters/prod' && [2, 3].includes(++looks);
      return (isDryRun || failsLooking) && problemOf('unavailable', 503, 'the control port is busy', response);
    };
    cli.yes = true;
    const { code, out, err } = await run('failover');
    expect(code).toBe(0);
    expect(out).toContain('what it would do cannot be shown now');
    expect(err).toContain('the control port is busy');
    expect(out).toContain('frozen by activation 1');
  });

  it('brings no file along', async () => {
    expect(await run('failover', '--file', 'x.zone', '--yes')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--file'),
    });
    expect(api.requests).toEqual([]);
  });
});

describe('snapshot --remote', () => {
  beforeEach(async () => {
    const local = createFakeCli();
    await local.run('snapshot', 'take');
    local.fake.services.set('api.shop', '10.96.0.11');
    await local.run('snapshot', 'take');
    for (const number of [1, 2])
      api.snapshots.set(number, (await local.run('snapshot', 'export', String(number), '--format', 'json')).out);
  });

  it('lists, shows and exports', async () => {
    expect((await run('snapshot', 'list')).out).toMatch(/^snapshot 2 of .*: 3 records in 3 sets\nsnapshot 1$/);
    expect((await run('snapshot', 'list', '--json')).json()).toMatchObject([{ number: 2 }, { number: 1 }]);
    expect((await run('snapshot', 'show')).out).toContain('snapshot 2 ');
    expect((await run('snapshot', 'show', '1')).out).toContain('2 records');
    expect((await run('snapshot', 'export', '-o', 'out.zone')).code).toBe(0);
    expect(cli.files.get('out.zone')).toContain('api.shop.svc');
    expect(await run('snapshot', 'show', '7')).toMatchObject({ code: 2, err: expect.stringContaining('is kept') });
  });

  it('believes no document that was changed on the way', async () => {
    api.snapshots.set(2, (api.snapshots.get(2) ?? '').replace('10.96.0.11', '10.96.0.66'));
    expect(await run('snapshot', 'show')).toMatchObject({ code: 2, err: expect.stringContaining('checksum') });
  });
});

describe('trouble', () => {
  it.each([
    ['an unknown token', { token: 'wrong-token' }, 1, /does not know the token in LIFEBOAT_TOKEN.*api\.tokens/],
    ['no token', { token: undefined }, 2, /LIFEBOAT_TOKEN_FILE/],
    ['a token with a line break', { token: 'a\nb' }, 2, /white space/],
  ])('says what to do with %s', async (_, { token }, code, words) => {
    cli.secrets.clear();
    if (token !== undefined) cli.secrets.set('LIFEBOAT_TOKEN', token);
    const outcome = await run('status');
    expect([outcome.code, outcome.err]).toEqual([code, expect.stringMatching(words)]);
  });

  it('says that the command works without the Worker when it cannot be reached', async () => {
    const { url } = api;
    await api.close();
    const { code, err } = await cli.run('--remote', url, 'status');
    expect([code, err]).toEqual([1, expect.stringMatching(/ECONNREFUSED.*deployed.*without --remote acts by itself/)]);
    api = await startWorkerApi();
  });

  it.each<[string, (response: Parameters<WorkerApi['intercept']>[1]) => void, number, RegExp]>([
    ['a page of somebody else', (response) => response.writeHead(404).end('<p>'), 1, /is not Lifeboat/],
    ['a welcome page', (response) => response.end('<p>hello'), 1, /same version/],
    ['another document', (response) => response.end('{"clusters":[{"id":7}]}'), 1, /clusters\.0\.id/],
    [
      'a redirect',
      (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      1,
      /is not Lifeboat/,
    ],
    [
      'a missing scope',
      (response) => problemOf('scope', 403, 'lacks the scope "view"', response),
      1,
      /lacks the scope/,
    ],
    ['too many requests', (response) => problemOf('too-many-attempts', 429, 'wait', response), 1, /too often/],
    ['a broken Worker', (response) => response.writeHead(500).end(), 1, /answers 500\. .*without --remote/],
  ])('names %s', async (_, answer, code, words) => {
    api.intercept = (_request, response) => {
      answer(response);
      return true;
    };
    const outcome = await run('status');
    expect([outcome.code, outcome.err]).toEqual([code, expect.stringMatching(words)]);
  });

  it('gives up at the deadline', async () => {
    api.intercept = () => true;
    const impatient = { ...realClock, sleep: (ms: number, signal?: AbortSignal) => realClock.sleep(ms / 200, signal) };
    const quick = createFakeCli(createFakeCluster({ clock: impatient }));
    quick.secrets.set('LIFEBOAT_TOKEN', api.token);
    const { code, err } = await quick.run('--remote', api.url, 'status');
    expect([code, err]).toEqual([1, expect.stringMatching(/nothing within 20000 ms.*without --remote/)]);
  });

  it.each(['http://lifeboat.example', 'https://a:b@lifeboat.example', 'https://lifeboat.example/x', 'https://'])(
    'sends no token to %s',
    async (address) => {
      expect(await cli.run('--remote', address, 'status')).toMatchObject({ code: 2 });
    },
  );

  it('refuses commands that would act here', async () => {
    for (const argv of [['plan'], ['watch'], ['snapshot', 'take'], ['alerts', 'test'], ['check']]) {
      expect(await run(...argv)).toMatchObject({ code: 2, err: expect.stringContaining('knows no --remote') });
    }
    expect(api.requests).toEqual([]);
  });

  it('never shows the token', async () => {
    const answers = [401, 403, 409, 422, 500].map((status) => async () => {
      api.intercept = (_request, response) => problemOf('x', status, `no ${api.token}`, response);
      return run('status');
    });
    for (const ask of answers) expect(JSON.stringify(await ask())).not.toContain(api.token);
  });
});

describe('publish --release-deletes --remote', () => {
  it('shows the names, asks, and orders what was shown', async () => {
    const refused = await run('publish', '--release-deletes');
    expect(refused.code).toBe(3);
    expect(orders().map(({ path }) => path)).toEqual(['/v1/clusters/prod/release-deletes']);
    expect(cli.questions.at(-1)).toBe('Let these out to knot a.?');
    const { code, out } = await run('publish', '--release-deletes', '--yes', '--why', 'the shop is closed');
    expect([code, out]).toEqual([0, expect.stringContaining('knot a.: accepted')]);
    expect(JSON.parse(orders().at(-1)?.body ?? '')).toMatchObject({
      confirm: 'prod',
      standby: 'knot a.',
      digest: expect.any(String),
      why: 'the shop is closed',
      dryRun: false,
    });
  });

  it('publishes nothing else', async () => {
    expect(await run('publish')).toMatchObject({ code: 2, err: expect.stringContaining('--release-deletes only') });
  });
});

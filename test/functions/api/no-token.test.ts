// Nobody gets at state, or acts, without a token that allows it: the list of no-token.ts, and that each request would do with one.
import { beforeAll, describe, expect, it } from 'vitest';
import { apiRoutes, createApp } from '../../../functions/api/app.ts';
import { sha256Hex } from '../../../functions/lib/canonical.ts';
import { type Attempt, attemptsOn } from './no-token.ts';
import { type ApiWorld, createApiWorld, type TokenId, tokens } from './world.ts';

const ids = Object.keys(tokens) as TokenId[];

/** What an answer with state would hold. */
const state = /watching|10\.0\.0\.1|as it should be|web\.shop|phase_since|lifeboat_|rrsets|oncall|cloudflare/;
const anyTarget = {
  cluster: 'prod',
  tokenHash: '',
  vantageToken: tokens.rack,
  viewToken: tokens.viewer,
  endedCookie: 'a=b',
  cookieName: '__Host-lifeboat',
};

let world: ApiWorld;
let attempts: ReadonlyMap<string, Attempt>;
beforeAll(async () => {
  world = await createApiWorld();
  const { cookie } = await world.signIn('viewer');
  await world.ask('/session/end', { method: 'POST', headers: { cookie, 'Sec-Fetch-Site': 'same-origin' } });
  const target = { ...anyTarget, tokenHash: await sha256Hex(tokens.viewer), endedCookie: cookie };
  attempts = new Map(attemptsOn(target).map((one) => [one.title, one]));
});

it('the titles are unique', () => {
  const titles = attemptsOn(anyTarget).map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
  expect(titles.length).toBeGreaterThan(60);
});

describe('no state and no deed for', () => {
  it.each(attemptsOn(anyTarget).map(({ title }) => title))('%s', async (title) => {
    const { path, method, headers, body } = attempts.get(title) as Attempt;
    const response = await world.ask(path, { method, headers, ...(body === undefined ? {} : { body }) });
    const text = await response.text();
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(text).not.toMatch(state);
    expect(response.headers.get('Set-Cookie')).toBeNull();
    expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull();
    if (method !== 'HEAD') expect(response.headers.get('Content-Type')).toBe('application/problem+json');
    expect([...world.orders, ...world.reports]).toEqual([]);
    expect(await world.deps.sessions.list('sessions/')).toEqual([]);
    for (const secret of [tokens.viewer, tokens.rack]) expect(text).not.toContain(secret);
  });
});

describe('each route asks for its scope:', () => {
  const routes = () => apiRoutes(world.deps).filter(({ scope }) => scope !== 'open');
  const call = (method: string, path: string, as?: TokenId) =>
    world.ask(path.replace(':id', 'prod').replace(':number', '1'), { method, ...(as === undefined ? {} : { as }) });
  const holders = { view: ['viewer', 'oncall'], operate: ['oncall', 'operator'], vantage: ['rack'], open: [] } as const;

  it('401 without a token, 403 with any that lacks it', async () => {
    for (const { method, path, scope } of routes()) {
      expect((await call(method, path)).status, path).toBe(401);
      for (const as of ids) {
        const { status } = await call(method, path, as);
        if ((holders[scope] as readonly string[]).includes(as)) expect([401, 403], path).not.toContain(status);
        else expect(status, `${as} at ${path}`).toBe(403);
      }
    }
  });

  it('and the app has no route but those, its own, and the methods that are not allowed', async () => {
    const declared = new Set(apiRoutes(world.deps).map(({ path }) => path));
    const others = createApp(world.deps).routes.filter(
      ({ path }) => !declared.has(path) && /^\/(v1|metrics)/.test(path),
    );
    expect(others).toEqual([]);
  });
});

it('the same pattern finds state where there is a token', async () => {
  for (const path of ['/v1/clusters', '/v1/clusters/prod', '/metrics'])
    expect(await (await world.ask(path, { as: 'viewer' })).text()).toMatch(state);
});

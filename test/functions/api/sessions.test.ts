// Signing in and out, and what a session is worth: as long as its token, and no longer than its hours.
import { describe, expect, it } from 'vitest';
import { readCookie } from '../../../functions/api/cookie.ts';
import { maxSessions, maxSessionsOfToken, openSession, sessionMs } from '../../../functions/api/sessions.ts';
import { sha256Hex } from '../../../functions/lib/canonical.ts';
import { type ApiWorld, type Asked, createApiWorld, origin, tokens } from './world.ts';

const here = { 'Sec-Fetch-Site': 'same-origin' };
const form = { ...here, 'Content-Type': 'application/x-www-form-urlencoded' };
const signIn = (world: ApiWorld, init: Asked = {}, path = '/session') =>
  world.ask(path, { method: 'POST', headers: here, json: { token: tokens.viewer }, ...init });
const sees = async (world: ApiWorld, cookie: string, path = '/v1/clusters') =>
  (await world.ask(path, { headers: { cookie } })).status;

const signInLater = (world: ApiWorld) => {
  world.pass(1);
  return world.signIn('viewer');
};

describe('signing in', () => {
  it('gives a cookie that only this host gets, over TLS, and no script reads', async () => {
    const world = await createApiWorld();
    const response = await signIn(world);
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect(response.headers.get('Set-Cookie')).toMatch(
      /^__Host-lifeboat=[A-Za-z0-9_-]{43}; Path=\/; Max-Age=28800; HttpOnly; SameSite=Strict; Secure$/,
    );
    const { cookie } = await world.signIn('viewer');
    expect(await sees(world, cookie)).toBe(200);
    expect(await sees(world, `theme=dark; ${cookie}; a=b`)).toBe(200);
    expect(await sees(world, ` \t${cookie}\t ;a=b`)).toBe(200);
  });

  // A neighbour of this host may set a cookie whose name begins with such white space: to the browser it is not a `__Host-` one.
  it.each(['\u00a0', '\u000b', '\u000c', '\u2000', '\u3000', '\ufeff'])('takes no cookie behind %j', (space) => {
    const id = 'A'.repeat(43);
    const read = (header: string) => readCookie(`${origin}/`, header);
    expect(read(`${space}__Host-lifeboat=${id}`)).toBeUndefined();
    expect(read(`a=b;${space}__Host-lifeboat=${id}; __Host-lifeboat=own`)).toBe('own');
  });

  it('with a form leads back to the page', async () => {
    const world = await createApiWorld();
    const body = new URLSearchParams({ token: ` ${tokens.viewer}\r\n` }).toString();
    const response = await world.ask('/session', { method: 'POST', headers: form, body });
    expect([response.status, response.headers.get('Location')]).toEqual([303, '/']);
    expect(response.headers.get('Set-Cookie')).toContain('__Host-lifeboat=');
  });

  it.each([
    ['an unknown token', tokens.viewer.replace('viewer', 'nobody'), 'refused'],
    ['a token that may not view', tokens.rack, 'scope'],
  ])('with a form and %s leads back to the page, which can say why', async (_, token, why) => {
    const world = await createApiWorld();
    const body = new URLSearchParams({ token }).toString();
    const response = await world.ask('/session', { method: 'POST', headers: form, body });
    expect([response.status, response.headers.get('Location')]).toEqual([303, `/?sign-in=${why}`]);
    expect(response.headers.has('Set-Cookie')).toBe(false);
  });

  it('keeps neither the token nor the id of the session', async () => {
    const world = await createApiWorld();
    const { cookie } = await world.signIn('viewer');
    const id = cookie.replace(/^.*=/, '');
    const keys = await world.deps.sessions.list('');
    expect(keys).toEqual([`sessions/${await sha256Hex(id)}`]);
    const { value } = (await world.deps.sessions.read(keys[0] ?? '')) ?? { value: '' };
    expect(value).not.toContain(id);
    expect(value).not.toContain(tokens.viewer);
  });

  it('over http on loopback uses a cookie that a browser keeps there', async () => {
    const world = await createApiWorld();
    for (const host of ['http://localhost:8787', 'http://127.0.0.1:8787', 'http://[::1]:8787']) {
      const response = await signIn(world, {}, `${host}/session`);
      const cookie = response.headers.get('Set-Cookie') ?? '';
      expect(cookie).toMatch(/^lifeboat=[^;]{43}; Path=\/; Max-Age=28800; HttpOnly; SameSite=Strict$/);
      const value = cookie.split(';')[0] ?? '';
      expect(await sees(world, value, `${host}/v1/clusters`)).toBe(200);
      // And nowhere else: a plain name can be set by a neighbour of the host.
      expect(await sees(world, value)).toBe(401);
    }
  });

  it.each<[string, Record<string, string>, number]>([
    ['the page', { 'Sec-Fetch-Site': 'same-origin' }, 204],
    ['the page, whose policy hides its origin', { 'Sec-Fetch-Site': 'same-origin', Origin: 'null' }, 204],
    ['an older browser on the page', { Origin: origin }, 204],
    ['another site', { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['a sibling of the host', { 'Sec-Fetch-Site': 'same-site' }, 403],
    ['another site that claims our origin', { 'Sec-Fetch-Site': 'cross-site', Origin: origin }, 403],
    ['an older browser elsewhere', { Origin: 'https://elsewhere.test' }, 403],
    ['the same host without TLS', { Origin: origin.replace('https', 'http') }, 403],
    ['a hidden origin', { Origin: 'null' }, 403],
    ['no browser', {}, 403],
  ])('from %s', async (_, headers, status) => {
    expect((await signIn(await createApiWorld(), { headers })).status).toBe(status);
  });

  it.each<[string, Asked, number]>([
    ['an unknown token', { json: { token: tokens.viewer.toUpperCase() } }, 401],
    ['a token that may not view', { json: { token: tokens.operator } }, 403],
    ['no token', { json: {} }, 422],
    ['a number', { json: { token: 7 } }, 422],
    ['more than a token', { json: { token: tokens.viewer, scope: 'operate' } }, 422],
    ['two tokens', { json: undefined, body: 'token=a&token=b', headers: form }, 422],
    ['too much', { json: { token: 'a'.repeat(5000) } }, 413],
    ['plain text', { json: undefined, body: tokens.viewer, headers: { ...here, 'Content-Type': 'text/plain' } }, 415],
  ])('with %s is refused', async (_, init, status) => {
    const response = await signIn(await createApiWorld(), init);
    expect([response.status, response.headers.has('Set-Cookie')]).toEqual([status, false]);
    expect(await response.text()).not.toContain(tokens.viewer);
  });

  it('is slowed down for an address that keeps failing, and for no other', async () => {
    const world = await createApiWorld();
    const from = (address: string) => ({ headers: { ...here, 'X-Test-Address': address } });
    for (let i = 0; i < 10; i++)
      expect((await signIn(world, { ...from('192.0.2.1'), json: { token: 'x'.repeat(40) } })).status).toBe(401);
    const limited = await signIn(world, from('192.0.2.1'));
    expect([limited.status, limited.headers.get('Retry-After')]).toEqual([429, '60']);
    expect((await signIn(world, from('192.0.2.2'))).status).toBe(204);
    expect((await world.ask('/v1/clusters', { as: 'viewer', headers: { 'X-Test-Address': '192.0.2.1' } })).status).toBe(
      200,
    );
    world.pass(60_000);
    expect((await signIn(world, from('192.0.2.1'))).status).toBe(204);
  });
});

describe('a session', () => {
  it('ends when it is ended, in the store and in the browser', async () => {
    const world = await createApiWorld();
    const { cookie } = await world.signIn('viewer');
    const response = await world.ask('/session/end', { method: 'POST', headers: { ...form, cookie }, body: '' });
    expect([response.status, response.headers.get('Location')]).toEqual([303, '/']);
    expect(response.headers.get('Set-Cookie')).toMatch(/^__Host-lifeboat=; Path=\/; Max-Age=0;/);
    expect(await sees(world, cookie)).toBe(401);
    expect(await world.deps.sessions.list('')).toEqual([]);
  });

  it('is not ended by another site', async () => {
    const world = await createApiWorld();
    const { cookie } = await world.signIn('viewer');
    const headers = { cookie, 'Sec-Fetch-Site': 'cross-site' };
    expect((await world.ask('/session/end', { method: 'POST', headers })).status).toBe(403);
    expect(await sees(world, cookie)).toBe(200);
  });

  it('lasts 8 hours, and is then swept by the next one', async () => {
    const world = await createApiWorld();
    const { cookie } = await world.signIn('viewer');
    world.pass(sessionMs - 1);
    expect(await sees(world, cookie)).toBe(200);
    world.pass(1);
    expect(await sees(world, cookie)).toBe(401);
    await world.signIn('viewer');
    expect(await world.deps.sessions.list('')).toHaveLength(1);
  });

  it('is void when the clock was set back behind its beginning', async () => {
    const world = await createApiWorld();
    const { cookie } = await world.signIn('viewer');
    world.pass(-60_000);
    expect(await sees(world, cookie)).toBe(200);
    world.pass(-1);
    expect(await sees(world, cookie)).toBe(401);
  });

  it('makes way for the next one of the same browser', async () => {
    const world = await createApiWorld();
    const { cookie } = await world.signIn('viewer');
    expect((await signIn(world, { headers: { ...here, cookie } })).status).toBe(204);
    expect(await sees(world, cookie)).toBe(401);
    expect(await world.deps.sessions.list('')).toHaveLength(1);
  });

  it('is void when its token is gone or another one bears its name, and follows its scopes', async () => {
    const world = await createApiWorld();
    const { cookie, csrf } = await world.signIn('oncall');
    const { api } = world.deps.config;
    const withTokens = (list: typeof api.tokens) => Object.assign(api, { tokens: list });
    const all = api.tokens;
    withTokens(all.filter(({ id }) => id !== 'oncall'));
    expect(await sees(world, cookie)).toBe(401);
    withTokens(all.map((one) => (one.id === 'oncall' ? { ...one, sha256: 'a'.repeat(64) } : one)));
    expect(await sees(world, cookie)).toBe(401);
    withTokens(all.map((one) => (one.id === 'oncall' ? { ...one, scopes: ['view'] } : one)));
    expect(await sees(world, cookie)).toBe(200);
    const hold = { method: 'POST', json: { confirm: 'prod' }, headers: { cookie, 'X-CSRF-Token': csrf } };
    expect((await world.ask('/v1/clusters/prod/hold', hold)).status).toBe(403);
  });

  it('helps nobody who shows a wrong token beside it', async () => {
    const world = await createApiWorld();
    const { cookie } = await world.signIn('viewer');
    for (const Authorization of ['Bearer', `Bearer ${'x'.repeat(40)}`, 'Basic eDp5'])
      expect((await world.ask('/v1/clusters', { headers: { cookie, Authorization } })).status).toBeGreaterThanOrEqual(
        400,
      );
  });

  it('that is damaged in the store is none', async () => {
    const world = await createApiWorld();
    const { cookie } = await world.signIn('viewer');
    const [key = ''] = await world.deps.sessions.list('');
    for (const [version, value] of ['{', '[]', '{"format":2}'].entries()) {
      await world.deps.sessions.write(key, value, version + 1);
      expect(await sees(world, cookie)).toBe(401);
    }
  });

  it(`is one of ${maxSessionsOfToken} of its token at most: its own oldest goes, and nobody else's`, async () => {
    const world = await createApiWorld({ rounds: 0 });
    const other = await world.signIn('oncall');
    const [first, second] = [await signInLater(world), await signInLater(world)];
    for (let i = 2; i < maxSessionsOfToken + 1; i++) await signInLater(world);
    expect(await world.deps.sessions.list('')).toHaveLength(maxSessionsOfToken + 1);
    const seen = [other, first, second].map(({ cookie }) => sees(world, cookie));
    expect(await Promise.all(seen)).toEqual([200, 401, 200]);
  });

  it(`is one of ${maxSessions} at most: the oldest goes`, async () => {
    const world = await createApiWorld({ rounds: 0 });
    const open = async (i: number) => {
      world.pass(1);
      return openSession(world.deps, { id: `token-${i % 20}`, scopes: ['view'], sha256: 'a'.repeat(64) });
    };
    const first = await world.signIn('viewer');
    for (let i = 0; i < maxSessions - 1; i++) await open(i);
    expect(await sees(world, first.cookie)).toBe(200);
    await open(maxSessions);
    expect(await world.deps.sessions.list('')).toHaveLength(maxSessions);
    expect(await sees(world, first.cookie)).toBe(401);
  });
});

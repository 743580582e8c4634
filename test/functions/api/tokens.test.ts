// Reading bearer credentials, comparing in constant time, counting failures: the parts by themselves.
import { describe, expect, it } from 'vitest';
import { createLimiter } from '../../../functions/api/limiter.ts';
import { findToken, readCredentials } from '../../../functions/api/tokens.ts';
import type { TokenConfig } from '../../../functions/config/schema.ts';
import { sha256Hex } from '../../../functions/lib/canonical.ts';
import { createApiWorld, tokens } from './world.ts';

const token = tokens.viewer;

describe('credentials', () => {
  it.each([`Bearer ${token}`, `bearer ${token}`, `BEARER ${token}`, `Bearer   ${token}`])('%s are read', (header) => {
    expect(readCredentials(header)).toEqual({ status: 'bearer', token });
  });

  it.each([`Bearer ${token}`, `bearer ${token}`, `BEARER  ${token}`])('%s open the door', async (Authorization) => {
    expect((await (await createApiWorld()).ask('/v1/clusters', { headers: { Authorization } })).status).toBe(200);
  });

  it.each([undefined, '', 'Basic eDp5', `Bearers ${token}`, `Bearer-Token ${token}`, token])(
    '%s are none',
    (header) => {
      expect(readCredentials(header)).toEqual({ status: 'none' });
    },
  );

  it.each([
    'Bearer',
    'Bearer ',
    'Bearer short',
    `Bearer ${token}, Bearer ${token}`,
    `Bearer ${token} x`,
    `Bearer\t${token}`,
    `Bearer ${token}é`,
    `Bearer ${token}\n`,
    `Bearer "${token}"`,
    `Bearer ${'a'.repeat(513)}`,
  ])('%j are malformed', (header) => {
    expect(readCredentials(header)).toMatchObject({ status: 'malformed' });
  });

  it.each([
    [undefined, 401, 'Bearer'],
    ['Basic eDp5', 401, 'Bearer'],
    [`Bearer ${'x'.repeat(40)}`, 401, 'Bearer error="invalid_token"'],
    ['Bearer', 400, 'Bearer error="invalid_request"'],
  ])('%s are answered by RFC 6750', async (header, status, challenge) => {
    const response = await (await createApiWorld()).ask(
      '/v1/clusters',
      header === undefined ? {} : { headers: { Authorization: header } },
    );
    expect([response.status, response.headers.get('WWW-Authenticate')]).toEqual([status, challenge]);
  });
});

describe('the token', () => {
  const configured = async (...texts: readonly string[]): Promise<readonly TokenConfig[]> =>
    Promise.all(texts.map(async (text, i) => ({ id: `t${i}`, scopes: ['view'], sha256: await sha256Hex(text) })));

  it('is found among others, wherever it stands', async () => {
    const list = await configured(tokens.viewer, tokens.oncall, tokens.rack);
    expect((await findToken(list, tokens.viewer))?.id).toBe('t0');
    expect((await findToken(list, tokens.rack))?.id).toBe('t2');
    expect(await findToken(list, tokens.operator)).toBeUndefined();
    expect(await findToken([], tokens.viewer)).toBeUndefined();
  });

  it('is none when it could be guessed, even if somebody configured its hash', async () => {
    expect(await findToken(await configured('', 'secret'), '')).toBeUndefined();
    expect(await findToken(await configured('', 'secret'), 'secret')).toBeUndefined();
  });
});

describe('the limiter', () => {
  const limits = { most: 2, windowMs: 1000, maxKeys: 3 };

  it('asks to wait for the rest of the window', () => {
    const limiter = createLimiter(limits);
    limiter.fail('a', 0);
    expect(limiter.waitMs('a', 0)).toBe(0);
    limiter.fail('a', 400);
    expect([limiter.waitMs('a', 400), limiter.waitMs('b', 400), limiter.waitMs('a', 1000)]).toEqual([600, 0, 0]);
  });

  it('holds nobody up when the clock is set back', () => {
    const limiter = createLimiter(limits);
    limiter.fail('a', 10_000);
    limiter.fail('a', 10_000);
    expect(limiter.waitMs('a', 5000)).toBe(0);
  });

  it('remembers so many keys only', () => {
    const limiter = createLimiter(limits);
    for (const key of ['a', 'a', 'b', 'c', 'd', 'd']) limiter.fail(key, 0);
    expect([limiter.waitMs('a', 0), limiter.waitMs('d', 0)]).toEqual([0, 1000]);
  });
});

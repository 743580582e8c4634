// Acting: confirmation, idempotency keys, sessions with their CSRF token, and the machine's answer.
import { describe, expect, it } from 'vitest';
import { maxKeyCharacters } from '../../../functions/api/orders.ts';
import { maxWhyCharacters } from '../../../functions/tasks/control/control-port.ts';
import { type Asked, createApiWorld } from './world.ts';

const failover = '/v1/clusters/prod/failover';
const yes = { confirm: 'prod' };
const post = (json: unknown, init: Asked = {}): Asked => ({ method: 'POST', as: 'oncall', json, ...init });

describe('an order', () => {
  it('is passed on with who and why, and answered 202 while the work goes on', async () => {
    const world = await createApiWorld();
    const response = await world.ask(
      failover,
      post({ ...yes, why: ' drill ' }, { headers: { 'Idempotency-Key': '"k-1"' } }),
    );
    expect(response.status).toBe(202);
    expect(response.headers.get('Location')).toBe('/v1/clusters/prod');
    expect(await response.json()).toEqual({ status: 'accepted', reason: 'activation 1 is open', phase: 'active' });
    expect(world.orders).toEqual([
      { command: 'failover', who: 'oncall', why: 'drill', dryRun: false, idempotencyKey: 'k-1' },
    ]);
    const after = await world.ask('/v1/clusters/prod', { as: 'oncall' });
    expect(await after.json()).toMatchObject({ phase: 'active', activation: { by: 'oncall' } });
  });

  it.each(['failover', 'failback', 'hold', 'release'])(
    '%s can be asked about first, without a confirmation',
    async (command) => {
      const world = await createApiWorld();
      const response = await world.ask(`/v1/clusters/prod/${command}`, post({ dryRun: true }));
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({
        status: 'planned',
        words: [`${command} would be done`],
        canForce: false,
      });
      expect(world.orders).toEqual([{ command, who: 'oncall', why: 'by hand', dryRun: true }]);
    },
  );

  it('is forced when it is a failback and says so', async () => {
    const world = await createApiWorld();
    await world.ask('/v1/clusters/prod/failback', post({ ...yes, force: true }));
    await world.ask('/v1/clusters/prod/failback', post(yes));
    expect(world.orders.map(({ force }) => force)).toEqual([true, undefined]);
  });

  it('holds for a time', async () => {
    const world = await createApiWorld();
    const response = await world.ask('/v1/clusters/prod/hold', post({ ...yes, forSeconds: 1800 }));
    expect(await response.json()).toMatchObject({ status: 'accepted', reason: expect.stringContaining('for 30 min') });
    expect(world.orders).toMatchObject([{ command: 'hold', forMs: 1_800_000 }]);
    const view = await (await world.ask('/v1/clusters/prod', { as: 'oncall' })).json();
    expect(view).toMatchObject({ phase: 'held', holdUntil: expect.any(Number) });
  });

  it.each([59, 604_801, 90.5, '30m', null])('holds for no %j', async (forSeconds) => {
    const world = await createApiWorld();
    const response = await world.ask('/v1/clusters/prod/hold', post({ ...yes, forSeconds }));
    expect([response.status, await response.json()]).toMatchObject([422, { field: 'forSeconds' }]);
    expect(world.orders).toEqual([]);
  });

  it('is 409 when the machine refuses', async () => {
    const response = await (await createApiWorld()).ask('/v1/clusters/prod/release', post(yes));
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({
      type: 'urn:lifeboat:problem:refused',
      detail: expect.stringContaining('no hold to release'),
      phase: 'watching',
    });
  });

  it.each<[unknown, string]>([
    [{}, 'nothing'],
    [{ confirm: 'PROD' }, 'PROD'],
    [{ confirm: ' prod' }, ' prod'],
    [{ confirm: 'staging', dryRun: true }, 'staging'],
    [{ confirm: 'x'.repeat(300) }, `${'x'.repeat(80)}…`],
  ])('is not done with the confirmation of %j', async (body, got) => {
    const world = await createApiWorld();
    const response = await world.ask(failover, post(body));
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      type: 'urn:lifeboat:problem:confirmation',
      detail: expect.stringContaining('"confirm": "prod"'),
      field: 'confirm',
      got,
      want: 'prod',
    });
    expect(world.orders).toEqual([]);
  });

  it.each<[unknown, string]>([
    [{ ...yes, why: 'x'.repeat(maxWhyCharacters + 1) }, 'why'],
    [{ ...yes, why: 'two\nlines' }, 'why'],
    [{ ...yes, why: 'two\u2028lines' }, 'why'],
    [{ ...yes, why: 'turned \u202e round' }, 'why'],
    [{ ...yes, why: 7 }, 'why'],
    [{ ...yes, why: '\ud800' }, 'why'],
    [{ ...yes, dryRun: 'true' }, 'dryRun'],
    [{ confirm: ['prod'] }, 'confirm'],
    [{ ...yes, force: true }, 'force'],
    [{ ...yes, forSeconds: 600 }, 'forSeconds'],
    [{ ...yes, __proto__x: 1 }, '__proto__x'],
  ])('has its fields checked: %j', async (body, field) => {
    const world = await createApiWorld();
    const response = await world.ask(failover, post(body));
    expect([response.status, await response.json()]).toMatchObject([422, { field, want: expect.any(String) }]);
    expect(world.orders).toEqual([]);
  });

  it.each<[string, Asked, number]>([
    ['no JSON', { json: undefined, body: '{', headers: { 'Content-Type': 'application/json' } }, 400],
    ['a list', { json: [yes] }, 422],
    ['null', { json: null }, 422],
    ['nothing', { json: undefined, headers: { 'Content-Type': 'application/json' } }, 400],
    [
      'a form',
      { json: undefined, body: 'confirm=prod', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
      415,
    ],
    ['plain text', { headers: { 'Content-Type': 'text/plain' } }, 415],
    ['too much', { json: { ...yes, why: 'x'.repeat(20_000) } }, 413],
    ['what is packed', { headers: { 'Content-Encoding': 'gzip' } }, 415],
    [
      'no UTF-8',
      { json: undefined, body: Uint8Array.of(0x22, 0xff, 0x22), headers: { 'Content-Type': 'application/json' } },
      400,
    ],
  ])('is not taken from %s', async (_, init, status) => {
    const world = await createApiWorld();
    const response = await world.ask(failover, post(yes, init));
    expect([response.status, response.headers.get('Content-Type')]).toEqual([status, 'application/problem+json']);
    expect(world.orders).toEqual([]);
  });
});

describe('an idempotency key', () => {
  it.each([
    ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['8e03978e', '8e03978e'],
    ['k'.repeat(maxKeyCharacters), 'k'.repeat(maxKeyCharacters)],
  ])('%s is passed on', async (header, key) => {
    const world = await createApiWorld();
    await world.ask(failover, post(yes, { headers: { 'Idempotency-Key': header } }));
    expect(world.orders).toMatchObject([{ idempotencyKey: key }]);
  });

  it.each(['', '""', '"', 'a b', '"a" , "b"', 'a,b', '"a\\"b"', 'é', 'k'.repeat(maxKeyCharacters + 1)])(
    '%j is refused',
    async (header) => {
      const world = await createApiWorld();
      const response = await world.ask(failover, post(yes, { headers: { 'Idempotency-Key': header } }));
      expect([response.status, await response.json()]).toMatchObject([400, { field: 'Idempotency-Key' }]);
      expect(world.orders).toEqual([]);
    },
  );

  it('is not used up by a dry run', async () => {
    const world = await createApiWorld();
    await world.ask(failover, post({ dryRun: true }, { headers: { 'Idempotency-Key': 'k-1' } }));
    expect(world.orders).toEqual([{ command: 'failover', who: 'oncall', why: 'by hand', dryRun: true }]);
  });

  it('of another order is 422', async () => {
    const world = await createApiWorld();
    const response = await world.ask(failover, post(yes, { headers: { 'Idempotency-Key': 'used' } }));
    expect([response.status, await response.json()]).toMatchObject([
      422,
      { type: 'urn:lifeboat:problem:key-reused', detail: 'the key belongs to a hold', field: 'Idempotency-Key' },
    ]);
  });
});

describe('who may', () => {
  it.each([
    ['viewer', 403],
    ['rack', 403],
    ['operator', 202],
    [undefined, 401],
  ] as const)('%s: %i', async (as, status) => {
    const world = await createApiWorld();
    const response = await world.ask(failover, { method: 'POST', json: yes, ...(as === undefined ? {} : { as }) });
    expect(response.status).toBe(status);
    expect(response.headers.has('WWW-Authenticate')).toBe(status !== 202);
    expect(world.orders).toHaveLength(status === 202 ? 1 : 0);
  });

  it('reading is another scope: an operator without it sees nothing', async () => {
    const response = await (await createApiWorld()).ask('/v1/clusters/prod', { as: 'operator' });
    expect(response.status).toBe(403);
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer error="insufficient_scope", scope="view"');
    expect(await response.json()).toMatchObject({
      type: 'urn:lifeboat:problem:scope',
      detail: expect.stringContaining('"view"'),
    });
  });

  it('a session must send its own CSRF token along', async () => {
    const world = await createApiWorld();
    const { cookie, csrf } = await world.signIn('oncall');
    const other = await world.signIn('oncall');
    for (const wrong of [undefined, '', 'x', other.csrf, csrf.slice(1), `${csrf}x`]) {
      const headers = { cookie, ...(wrong === undefined ? {} : { 'X-CSRF-Token': wrong }) };
      const response = await world.ask(failover, { method: 'POST', json: yes, headers });
      expect([response.status, await response.json()]).toMatchObject([403, { type: 'urn:lifeboat:problem:csrf' }]);
    }
    expect(world.orders).toEqual([]);
    const right = await world.ask(failover, { method: 'POST', json: yes, headers: { cookie, 'X-CSRF-Token': csrf } });
    expect(right.status).toBe(202);
    expect(world.orders).toMatchObject([{ who: 'oncall' }]);
  });
});

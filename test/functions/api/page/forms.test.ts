import { describe, expect, it } from 'vitest';
import type { Caller } from '../../../../functions/api/context.ts';
import { LifeboatError } from '../../../../functions/lib/errors.ts';
import { scenes, standby } from './scenes.ts';
import { csrf, fakeControl, formOf, operator, planWords, reader, siteOf } from './site.ts';

const key = '07'.repeat(16);
const asked = { command: 'failover', why: 'the control plane burns', csrf };
const confirmed = { ...asked, confirm: 'prod', key };

function open(caller: Caller | undefined = operator) {
  const control = fakeControl(scenes.suspected);
  const site = siteOf({ prod: control });
  site.caller = caller;
  const post = async (path: string, fields: Readonly<Record<string, string>>, headers = {}) => {
    const response = await site.app.request(path, formOf(fields, headers));
    return { status: response.status, text: await response.text(), location: response.headers.get('location') };
  };
  return { control, site, post };
}

describe('the plan', () => {
  it('is shown in words, with the form that confirms it; nothing is done', async () => {
    const { control, post } = open();
    const { status, text } = await post('/clusters/prod/plan', asked);
    expect(status).toBe(200);
    for (const line of planWords) expect(text).toContain(`<li>${line}</li>`);
    expect(text).toContain('Nothing has been done yet');
    expect(text).toContain('action="/clusters/prod/orders"');
    expect(text).toContain(`name="key" value="${key}"`);
    expect(text).toContain('value="the control plane burns"');
    expect(control.orders).toEqual([
      { command: 'failover', who: 'oncall', why: 'the control plane burns', dryRun: true },
    ]);
  });

  it('is planned by hand without a reason, and cuts a long one', async () => {
    const { control, post } = open();
    await post('/clusters/prod/plan', { ...asked, why: '  ' });
    await post('/clusters/prod/plan', { ...asked, why: 'w'.repeat(500) });
    await post('/clusters/prod/plan', { ...asked, why: 'two\r\nlines' });
    expect(control.orders.map(({ why }) => why)).toEqual(['by hand', 'w'.repeat(200), 'two lines']);
  });

  it('offers to force a failback that would be refused, and nothing else', async () => {
    const { control, post } = open();
    const words = ['failback would be refused: the API server is healthy for 1 of 6 rounds'];
    control.answer = async ({ force = false, dryRun }) =>
      dryRun
        ? { status: 'planned', words, canForce: !force }
        : { status: force ? 'accepted' : 'refused', reason: 'too early', phase: 'active' };
    const failback = { ...asked, command: 'failback' };
    expect((await post('/clusters/prod/plan', failback)).text).toContain('name="force" value="yes">');
    expect((await post('/clusters/prod/orders', { ...confirmed, command: 'failback' })).status).toBe(409);
    const forced = { ...confirmed, command: 'failback', force: 'yes' };
    expect((await post('/clusters/prod/orders', { ...forced, confirm: 'x' })).text).toContain('value="yes" checked>');
    expect((await post('/clusters/prod/orders', forced)).status).toBe(303);
    expect(control.orders.at(-1)).toMatchObject({ command: 'failback', force: true });
    await post('/clusters/prod/orders', { ...forced, command: 'hold' });
    expect(control.orders.at(-1)).not.toHaveProperty('force');
    expect((await open().post('/clusters/prod/plan', failback)).text).not.toContain('name="force"');
  });

  it('offers to take over where another deployment keeps a zone, and nowhere else', async () => {
    const { control, post } = open();
    const failback = { ...confirmed, command: 'failback' };
    expect((await post('/clusters/prod/plan', failback)).text).not.toContain('name="take-over"');
    const view = scenes.suspected();
    const { standbys } = view.record.machine;
    const before = standbys[standby] ?? expect.fail();
    const marker = { generation: 7, keeper: 'the <other> one', frozen: 0, since: view.at };
    const machine = { ...view.record.machine, standbys: { [standby]: { ...before, marker } } };
    control.view = async () => ({ ...view, record: { ...view.record, machine } });
    const { text } = await post('/clusters/prod/plan', failback);
    expect(text).toContain('name="take-over" value="yes">');
    expect(text).toContain('the &lt;other&gt; one');
    expect((await post('/clusters/prod/plan', asked)).text).not.toContain('name="take-over"');
    const taking = { ...failback, 'take-over': 'yes' };
    expect((await post('/clusters/prod/orders', { ...taking, confirm: '' })).text).toContain('value="yes" checked>');
    expect((await post('/clusters/prod/orders', taking)).status).toBe(303);
    expect(control.orders.at(-1)).toMatchObject({ command: 'failback', takeOver: true });
    await post('/clusters/prod/orders', { ...taking, command: 'hold' });
    expect(control.orders.at(-1)).not.toHaveProperty('takeOver');
  });

  it('asks for how long a hold is, and takes no time that is none', async () => {
    const { control, post } = open();
    const hold = { ...confirmed, command: 'hold' };
    expect((await post('/clusters/prod/plan', { ...asked, command: 'hold' })).text).toContain('name="for"');
    expect((await post('/clusters/prod/plan', asked)).text).not.toContain('name="for"');
    for (const [time, forMs] of [
      ['30m', 1_800_000],
      ['', undefined],
    ] as const) {
      expect((await post('/clusters/prod/orders', { ...hold, for: time })).status).toBe(303);
      expect(control.orders.at(-1)?.forMs).toBe(forMs);
    }
    const orders = control.orders.length;
    for (const time of ['soon', '10s', '9d', '<b>']) {
      const { status, text } = await post('/clusters/prod/orders', { ...hold, for: time });
      expect([status, text]).toEqual([400, expect.stringContaining('from 1 min to 7 d')]);
    }
    expect(control.orders).toHaveLength(orders);
    expect((await post('/clusters/prod/orders', { ...hold, for: '2h', confirm: '' })).text).toContain('value="120m"');
    expect((await post('/clusters/prod/orders', { ...hold, for: '90s', confirm: '' })).text).toContain('value="90s"');
  });

  it('says why there is none', async () => {
    const { control, post } = open();
    control.answer = async () => ({ status: 'refused', reason: 'there is nothing to <give> back', phase: 'watching' });
    const { status, text } = await post('/clusters/prod/plan', { ...asked, command: 'failback' });
    expect(status).toBe(409);
    expect(text).toContain('Fail back: refused</h1>');
    expect(text).toContain('there is nothing to &lt;give&gt; back');
  });

  it('says that nothing was done when the control port does not answer', async () => {
    const { control, post } = open();
    control.answer = async () => {
      throw new LifeboatError('timeout', 'the order: nothing within 30000 ms');
    };
    const { status, text } = await post('/clusters/prod/plan', asked);
    expect(status).toBe(503);
    expect(text).toContain('Nothing was done.');
  });
});

describe('an order', () => {
  it('is carried out with its key when the id was typed, and leads back to the cluster', async () => {
    const { control, post } = open();
    const { status, location } = await post('/clusters/prod/orders', confirmed);
    expect([status, location]).toEqual([303, '/clusters/prod?done=failover']);
    const { csrf: _, confirm: __, key: idempotencyKey, ...order } = confirmed;
    expect(control.orders).toEqual([{ ...order, who: 'oncall', dryRun: false, idempotencyKey }]);
  });

  it.each([
    ['', 'you typed nothing'],
    ['Prod', 'you typed “Prod”'],
    ['prod2', 'you typed “prod2”'],
    ['<img>', 'you typed “&lt;img&gt;”'],
  ])('does nothing when %j was typed, and names it beside the form', async (confirm, problem) => {
    const { control, post } = open();
    const { status, text } = await post('/clusters/prod/orders', { ...confirmed, confirm });
    expect(status).toBe(422);
    expect(text).toContain(problem);
    expect(text).toContain('role="alert"');
    expect(text).toContain('aria-invalid="true" aria-describedby="confirm-problem"');
    expect(text).toContain(`name="key" value="${key}"`);
    expect(control.orders.filter(({ dryRun }) => !dryRun)).toEqual([]);
  });

  it('takes white space around the id, which phones add', async () => {
    expect((await open().post('/clusters/prod/orders', { ...confirmed, confirm: ' prod ' })).status).toBe(303);
  });

  it('does nothing without a key of ours', async () => {
    const { control, post } = open();
    expect((await post('/clusters/prod/orders', { ...confirmed, key: 'x' })).status).toBe(400);
    expect(control.orders).toEqual([]);
  });

  it.each([
    ['Nothing was done.', { status: 'refused', reason: 'an outage goes on', phase: 'active' } as const],
    ['This form was sent before', { status: 'key-reused', reason: 'an outage goes on' } as const],
  ])('says why it was not taken: %s', async (words, given) => {
    const { control, post } = open();
    control.answer = async () => given;
    const { status, text } = await post('/clusters/prod/orders', confirmed);
    expect(status).toBe(409);
    expect(text).toContain('an outage goes on');
    expect(text).toContain(words);
  });

  it('does not claim that nothing was done when the control port does not answer', async () => {
    const { control, post } = open();
    control.answer = async () => {
      throw new Error('reset');
    };
    const { status, text } = await post('/clusters/prod/orders', confirmed);
    expect(status).toBe(503);
    expect(text).toContain('Whether it was done is not known');
    expect(text).not.toContain('Nothing was done');
  });
});

describe.each(['/clusters/prod/plan', '/clusters/prod/orders'])('%s', (path) => {
  const { csrf: _, ...bearer } = operator;
  it.each<[string, Caller | undefined, Record<string, string>, Record<string, string>, number]>([
    ['nobody', undefined, {}, {}, 401],
    ['a reader', reader, {}, {}, 403],
    ['a bearer token', bearer, {}, {}, 403],
    ['a bearer token with an empty csrf', bearer, { csrf: '' }, {}, 403],
    ['no csrf', operator, { csrf: '' }, {}, 403],
    ['another csrf', operator, { csrf: `${csrf}x` }, {}, 403],
    ['another site', operator, {}, { 'sec-fetch-site': 'cross-site' }, 403],
    ['a sister site', operator, {}, { 'sec-fetch-site': 'same-site' }, 403],
    ['another origin', operator, {}, { origin: 'https://evil.example' }, 403],
    ['a hidden origin', operator, {}, { origin: 'null' }, 403],
    ['another port', operator, {}, { origin: 'http://localhost:8080' }, 403],
    ['a command it does not know', operator, { command: 'toString' }, {}, 400],
    ['a reason that turns text around', operator, { why: 'drill \u202edeliaf' }, {}, 400],
    ['a reason that hides a line', operator, { why: 'drill\u2028x' }, {}, 400],
    ['a reason that drives a terminal', operator, { why: '\u001b[2J' }, {}, 400],
    ['a form that is far too long', operator, {}, { 'content-length': '8193' }, 403],
    ['a body that is no form', operator, {}, { 'content-type': 'text/plain' }, 403],
  ])('asks nothing of a cluster for %s', async (_what, caller, fields, headers, status) => {
    const { control, site, post } = open(operator);
    site.caller = caller;
    const given = await post(path, { ...confirmed, ...fields }, headers);
    expect(given.status).toBe(status);
    expect(given.text).toContain('Nothing was done');
    expect(control.orders).toEqual([]);
  });

  it('gives up a body that is too long while it comes in, whatever it says of its length', async () => {
    const { control, site } = open(operator);
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(4096).fill(97));
        if (pulled === 100) controller.close();
      },
    });
    const { headers = {} } = formOf({});
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers, body, duplex: 'half' };
    expect((await site.app.request(path, init)).status).toBe(403);
    expect(pulled).toBeLessThan(6);
    expect(control.orders).toEqual([]);
  });

  it('knows no other cluster', async () => {
    const { post } = open();
    expect((await post(path.replace('prod', 'other'), confirmed)).status).toBe(404);
  });
});

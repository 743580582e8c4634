// Letting held deletes out on the page: shown by name, confirmed, and done once, as it was shown.
import { describe, expect, it } from 'vitest';
import type { Caller } from '../../../../functions/api/context.ts';
import { LifeboatError } from '../../../../functions/lib/errors.ts';
import type { ClusterView } from '../../../../functions/tasks/control/control-port.ts';
import { heldDigest as digest, heldBack, scenes, standby } from './scenes.ts';
import { csrf, fakeControl, formOf, operator, reader, siteOf } from './site.ts';

const path = '/clusters/prod/release-deletes';
const link = `${path}?standby=${encodeURIComponent(standby)}`;
const key = '07'.repeat(16);
const confirmed = { csrf, key, standby, digest, why: 'the shop is closed', confirm: 'prod' };
const names = (text: string) =>
  [...text.matchAll(/<li>delete (\S+) A \(held by delete-share\)/g)].map(([, name]) => name);

function open(view: () => ClusterView = () => heldBack(2), caller: Caller | undefined = operator) {
  const control = fakeControl(view);
  const site = siteOf({ prod: control });
  site.caller = caller;
  const ask = async (where: string, init: RequestInit = {}) => {
    const response = await site.app.request(where, init);
    return { status: response.status, text: await response.text() };
  };
  const post = (fields: Readonly<Record<string, string>>, headers = {}) => ask(path, formOf(fields, headers));
  return { control, site, ask, post };
}

describe('the page of the cluster', () => {
  it('lists what is held with guard, age and count, and leads to the form', async () => {
    const { text } = await open(() => heldBack(30)).ask('/clusters/prod');
    expect(text).toContain('30 changes held back');
    expect(
      text.match(/web-\d+\.shop\.svc\.cluster\.local\. A by delete-share <span class="age"><time [^>]*>3 min ago/g),
    ).toHaveLength(20);
    expect(text).toContain('and 10 more');
    expect(text.slice(text.indexOf('id="panels"'))).toContain(
      `<a href="${link}">See all 30 by name, and let them out…</a>`,
    );
  });

  it('leads to it in the advice of the incident, beside the command', async () => {
    const { text } = await open().ask('/clusters/prod');
    const advice = text.slice(0, text.indexOf('id="panels"'));
    expect(advice).toContain(`<a href="${link}">See them by name, and let them out…</a>`);
    expect(advice).toContain('npx lifeboat publish --release-deletes --cluster prod');
  });

  it('says what an outage holds and what was let out, and leads nowhere when that is all', async () => {
    const view = heldBack(2);
    const held = view.held[standby] ?? expect.fail();
    const [first = expect.fail(), second = expect.fail()] = held.changes;
    const changes = [
      { ...first, release: 'released' as const },
      { ...second, release: 'outage' as const },
    ];
    const { text } = await open(() => ({ ...view, held: { [standby]: { ...held, releasable: 0, changes } } })).ask(
      '/clusters/prod',
    );
    expect(text).toContain('let out: goes with the next publication');
    expect(text).toContain('until the outage is over');
    const panels = text.slice(text.indexOf('id="panels"'));
    expect(panels).not.toContain(link);
  });
});

describe('the form', () => {
  it('shows exactly the names with their digest, and does nothing', async () => {
    const { control, ask } = open();
    const { status, text } = await ask(link);
    expect(status).toBe(200);
    expect(names(text)).toEqual(['web-0.shop.svc.cluster.local.', 'web-1.shop.svc.cluster.local.']);
    expect(text).toContain('2 changes are held back');
    for (const [name, value] of Object.entries({ csrf, key, standby, digest }))
      expect(text).toContain(`<input type="hidden" name="${name}" value="${value}">`);
    expect(text).toContain('name="confirm" required');
    expect(text).toContain('name="why"');
    expect(control.releases).toEqual([]);
  });

  it('shows a hundred names of many, and the count of all', async () => {
    const { text } = await open(() => heldBack(4321)).ask(link);
    expect(names(text)).toHaveLength(100);
    expect(text).toContain('4321 changes are held back');
    expect(text).toContain('And 4221 more, which would go out too.');
  });

  it('shows what no guard holds as no part of it, and few of many addresses', async () => {
    const view = heldBack(2);
    const held = view.held[standby] ?? expect.fail();
    const [first = expect.fail(), second = expect.fail()] = held.changes;
    const wants = Array.from({ length: 50 }, (_, i) => `10.0.0.${i}`);
    const changes = [
      { ...first, release: 'outage' as const },
      { ...second, wants },
    ];
    const { text } = await open(() => ({ ...view, held: { [standby]: { ...held, releasable: 1, changes } } })).ask(
      link,
    );
    expect(text).toContain(
      'change web-1.shop.svc.cluster.local. A to 10.0.0.0, 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4 and 45 more',
    );
    expect(text).not.toContain('web-0.');
    expect(text).toContain('1 change is held back');
  });

  it.each<[string, () => ClusterView, string, number, string]>([
    [
      'nothing is held',
      () => ({ ...heldBack(0), held: { [standby]: { digest, total: 0, releasable: 0, changes: [] } } }),
      link,
      200,
      'No guard holds anything back',
    ],
    ['it is not known what is', () => ({ ...heldBack(2), held: {} }), link, 503, 'not known now'],
    ['there is no such standby', scenes.calm, `${path}?standby=toString`, 404, 'no such standby'],
    ['none is named', scenes.calm, path, 404, 'no such standby'],
  ])('is none when %s', async (_what, view, where, status, words) => {
    const given = await open(view).ask(where);
    expect([given.status, given.text]).toEqual([status, expect.stringContaining(words)]);
    expect(given.text).not.toContain('name="confirm"');
  });

  it('shows a reader the names and the command, and nothing to send', async () => {
    for (const caller of [reader, { id: 'cli', scopes: operator.scopes }]) {
      const { text } = await open(undefined, caller).ask(link);
      expect(names(text)).toHaveLength(2);
      expect(text).toContain('npx lifeboat publish --release-deletes --cluster prod');
      expect(text).not.toContain('name="confirm"');
    }
  });

  it('shows nobody else anything', async () => {
    const { ask, site } = open();
    site.caller = undefined;
    const given = await ask(link);
    expect(given.status).toBe(401);
    expect(given.text).not.toMatch(/prod|web-/);
    site.caller = { id: 'inside', scopes: new Set(['vantage'] as const), csrf };
    expect((await ask(link)).status).toBe(403);
  });

  it('says so when the control port gives no view, and knows no other cluster', async () => {
    const { control, ask } = open();
    control.view = async () => {
      throw new LifeboatError('store', 'no disk');
    };
    expect(await ask(link)).toEqual({ status: 503, text: expect.stringContaining('no disk') });
    expect((await ask(link.replace('prod', 'other'))).status).toBe(404);
  });

  it('shows hostile names as text', async () => {
    const view = heldBack(1);
    const held = view.held[standby] ?? expect.fail();
    const changes = held.changes.map((change) => ({ ...change, set: '<img src=x>\u202E', wants: ['"><img>'] }));
    const { text } = await open(() => ({ ...view, held: { [standby]: { ...held, changes } } })).ask(link);
    expect(text).toContain('&lt;img src=x&gt;\\u{202E}');
    expect(text).not.toMatch(/<img|\u202E/);
  });
});

describe('the order', () => {
  it('lets out what was shown, once under its key, and answers in words', async () => {
    const { control, post } = open();
    const { status, text } = await post(confirmed);
    expect(status).toBe(200);
    expect(text).toContain(`2 changes go out to ${standby} with the next publication that still asks for them.`);
    expect(control.releases).toEqual([
      {
        command: 'release-deletes',
        standby,
        digest,
        who: 'oncall',
        why: 'the shop is closed',
        dryRun: false,
        idempotencyKey: key,
      },
    ]);
    expect(control.orders).toEqual([]);
  });

  it.each(['', 'Prod', 'prod2'])('does nothing when %j was typed, and shows the names again', async (confirm) => {
    const { control, post } = open();
    const { status, text } = await post({ ...confirmed, confirm });
    expect(status).toBe(422);
    expect(text).toContain('role="alert"');
    expect(text).toContain('value="the shop is closed"');
    expect(names(text)).toHaveLength(2);
    expect(text).not.toContain('Something else is held back by now');
    expect(control.releases).toEqual([]);
  });

  it('binds names that are shown again to their own digest, not to the one that was sent', async () => {
    const { text } = await open().post({
      ...confirmed,
      digest: `sha256:${'0'.repeat(64)}`,
      key: 'ab'.repeat(16),
      confirm: '',
    });
    expect(text).toContain('Something else is held back by now');
    expect(text).toContain(`name="digest" value="${digest}"`);
    expect(text).toContain(`name="key" value="${key}"`);
  });

  it('says why it was not taken, and leads back to the names', async () => {
    const { control, post } = open();
    control.answerRelease = async () => ({ status: 'refused', reason: 'it is not what was shown', phase: 'watching' });
    const { status, text } = await post(confirmed);
    expect(status).toBe(409);
    expect(text).toContain('it is not what was shown');
    expect(text).toContain('Nothing was done.');
    expect(text).toContain(`href="${link}"`);
  });

  it('does not claim that nothing was done when the control port does not answer', async () => {
    const { control, post } = open();
    control.answerRelease = async () => {
      throw new Error('reset');
    };
    const { status, text } = await post(confirmed);
    expect(status).toBe(503);
    expect(text).toContain('Whether it was done is not known');
    expect(text).not.toContain('Nothing was done');
  });

  const { csrf: _, ...bearer } = operator;
  it.each<[string, Caller | undefined, Record<string, string>, Record<string, string>, number]>([
    ['nobody', undefined, {}, {}, 401],
    ['a reader', reader, {}, {}, 403],
    ['a bearer token', bearer, {}, {}, 403],
    ['a bearer token with an empty csrf', bearer, { csrf: '' }, {}, 403],
    ['no csrf', operator, { csrf: '' }, {}, 403],
    ['another csrf', operator, { csrf: `${csrf}x` }, {}, 403],
    ['another site', operator, {}, { 'sec-fetch-site': 'cross-site' }, 403],
    ['another origin', operator, {}, { origin: 'https://evil.example' }, 403],
    ['a hidden origin', operator, {}, { origin: 'null' }, 403],
    ['a reason that turns text around', operator, { why: 'drill \u202edeliaf' }, {}, 400],
    ['no standby', operator, { standby: '' }, {}, 400],
    ['a standby on two lines', operator, { standby: 'a\nb' }, {}, 400],
    ['a standby that is far too long', operator, { standby: 's'.repeat(301) }, {}, 400],
    ['no digest', operator, { digest: '' }, {}, 400],
    ['a digest that is none', operator, { digest: 'sha256:0' }, {}, 400],
    ['a key that is not ours', operator, { key: 'x' }, {}, 400],
    ['a form that is far too long', operator, {}, { 'content-length': '8193' }, 403],
    ['a body that is no form', operator, {}, { 'content-type': 'text/plain' }, 403],
  ])('asks nothing of a cluster for %s', async (_what, caller, fields, headers, status) => {
    const { control, site, post } = open();
    site.caller = caller;
    const given = await post({ ...confirmed, ...fields }, headers);
    expect(given.status).toBe(status);
    expect(given.text).toContain('Nothing was done');
    expect(control.releases).toEqual([]);
  });
});

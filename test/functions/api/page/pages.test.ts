import { describe, expect, it } from 'vitest';
import type { Caller } from '../../../../functions/api/context.ts';
import { ago, clockTime } from '../../../../functions/api/page/markup.ts';
import { LifeboatError } from '../../../../functions/lib/errors.ts';
import type { ClusterView } from '../../../../functions/tasks/control/control-port.ts';
import { outage, peace, scenes, viewOf } from './scenes.ts';
import { csrf, fakeControl, operator, reader, siteOf } from './site.ts';

const none = fakeControl(scenes.calm);

async function textOf(caller: Caller | undefined, path: string, view: () => ClusterView = scenes.active) {
  const site = siteOf({ prod: fakeControl(view) });
  site.caller = caller;
  const response = await site.app.request(path);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

describe('without a caller', () => {
  it.each(['/', '/clusters/prod', '/clusters/other', '/?part=main', '/clusters/prod?part=main'])(
    '%s shows the sign-in form and nothing of any cluster',
    async (path) => {
      const site = siteOf({ prod: none, 'staging-2': none });
      site.caller = undefined;
      const response = await site.app.request(path);
      const text = await response.text();
      expect(response.status).toBe(path === '/' ? 200 : 401);
      expect(text).toContain('action="/session"');
      expect(text).toMatch(/<input id="token" name="token" type="password" autocomplete="current-password"/);
      expect(text).not.toMatch(/prod|staging|cluster/i);
    },
  );

  it('answers the same for a cluster that is there and one that is not', async () => {
    const [there, not] = [await textOf(undefined, '/clusters/prod'), await textOf(undefined, '/clusters/other')];
    expect(there.text).toBe(not.text);
    expect(there.status).toBe(not.status);
  });
});

describe('with a caller', () => {
  it('says so where the token may not read', async () => {
    const caller = { id: 'inside', scopes: new Set(['vantage'] as const), csrf } as const;
    const { status, text } = await textOf(caller, '/clusters/prod');
    expect(status).toBe(403);
    expect(text).toContain('scope view');
    expect(text).not.toContain('prod');
  });

  it('shows the only cluster at once', async () => {
    const { text } = await textOf(reader, '/');
    expect(text).toContain('prod: the control plane is down; the standby holds its DNS</h1>');
    expect(text).toContain('<title>Critical: prod</title>');
  });

  it('lists several, the worst first', async () => {
    const controls = {
      a: fakeControl(scenes.calm),
      b: fakeControl(scenes.suspected),
      c: fakeControl(scenes.active),
      d: broken(),
    };
    const text = await (await siteOf(controls).app.request('/')).text();
    expect([...text.matchAll(/href="\/clusters\/(\w)"/g)].map(([, id]) => id)).toEqual(['c', 'd', 'b', 'a']);
    expect(text).toContain('4 clusters: 3 need a look</h1>');
    expect(text).toMatch(/id="as-of">As of .*22:13:20 UTC/);
  });

  it('answers the first screen in order', async () => {
    const { text } = await textOf(operator, '/clusters/prod');
    const parts = ['id="headline"', 'Since', 'Seen from', 'What Lifeboat has done', 'What to do now', 'id="targets"'];
    const places = parts.map((part) => text.indexOf(part));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  it('has the inside of main alone for the live page', async () => {
    const { text } = await textOf(operator, '/clusters/prod?part=main');
    expect(text).not.toMatch(/<html|<main|<header|<script/);
    expect(text).toContain('id="status"');
  });

  it('has no buttons for a reader, and none without a session', async () => {
    for (const caller of [reader, { id: 'cli', scopes: operator.scopes }]) {
      const { text } = await textOf(caller, '/clusters/prod');
      expect(text).not.toContain('name="command"');
      expect(text).toContain('npx lifeboat failback --cluster prod');
    }
  });

  it('has a page for a cluster that is not watched', async () => {
    const { status, text } = await textOf(operator, '/clusters/other');
    expect(status).toBe(404);
    expect(text).toContain('No such cluster</h1>');
  });

  it.each(['failover', 'nonsense', '<b>', 'constructor'])(
    'after ?done=%s speaks of known commands only',
    async (done) => {
      const { text } = await textOf(operator, `/clusters/prod?done=${encodeURIComponent(done)}`);
      expect(text.includes('You asked for')).toBe(done === 'failover');
    },
  );
});

function broken() {
  const control = fakeControl(scenes.calm);
  control.view = async () => {
    throw new LifeboatError('store', 'the state of d cannot be read: no disk');
  };
  return control;
}

describe('a control port that gives no view', () => {
  it('is shown as blind, with what to run', async () => {
    const response = await siteOf({ d: broken() }).app.request('/clusters/d');
    const text = await response.text();
    expect(response.status).toBe(503);
    expect(text).toContain('data-severity="blind"');
    expect(text).toContain('no disk');
    expect(text).toContain('npx lifeboat failover --file last.zone --cluster d');
  });

  it('keeps what it does not know to itself', async () => {
    const control = fakeControl(scenes.calm);
    control.view = async () => {
      throw new Error('token=sesame');
    };
    expect(await (await siteOf({ d: control }).app.request('/')).text()).not.toContain('sesame');
  });
});

describe('headers', () => {
  it.each(['/', '/clusters/prod', '/clusters/other', '/clusters/prod?part=main'])('of %s', async (path) => {
    const { headers, text } = await textOf(operator, path);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    // `no-referrer` would make browsers send `Origin: null` along with forms.
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(text).not.toMatch(
      / style=|<style|<script(?! src="\/page\.js" defer>)| on\w+=|javascript:|https?:\/\/(?!10\.)/,
    );
  });
});

describe('hostile text', () => {
  const hostile = `<img src=x onerror=alert(1)>"'\`&amp;\u2028\u202Eexe.cod\u0000\u200B${'w'.repeat(400)}`;
  /** A view in which every text is hostile, but for the cluster's id and the words that the machine chooses from. */
  const poisoned = () => poison(viewOf(outage(), { watch: { troubles: ['x'] } })) as ClusterView;
  const chosen =
    /^(prod|watching|suspected|confirmed|active|recovering|held|healthy|degraded|stale|down|unknown|control-plane|dns|operator|captured|pending|refused|none|critical|warning|info|edge|inside|trigger|resolve|manual|automatic|made|waits|given-up|bad|answers|asks|rewrites|leaves)$/;

  function poison(value: unknown): unknown {
    if (typeof value === 'string') return chosen.test(value) ? value : hostile;
    if (Array.isArray(value)) return value.map(poison);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [
        key.includes(' ') || key.includes('/') ? `${key}${hostile}` : key,
        key === 'kind' ? one : poison(one),
      ]),
    );
  }

  it.each(['/', '/clusters/prod?part=main'])('stays text on %s', async (path) => {
    const { text } = await textOf(operator, path, poisoned);
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;`&amp;amp;');
    expect(text).not.toMatch(/<img/);
    expect(text).not.toMatch(/[\u2028\u2029\u202A-\u202E\u2066-\u2069\u200B-\u200F\0]/);
    expect(text).toContain('\\u{202E}exe.cod');
  });

  it('stays text in the list, in ids and in the paths of links', async () => {
    const controls = { '"><img src=x>': fakeControl(poisoned), b: fakeControl(scenes.calm) };
    const text = await (await siteOf(controls).app.request('/')).text();
    expect(text).not.toMatch(/<img/);
    expect(text).toContain('href="/clusters/%22%3E%3Cimg%20src%3Dx%3E"');
  });

  it('stays text in whoever asks', async () => {
    const { text } = await textOf({ ...operator, id: '<img>', csrf: '"><img>' }, '/clusters/prod');
    expect(text).not.toMatch(/<img/);
  });
});

it.each([
  [-5000, 'just now'],
  [59_999, '59 s ago'],
  [60_000, '1 min ago'],
  [3_600_000, '1 h ago'],
  [7_500_000, '2 h 5 min ago'],
  [86_400_000, '1 d ago'],
  [100_000_000, '1 d 3 h ago'],
])('ago: %j ms is %j', (ms, words) => expect(ago(ms)).toBe(words));

describe('clockTime', () => {
  const now = Date.UTC(2026, 10, 24, 3, 12, 4);
  it.each([
    [now - 3_600_000, '02:12:04 UTC'],
    [now - 86_400_000, '23 Nov 03:12 UTC'],
    [Date.UTC(2025, 1, 3), '3 Feb 2025 00:00 UTC'],
    [Number.MAX_SAFE_INTEGER, '31 Dec 9999 23:59 UTC'],
  ])('%j', (at, words) => expect(clockTime(at, now)).toBe(words));
});

it('shows the held deletes, the alerts given up and older phases', async () => {
  const tale = peace();
  for (let i = 0; i < 4; i++) tale.look(1, { api: 'etcd' }).look(8);
  const view = viewOf(tale);
  const [label = ''] = Object.keys(view.record.machine.standbys);
  const change = { set: 'web.shop.svc.cluster.local. A', guard: 'delete-share', since: view.at - 60_000 } as const;
  const held = {
    [label]: { digest: '', total: 1, releasable: 1, changes: [{ ...change, wants: [], release: 'possible' as const }] },
  };
  const { text } = await textOf(operator, '/', () => ({ ...view, held }));
  expect(text).toContain('1 changes held back');
  expect(text).toContain('web.shop.svc.cluster.local. A');
  expect(text).toMatch(/\d older changes/);
});

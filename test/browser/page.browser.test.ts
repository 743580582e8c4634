import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { heldBack, heldDigest, outage, peace, scenes, viewOf } from '../functions/api/page/scenes.ts';
import { operator } from '../functions/api/page/site.ts';
import { launch, skipped } from './chromium.ts';
import { type Served, serve } from './server.ts';

let browser: Browser;
let served: Served;
let context: BrowserContext;
/** Console errors, page errors and CSP violations; none may be left at the end of a test. */
let complaints: string[];
let elsewhere: string[];

async function open(path = '/', options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => new URL(request.url()).origin !== served.origin && elsewhere.push(request.url()));
  await page.goto(`${served.origin}${path}`);
  return page;
}

const headline = (page: Page) => page.locator('#headline').textContent();
const sticksOut = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
const colourOfWord = "getComputedStyle(document.querySelector('.word')).color";
/** The inside of main, whatever the order of attributes, without the ages that go on counting. */
const plainMain = `(() => {
  const main = document.querySelector('main').cloneNode(true);
  for (const element of main.querySelectorAll('*')) {
    const attributes = [...element.attributes].sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name } of attributes) element.removeAttribute(name);
    for (const { name, value } of attributes) element.setAttribute(name, value);
    if ('ago' in element.dataset) element.textContent = '';
  }
  return main.innerHTML.trim();
})()`;
const focused = (page: Page, what: string) => page.evaluate(`document.activeElement.${what}`);
const untilLive = (page: Page) => page.locator('#live[data-state="live"]').waitFor();

describe.skipIf(skipped)('the page in a browser', () => {
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    [complaints, elsewhere] = [[], []];
    served = await serve();
  });
  afterEach(async () => {
    await context.close();
    await served.close();
    expect(elsewhere, 'nothing is asked of another origin').toEqual([]);
  });

  it('goes on by itself, and keeps what is open, focused, typed and scrolled to', async () => {
    const page = await open();
    await untilLive(page);
    await page.locator('#evidence-1 summary').click();
    await page.locator('#why').fill('half a sen');
    const before = await page.evaluate('scrollY');
    await page.evaluate('window.before = document.activeElement');
    served.view = scenes.active();
    served.announce();
    await page.getByRole('heading', { level: 1, name: /the control plane is down/ }).waitFor();
    expect(await page.locator('#why').inputValue()).toBe('half a sen');
    expect(await page.evaluate('document.activeElement === window.before && window.before.isConnected')).toBe(true);
    expect(await page.locator('#evidence-1').getAttribute('open')).toBe('');
    // What turned bad opens by itself.
    expect(await page.locator('#evidence-0').getAttribute('open')).toBe('');
    expect(before).toBeGreaterThan(0);
    expect(await page.title()).toBe('Critical: prod');
    expect(await page.locator('#status').getAttribute('class')).toBe('status critical');
    served.view = scenes.calm();
    served.announce();
    await page.getByRole('heading', { level: 1, name: /is healthy/ }).waitFor();
    expect(await page.locator('#why').inputValue()).toBe('half a sen');
    expect(await page.evaluate('document.activeElement === window.before')).toBe(true);
    expect(await page.evaluate('scrollY')).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
  });

  it('leaves closed what the reader has closed', async () => {
    served.view = scenes.active();
    const page = await open();
    await untilLive(page);
    await page.locator('#evidence-0 summary').click();
    served.view = viewOf(outage().look(30, { api: 'gone' }));
    served.announce();
    await page.locator('#as-of time[datetime="2023-11-15T00:50:12.000Z"]').first().waitFor({ state: 'attached' });
    expect(await page.locator('#evidence-0').getAttribute('open')).toBeNull();
  });

  it('is the same after an update as when it is loaded anew', async () => {
    const page = await open();
    await untilLive(page);
    for (const scene of ['active', 'recovering', 'blind', 'calm'] as const) {
      served.view = scenes[scene]();
      served.announce();
      await expect.poll(() => page.title()).toBe(titles[scene]);
      const updated = await page.evaluate(plainMain);
      const fresh = await context.newPage();
      await fresh.goto(`${served.origin}/`);
      expect(updated).toBe(await fresh.evaluate(plainMain));
      await fresh.close();
    }
  });

  const titles = {
    active: 'Critical: prod',
    recovering: 'Under way: prod',
    blind: 'Lifeboat is blind: prod',
    calm: 'All well: prod',
  } as const;

  it('counts time by itself, in the same words as the server', async () => {
    const page = await open();
    await untilLive(page);
    const age = page.locator('#own time[data-ago]').first();
    expect(await age.textContent()).toBe('2 s ago');
    await expect.poll(() => age.textContent(), { timeout: 5000 }).toBe('4 s ago');
  });

  it('says honestly when it is no longer live, looks calm no longer, and comes back', async () => {
    const page = await open();
    await untilLive(page);
    const calm = await page.evaluate(colourOfWord);
    served.cut(true);
    await page.locator('#live[data-state="lost"]').waitFor({ timeout: 15_000 });
    expect(await page.locator('#live-words').textContent()).toMatch(
      /^Not live since 00:44:1\d UTC: no connection to Lifeboat$/,
    );
    expect(await page.evaluate(colourOfWord)).not.toBe(calm);
    served.mend();
    await page.locator('#live:not([data-state="lost"])').waitFor({ timeout: 15_000 });
    complaints = [];
  });

  it('asks every 5 s without a stream', async () => {
    served.streaming = false;
    const page = await open();
    await page.locator('#live[data-state="polling"]').waitFor();
    served.view = scenes.suspected();
    await page.getByRole('heading', { level: 1, name: /may be losing/ }).waitFor({ timeout: 10_000 });
    complaints = [];
  });

  it('leads to signing in when the session has ended', async () => {
    const page = await open();
    await untilLive(page);
    served.site.caller = undefined;
    served.announce();
    await page.getByRole('heading', { name: 'Sign in to Lifeboat' }).waitFor();
    expect(await page.content()).not.toContain('prod');
    await page.getByLabel('Token').fill('anything');
    await page.keyboard.press('Enter');
    await page.locator('#headline').waitFor();
    complaints = [];
  });

  it('can be failed over with the keyboard alone', async () => {
    served.view = scenes.suspected();
    const page = await open();
    await untilLive(page);
    await page.keyboard.press('Tab');
    expect(await focused(page, 'textContent')).toBe('Skip to the status');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    const first = await focused(page, 'textContent');
    expect(first, 'the first stop after the skip link is what to do').toBe('Fail over…');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Fail over: prod' }).waitFor();
    expect(await focused(page, 'id')).toBe('confirm');
    await page.keyboard.type('prod');
    await page.keyboard.press('Enter');
    await page.getByText('You asked for: fail over.').waitFor();
    expect(served.control.orders.map(({ command, dryRun }) => [command, dryRun])).toEqual([
      ['failover', true],
      ['failover', false],
    ]);
    expect(complaints).toEqual([]);
  });

  it('shows hostile evidence as text, and breaks no layout', async () => {
    const tale = peace();
    const view = viewOf(tale.look(1, { api: 'etcd' }));
    const api = view.record.machine.verdicts.apiserver;
    if (api === undefined) throw new Error('a verdict is needed');
    const evidence = [`<img src=x onerror="document.title='owned'">`, 'w'.repeat(400), '\u202Eexe.cod\u2028'];
    const verdicts = { ...view.record.machine.verdicts, apiserver: { ...api, evidence, words: 'x'.repeat(300) } };
    served.view = { ...view, record: { ...view.record, machine: { ...view.record.machine, verdicts } } };
    const page = await open('/', { viewport: { width: 360, height: 640 } });
    await untilLive(page);
    expect(await page.locator('main img').count()).toBe(0);
    expect(await page.locator('#evidence-0').textContent()).toContain('<img src=x onerror=');
    const wide = await page.evaluate(sticksOut);
    expect(wide).toBe(0);
    expect(complaints).toEqual([]);
  });

  describe('without script', () => {
    it('can be read and acted with', async () => {
      served.site.caller = undefined;
      const page = await open('/', { javaScriptEnabled: false, viewport: { width: 360, height: 640 } });
      await page.getByLabel('Token').fill('anything');
      await page.getByRole('button', { name: 'Sign in' }).click();
      served.view = scenes.active();
      await page.getByRole('link', { name: 'Reload' }).click();
      expect(await headline(page)).toMatch(/the control plane is down/);
      await page.getByLabel('Why').fill('over');
      await page.locator('#act').getByRole('button', { name: 'Fail back…' }).click();
      await page.getByLabel(/^Type the id/).fill('production');
      await page.getByRole('button', { name: 'Fail back now' }).click();
      await page.getByRole('alert').getByText('Nothing was done: you typed “production”').waitFor();
      await page.getByLabel(/^Type the id/).fill('prod');
      await page.getByRole('button', { name: 'Fail back now' }).click();
      expect(complaints.splice(0)).toEqual([expect.stringContaining('422')]);
      await page.getByText('You asked for: fail back.').waitFor();
      expect(served.control.orders.at(-1)).toMatchObject({ command: 'failback', why: 'over', who: operator.id });
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByLabel('Token').waitFor();
      expect(complaints).toEqual([]);
    });

    it('lets held deletes out, after their names were shown', async () => {
      served.view = heldBack(130);
      const page = await open('/', { javaScriptEnabled: false, viewport: { width: 360, height: 640 } });
      await page.locator('#standby').getByRole('link', { name: 'See all 130 by name' }).click();
      expect(await page.getByText('(held by delete-share)').count()).toBe(100);
      expect(await page.evaluate(sticksOut)).toBe(0);
      await page.getByLabel('Why').fill('the shop is closed');
      await page.getByLabel(/^Type the id/).fill('shop');
      await page.getByRole('button', { name: 'Let them out' }).click();
      await page.getByRole('alert').getByText('Nothing was done: you typed “shop”').waitFor();
      expect(complaints.splice(0)).toEqual([expect.stringContaining('422')]);
      await page.getByLabel(/^Type the id/).fill('prod');
      await page.getByRole('button', { name: 'Let them out' }).click();
      await page.getByText('go out to knot with the next publication').waitFor();
      expect(served.control.releases).toEqual([
        expect.objectContaining({ digest: heldDigest, why: 'the shop is closed' }),
      ]);
      await page.getByRole('link', { name: 'Back to prod' }).click();
      await page.locator('#headline').waitFor();
      expect(complaints).toEqual([]);
    });
  });
});

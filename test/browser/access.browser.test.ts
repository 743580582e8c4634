import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scenes } from '../functions/api/page/scenes.ts';
import { faultsOfAccess } from './access.ts';
import { launch, skipped } from './chromium.ts';
import { type Served, serve } from './server.ts';

let browser: Browser;
let served: Served;

/** Pages as a person meets them, on the way to a failover as well. */
const ways: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
  'a cluster': async () => undefined,
  'a plan': async (page) => page.locator('#act').getByRole('button', { name: 'Fail over…' }).click(),
  'a wrong confirmation': async (page) => {
    await page.locator('#act').getByRole('button', { name: 'Fail over…' }).click();
    await page.getByLabel(/^Type the id/).fill('x');
    await page.getByRole('button', { name: 'Fail over now' }).click();
    await page.getByRole('alert').waitFor();
  },
  'no such cluster': async (page) => page.goto(`${served.origin}/clusters/other`),
};

const cases = (['light', 'dark'] as const).flatMap((scheme) => [
  ...Object.keys(scenes).map((scene) => ({ scheme, scene: scene as keyof typeof scenes, way: 'a cluster' })),
  ...Object.keys(ways).map((way) => ({ scheme, scene: 'active' as const, way })),
]);

describe.skipIf(skipped)('access', () => {
  beforeAll(async () => {
    [browser, served] = [await launch(), await serve()];
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  it.each(cases)('$way, $scene, in the $scheme', async ({ scheme, scene, way }) => {
    served.view = scenes[scene]();
    const context = await browser.newContext({ colorScheme: scheme, viewport: { width: 390, height: 844 } });
    const page = await context.newPage();
    await page.goto(`${served.origin}/`);
    await page.locator('#live[data-state="live"]').waitFor();
    await ways[way]?.(page);
    expect(await page.evaluate(faultsOfAccess)).toEqual([]);
    await context.close();
  });

  it('the sign-in page, and the page that lost its connection', async () => {
    served.view = scenes.calm();
    const page = await browser.newPage({ colorScheme: 'dark' });
    await page.goto(`${served.origin}/`);
    await page.locator('#live[data-state="live"]').waitFor();
    served.cut(true);
    await page.locator('#live[data-state="lost"]').waitFor({ timeout: 15_000 });
    expect(await page.evaluate(faultsOfAccess)).toEqual([]);
    served.mend();
    served.site.caller = undefined;
    await page.goto(`${served.origin}/`);
    expect(await page.evaluate(faultsOfAccess)).toEqual([]);
    await page.close();
  });

  it('finds what is wrong', async () => {
    const page = await browser.newPage();
    await page.setContent(
      '<html><body><h1>a</h1><h3>b</h3><input><button></button><p style="color:#999">pale</p><img src="data:,"><p id="x"></p><p id="x"></p></body></html>',
    );
    const faults = (await page.evaluate(faultsOfAccess)) as readonly string[];
    for (const fault of [
      /no lang/,
      /one main/,
      /h3 after h1/,
      /no label: input/,
      /no name: button/,
      /contrast 2\.8/,
      /img without alt/,
      /twice: x/,
    ])
      expect(faults).toContainEqual(expect.stringMatching(fault));
    await page.close();
  });
});

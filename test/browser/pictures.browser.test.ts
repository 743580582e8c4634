import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scenes } from '../functions/api/page/scenes.ts';
import { root } from '../house/sources.ts';
import { launch, skipped } from './chromium.ts';
import { type Served, serve } from './server.ts';

/** `UPDATE_PICTURES=1` writes docs/pictures; else the pictures are taken and looked at for their size only. */
const folder = join(root, 'docs', 'pictures');
const sizes = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } } as const;

const shots = Object.keys(scenes).flatMap((scene) =>
  (['desktop', 'phone'] as const).flatMap((size) =>
    (['light', 'dark'] as const).map((scheme) => ({ scene: scene as keyof typeof scenes, size, scheme })),
  ),
);

describe.skipIf(skipped)('the page', () => {
  let browser: Browser;
  let served: Served;
  beforeAll(async () => {
    [browser, served] = [await launch(), await serve()];
    mkdirSync(folder, { recursive: true });
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  it.each(shots)('shows $scene on a $size in the $scheme', async ({ scene, size, scheme }) => {
    served.view = scenes[scene]();
    const context = await browser.newContext({ viewport: sizes[size], colorScheme: scheme, deviceScaleFactor: 1 });
    const page = await context.newPage();
    await page.goto(`${served.origin}/`);
    await page.locator('#live[data-state="live"]').waitFor();
    const wide = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(wide, 'nothing may stick out to the side').toBe(0);
    const isKept = scheme === 'light' || scene === 'active';
    const out = process.env.PICTURES_TO ?? (process.env.UPDATE_PICTURES && isKept ? folder : undefined);
    if (out !== undefined) {
      const name = `${scene}-${size}${scheme === 'dark' ? '-dark' : ''}.png`;
      await page.screenshot({ path: join(out, name), animations: 'disabled' });
      if (process.env.PICTURES_TO) await page.screenshot({ path: join(out, `full-${name}`), fullPage: true });
    }
    await context.close();
  });
});

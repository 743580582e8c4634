// The page of the lab in a real Chromium, in the outage that `npm start` makes. `UPDATE_PICTURES=1` keeps the pictures, and the terminal beside
// them, in docs/pictures and docs/recordings.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../house/sources.ts';
import { asciicast, canOpenSessions, openSession, type Session, seen, settled } from '../lab/director/session.ts';
import { launch, skipped } from './chromium.ts';

const size = { columns: 100, rows: 40 } as const;
const pictures = join(root, 'docs', 'pictures');
const recordings = join(root, 'docs', 'recordings');
const keep = process.env.UPDATE_PICTURES === '1';

describe.skipIf(skipped || !canOpenSessions())('the page of the lab', () => {
  let browser: Browser;
  let session: Session;
  let page: Page;

  beforeAll(async () => {
    browser = await launch();
    session = openSession({ command: 'npm start', ...size });
    await session.saw(/lbt_\S+/, { timeoutMs: 120_000 });
    const [, url = '', token = ''] = /(http:\S+\/clusters\/lab)\s+(lbt_\S+)/.exec(seen(session.output())) ?? [];
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, deviceScaleFactor: 1 });
    page = await context.newPage();
    await page.goto(new URL('/', url).href);
    await page.locator('input[name="token"]').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('#live[data-state="live"]').waitFor();
  }, 180_000);

  afterAll(async () => {
    session?.type('\u0003');
    await session?.ended;
    await browser?.close();
  });

  const picture = async (name: string) => {
    if (!keep) return;
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}.png`), animations: 'disabled' });
  };
  const shows = (text: RegExp) =>
    expect.poll(() => page.locator('main').innerText(), { timeout: 60_000, interval: 250 }).toMatch(text);

  it('shows peace, the outage as it goes on, and peace again, without a reload', async () => {
    await session.saw(/story +Peace/);
    await shows(/healthy/i);
    await picture('lab-1-calm');
    await session.saw(/frozen: nothing may change it/, { timeoutMs: 90_000 });
    await shows(/activation 1/i);
    await picture('lab-2-drowned');
    await session.saw(/dns-restarted: paged/, { timeoutMs: 90_000 });
    await shows(/CoreDNS has no API data/);
    await picture('lab-3-outage');
    await session.saw(/help says how/, { timeoutMs: 120_000 });
    await shows(/healthy/i);
    await picture('lab-4-after');
  }, 240_000);

  it('says by hand what it said in the story', async () => {
    session.type('break network\r');
    await session.saw(/network-cut: paged/);
    await shows(/unknown/i);
    await picture('lab-5-blind');
    session.type('heal\r');
    await session.saw(/nothing is broken any more/);
    await shows(/healthy/i);
    const since = session.output().length;
    session.type('status\r');
    await session.saw(/lab: watching/, { since });
    session.type('quit\r');
    expect(await session.ended).toBe(0);
    const text = settled(session.output()).join('\n');
    expect(text).toMatch(/with Lifeboat: [\d,]+ lookups, 0 failed, 0 wrong/);
    if (!keep) return;
    mkdirSync(recordings, { recursive: true });
    const commands = text.replace(/[\s\S]*?(?=^00:0)/m, '$ npm start\n');
    writeFileSync(join(recordings, 'outage.txt'), withoutTokens(`${commands.trimEnd()}\n`));
    writeFileSync(
      join(recordings, 'outage.cast'),
      withoutTokens(asciicast(session, size, 'npm start: the outage of 11 December 2024')),
    );
  }, 180_000);
});

/** The lab that they opened is gone, but who looks for tokens need not find any. */
function withoutTokens(text: string): string {
  return text.replace(/lbt_[\w-]+/g, 'lbt_...');
}

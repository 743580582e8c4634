// A real Chromium for the browser tests, and why there is none. Without one the tests are skipped on a developer's machine, and fail in CI.
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** `LIFEBOAT_CHROMIUM`, or where distributions put it. */
export const executable = [process.env.LIFEBOAT_CHROMIUM, ...places].find(
  (path) => path !== undefined && existsSync(path),
);

/** Tests are skipped where there is none, but not in CI. */
export const skipped = executable === undefined && process.env.CI !== 'true';

/** No browser of the test's own network: every service that Chromium brings along is off. */
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

if (skipped) console.warn('browser tests are skipped: no Chromium at LIFEBOAT_CHROMIUM, nor at any usual place');

export async function launch(): Promise<Browser> {
  if (executable === undefined) throw new Error('no Chromium: install one, or set LIFEBOAT_CHROMIUM');
  return chromium.launch({ executablePath: executable, args: quiet });
}

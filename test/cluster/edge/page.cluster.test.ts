// A real outage through the eyes of whoever is on call: the Worker's page in a real Chromium, its API beside it; and what strangers get to see.
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureParts } from '../../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../../lab/binaries/dns-servers.ts';
import { runLifeboat } from '../../../lab/processes/lifeboat-process.ts';
import { poll } from '../../../lab/processes/poll.ts';
import type { WorkerProcess } from '../../../lab/processes/worker-process.ts';
import { clusterId } from '../../../lab/scenario/deployment.ts';
import { launch, skipped } from '../../browser/chromium.ts';
import { attemptsOn } from '../../functions/api/no-token.ts';
import { markerOf } from '../story/standby-zone.ts';
import { startWorld, type World } from '../story/world.ts';
import { ask, createApiToken, hashOf, order, startWorkerWatch } from './worker.ts';

const built = await ensureParts();
const system = await ensureDnsServers();
const { token, extra } = createApiToken();
const viewer = createApiToken().token;
const rack = createApiToken().token;
const waitMs = 60_000;

describe.skipIf(skipped || built.status === 'absent' || system.status === 'absent')('on call, with the page', () => {
  let world: World;
  let worker: WorkerProcess;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  /** Everything that the Worker has answered, to look for secrets in it. */
  const answers: string[] = [];

  beforeAll(async () => {
    if (built.status === 'absent' || system.status === 'absent') return;
    const tokens = [
      ...(extra.api?.tokens ?? []),
      { id: 'viewer', scopes: ['view' as const], sha256: hashOf(viewer) },
      { id: 'rack', scopes: ['vantage' as const], sha256: hashOf(rack) },
    ];
    world = await startWorld(built.parts, system.servers, { platform: 'worker', extra: { api: { tokens } } });
    worker = world.own(await startWorkerWatch(world.deployment));
    browser = await launch();
    const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
    page = await context.newPage();
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('response', async (response) => {
      // The stream of events has no end.
      if (!response.url().endsWith('/events')) answers.push(await response.text().catch(() => ''));
    });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await world?.end();
  });

  const headline = (words: RegExp) => page.getByRole('heading', { level: 1, name: words }).waitFor({ timeout: waitMs });

  it('shows nothing before signing in, and calm after it', async () => {
    await page.goto(worker.url);
    expect(await page.textContent('body')).not.toContain(clusterId);
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await headline(/healthy/);
    await page.locator('#live[data-state="live"]').waitFor({ timeout: waitMs });
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
  });

  it('turns without a reload when the API server freezes, and says what was done', async () => {
    await page.evaluate('window.stays = true');
    world.api.freeze();
    await headline(/control plane is down/);
    await page.getByText(/Opened activation 1/).waitFor({ timeout: waitMs });
    await page.getByText(/Froze rfc2136/).waitFor({ timeout: waitMs });
    expect(await page.evaluate('window.stays')).toBe(true);
    await world.pagerduty.paged(`${clusterId}/activation/1`);
  });

  it('refuses a failback while the API server is down, and says why', async () => {
    const { status, body } = await order(worker, token, 'failback');
    expect(status).toBe(409);
    expect(body.detail).toMatch(/API server is down/);
    expect((await markerOf(world.standby.address)).phase).toBe('frozen');
  });

  it('fails back by hand: the plan in words, the id typed, then peace', async () => {
    world.api.thaw();
    await world.webhook.paged(`${clusterId}/failback-due`, { timeoutMs: waitMs });
    await page
      .locator('#status')
      .getByRole('button', { name: /Fail back/ })
      .click();
    await page.getByRole('heading', { level: 1, name: /Fail back/ }).waitFor({ timeout: waitMs });
    expect(await page.textContent('main')).toMatch(/would be accepted/);
    await page.locator('#confirm').fill('another');
    await page.keyboard.press('Enter');
    await page.locator('#confirm-problem').waitFor({ timeout: waitMs });
    expect((await markerOf(world.standby.address)).phase).toBe('frozen');
    await page.locator('#confirm').fill(clusterId);
    await page.keyboard.press('Enter');
    await headline(/healthy/);
    const isWarm = async () => (await markerOf(world.standby.address)).phase === 'warm' || undefined;
    await poll('the warm standby', isWarm);
    await world.pagerduty.resolved(`${clusterId}/activation/1`);
    const { body } = await ask(worker, token, `/v1/clusters/${clusterId}`);
    const transitions = body.transitions as readonly { readonly to: string; readonly by: string | null }[];
    expect(transitions.find(({ to }) => to === 'recovering')?.by).toBe('oncall');
    // The wrong id was answered 422, which Chromium writes to the console.
    expect(complaints.filter((line) => !/422/.test(line))).toEqual([]);
  });

  it('answers the command line as well, which needs a token and no way to the cluster', async () => {
    const { folder, configFile, secrets } = world.deployment;
    const remote = ['--remote', worker.url];
    const withToken = { folder, configFile, secrets: { ...secrets, LIFEBOAT_TOKEN: token } };
    const status = await runLifeboat(withToken, ['status', '--json', ...remote]);
    expect(status.documents[0]).toMatchObject({ cluster: clusterId, phase: 'watching' });
    expect(status.code, status.stdout).toBe(0);
    for (const [command, phase] of [
      ['hold', 'held'],
      ['release', 'watching'],
    ] as const) {
      const done = await runLifeboat(withToken, [command, '--yes', '--json', ...remote]);
      expect(done.documents[0], done.stderr).toMatchObject({ command, status: 'accepted', reached: true, phase });
    }
    const unconfirmed = await runLifeboat(withToken, ['failover', ...remote]);
    expect(unconfirmed.code).toBe(3);
    expect(unconfirmed.stdout).toMatch(/failover would be accepted: activation 2 is open/);
    const wrong = { ...withToken, secrets: { ...secrets, LIFEBOAT_TOKEN: viewer.replace(/.$/, '_') } };
    const refused = await runLifeboat(wrong, ['status', ...remote]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/LIFEBOAT_TOKEN/);
  });

  it('shows strangers nothing, whatever they try', async () => {
    const target = {
      cluster: clusterId,
      tokenHash: hashOf(token),
      vantageToken: rack,
      viewToken: viewer,
      endedCookie: `lifeboat=${'a'.repeat(43)}`,
      cookieName: 'lifeboat',
    };
    const attempts = attemptsOn(target);
    expect(attempts.length).toBeGreaterThan(20);
    for (const { title, method, path, headers, body } of attempts) {
      const init = { method, headers: { ...headers }, redirect: 'manual' as const };
      const response = await fetch(`${worker.url}${path}`, body === undefined ? init : { ...init, body });
      const text = await response.text();
      answers.push(text, JSON.stringify([...response.headers]));
      expect(response.status, title).toBeGreaterThanOrEqual(400);
      expect(text, title).not.toMatch(/watching|127\.0\.0\.1:\d|"phase"|activation/);
    }
    expect((await ask(worker, token, `/v1/clusters/${clusterId}`)).body.phase).toBe('watching');
  });

  it('slows down whoever guesses tokens', async () => {
    const origin = { 'content-type': 'application/json', origin: worker.url, 'sec-fetch-site': 'same-origin' };
    const statuses: number[] = [];
    for (let i = 0; i < 15; i++) {
      const body = JSON.stringify({ token: `lbt_${String(i).padStart(43, 'x')}` });
      statuses.push((await fetch(`${worker.url}/session`, { method: 'POST', headers: origin, body })).status);
    }
    expect(statuses[0]).toBe(401);
    expect(statuses.at(-1)).toBe(429);
  });

  it('let no secret out: in no answer, no page, no log line', async () => {
    for (const path of ['', '/observations', '/snapshots', '/snapshots/1', '/failover'])
      answers.push(JSON.stringify((await ask(worker, token, `/v1/clusters/${clusterId}${path}`)).body));
    answers.push(JSON.stringify((await order(worker, token, 'failover', { dryRun: true })).body));
    answers.push(readFileSync(worker.logFile, 'utf8'), ...world.webhook.alerts.map((alert) => JSON.stringify(alert)));
    const secrets = [token, viewer, rack, ...Object.values(world.deployment.secrets)];
    expect(secrets.length).toBeGreaterThan(6);
    for (const secret of secrets) {
      const forms = [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)];
      for (const form of forms) expect(answers.some((text) => text.includes(form))).toBe(false);
    }
  });
});

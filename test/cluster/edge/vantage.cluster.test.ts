// A Worker that reaches nothing by itself, and a vantage inside: what it sees and captures counts, and nothing that others send in its name.
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureParts } from '../../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../../lab/binaries/dns-servers.ts';
import { type HttpRelay, type RelayedRequest, send, startHttpRelay } from '../../../lab/processes/http-relay.ts';
import { startLifeboat } from '../../../lab/processes/lifeboat-process.ts';
import { poll } from '../../../lab/processes/poll.ts';
import type { Running } from '../../../lab/processes/process.ts';
import { startWorker, type WorkerProcess } from '../../../lab/processes/worker-process.ts';
import { clusterId, timing } from '../../../lab/scenario/deployment.ts';
import { held, markerOf } from '../story/standby-zone.ts';
import { startWorld, type World } from '../story/world.ts';
import { ask, createApiToken, hashOf, order } from './worker.ts';

const built = await ensureParts();
const system = await ensureDnsServers();
const patience = { timeout: 60_000, interval: 100 } as const;

const { token, extra } = createApiToken();
const vantageToken = createApiToken().token;

/** `keygen` of the product makes the same: the seed and the public key, 32 octets each. */
function createKeys() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const jwk = privateKey.export({ format: 'jwk' });
  return { privateKey: jwk.d ?? '', publicKey: publicKey.export({ format: 'jwk' }).x ?? '' };
}

interface View {
  readonly phase: string;
  readonly verdicts: Readonly<Record<string, { readonly condition: string; readonly seenFrom?: readonly string[] }>>;
  readonly vantages: readonly { readonly id: string; readonly refused: number; readonly lastRefusal: string }[];
  readonly watch: { readonly lastRoundAt: number };
  readonly incidents: Readonly<Record<string, unknown>>;
}

describe.skipIf(built.status === 'absent' || system.status === 'absent')('a vantage inside', () => {
  const keys = createKeys();
  let world: World;
  let worker: WorkerProcess;
  let relay: HttpRelay;
  let vantage: Running;

  beforeAll(async () => {
    if (built.status === 'absent' || system.status === 'absent') return;
    const inside = { kind: 'inside', id: 'rack', group: 'dc', publicKey: keys.publicKey } as const;
    const reporter = { id: 'rack', scopes: ['vantage' as const], sha256: hashOf(vantageToken) };
    world = await startWorld(built.parts, system.servers, {
      platform: 'worker',
      change: (cluster) => ({ ...cluster, vantages: [inside] }),
      extra: { api: { tokens: [...(extra.api?.tokens ?? []), reporter] } },
    });
    worker = world.own(await startWorker(world.deployment));
    await worker.cron();
    relay = await startHttpRelay(worker.url);
    const secrets = { LIFEBOAT_VANTAGE_KEY: keys.privateKey, LIFEBOAT_VANTAGE_TOKEN: vantageToken };
    const deployment = { ...world.deployment, secrets: { ...world.deployment.secrets, ...secrets } };
    vantage = world.own(await startLifeboat(deployment, ['vantage', '--id', 'rack', '--remote', relay.url, '--json']));
  }, 120_000);

  afterAll(async () => {
    await relay?.close();
    await world?.end();
  });

  const view = async () => (await ask(worker, token, `/v1/clusters/${clusterId}`)).body as unknown as View;
  const conditions = async () => Object.values((await view()).verdicts).map(({ condition }) => condition);
  /** Of what only the vantage sees; the Worker itself looks at the standby. */
  const seenInside = async () => {
    const { verdicts } = await view();
    return Object.keys(verdicts).flatMap((key) => (key.startsWith('standby') ? [] : [verdicts[key]?.condition]));
  };
  const isCalm = async () => (await conditions()).every((condition) => condition === 'healthy');
  const lastReport = (): RelayedRequest => {
    const report = relay.requests.findLast(({ path }) => path === '/v1/observations');
    if (report === undefined) throw new Error('nothing was reported');
    return report;
  };

  it('looks for the Worker, and captures for it', async () => {
    await expect.poll(isCalm, patience).toBe(true);
    const { verdicts } = await view();
    const kinds = Object.keys(verdicts).map((key) => key.split(' ')[0]);
    expect(kinds.sort()).toEqual(['apiserver', 'dns', 'dns', 'standby']);
    expect(verdicts.apiserver?.seenFrom).toEqual(['rack']);
    await expect.poll(() => held(world.standby.address, 'kubernetes.default'), patience).toBe('10.96.0.1');
    expect(relay.requests.some(({ method, path }) => method === 'PUT' && path.startsWith('/v1/snapshots/'))).toBe(true);
  });

  it('cannot be replayed: the verdict stays, and it is reported', async () => {
    const reports = () => relay.requests.filter(({ path }) => path === '/v1/observations');
    await poll('thirty reports', () => reports().length >= 30 || undefined);
    const old = reports().slice(0, 25);
    const answers = await Promise.all(old.map((request) => send(worker.url, request)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([409]));
    expect(answers[0]?.body).toMatch(/replayed/);
    const put = relay.requests.find(({ method }) => method === 'PUT');
    if (put === undefined) throw new Error('no snapshot was brought');
    expect((await send(worker.url, put)).status).toBe(409);
    await world.webhook.paged(`${clusterId}/vantage-refused/rack`);
    expect(await isCalm()).toBe(true);
  });

  it('cannot be forged: changed, signed with another key, in another name, or without a token', async () => {
    const report = lastReport();
    const down = report.body.replaceAll('"up"', '"down"');
    expect(down).not.toBe(report.body);
    const attempts: readonly (readonly [RelayedRequest, readonly number[]])[] = [
      [{ ...report, body: down }, [400, 401]],
      [{ ...report, headers: { ...report.headers, 'lifeboat-cluster': 'other' } }, [400, 401, 404]],
      [{ ...report, headers: { ...report.headers, authorization: `Bearer ${token}` } }, [403]],
      [{ ...report, headers: { ...report.headers, authorization: '' } }, [401]],
      [withSignature(report, (text) => text.replace(/keyid="rack"/, 'keyid="tower"')), [400, 401, 403]],
      [withSignature(report, (text) => text.replace(/created=\d+/, 'created=1')), [400, 401]],
    ];
    for (const [request, statuses] of attempts) {
      const answer = await send(worker.url, request);
      expect(statuses, `${answer.status} ${answer.body}`).toContain(answer.status);
      expect(answer.body).not.toContain(vantageToken);
    }
    expect(await isCalm()).toBe(true);
    const [status] = (await view()).vantages;
    expect(status?.refused).toBeGreaterThan(20);
  });

  it('bears ten thousand: the ticks go on, the verdict stays, its own reports are taken', async () => {
    const report = lastReport();
    const before = (await view()).vantages[0]?.refused ?? 0;
    const startedAt = Date.now();
    const statuses = new Map<number, number>();
    let left = 10_000;
    const flood = async () => {
      while (left-- > 0) {
        const { status } = await send(worker.url, { ...report, body: `${report.body} ` });
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: 40 }, flood));
    console.log(`flood: 10,000 forged reports in ${Date.now() - startedAt} ms: ${JSON.stringify([...statuses])}`);
    expect([...statuses.keys()].every((status) => status >= 400 && status < 500)).toBe(true);
    const after = await view();
    expect(after.vantages[0]?.refused).toBeGreaterThan(before);
    expect(Date.now() - after.watch.lastRoundAt).toBeLessThan(6 * timing.probe.intervalMs);
    await expect.poll(isCalm, patience).toBe(true);
    expect(after.phase).toBe('watching');
  }, 240_000);

  it('falls silent: unknown is not down, and somebody is told', async () => {
    // A flood in its name may have kept its own reports out for a while, which was told, and is over.
    const open = async () => Object.keys((await view()).incidents);
    await expect.poll(open, patience).not.toContain(`${clusterId}/vantage/rack`);
    const sinceMs = Date.now();
    vantage.freeze();
    await world.pagerduty.paged(`${clusterId}/vantage/rack`, { sinceMs });
    await expect.poll(seenInside, patience).toEqual(['unknown', 'unknown', 'unknown']);
    expect((await view()).phase).toBe('watching');
    vantage.thaw();
    await expect.poll(isCalm, patience).toBe(true);
    await world.pagerduty.resolved(`${clusterId}/vantage/rack`);
  });

  it('sees the outage, captures once more, and the standby is frozen', async () => {
    const sinceMs = Date.now();
    world.api.freeze();
    await world.pagerduty.paged(`${clusterId}/activation/1`, { sinceMs });
    const frozen = async () => (await markerOf(world.standby.address)).phase;
    await expect.poll(frozen, patience).toBe('frozen');
    const captures = worker.lines().filter(({ work }) => work?.kind === 'capture' && work.final === true);
    expect(captures.map(({ outcome }) => outcome?.kind)).toEqual(['capture-asked', 'captured']);
    world.api.thaw();
    await poll('failback that is accepted', async () => {
      const { status } = await order(worker, token, 'failback');
      return status === 202 ? true : undefined;
    });
    await expect.poll(async () => (await view()).phase, patience).toBe('watching');
    expect(await frozen()).toBe('warm');
  });
});

function withSignature(request: RelayedRequest, change: (text: string) => string): RelayedRequest {
  const input = request.headers['signature-input'] ?? '';
  expect(change(input)).not.toBe(input);
  return { ...request, headers: { ...request.headers, 'signature-input': change(input) } };
}

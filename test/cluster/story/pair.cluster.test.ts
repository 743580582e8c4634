// Two deployments of one cluster in one outage: one keeps the zone and freezes it, the other stands by, says so, and neither thaws the zone
// nor resolves the page of the first when its own activation is given back.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureParts } from '../../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../../lab/binaries/dns-servers.ts';
import { expectStatus } from '../../../lab/processes/kubernetes-client.ts';
import { type Deployment, runLifeboat, startWatch } from '../../../lab/processes/lifeboat-process.ts';
import { poll } from '../../../lab/processes/poll.ts';
import { startTcpProxy, type TcpProxy } from '../../../lab/processes/tcp-proxy.ts';
import { zone } from '../../../lab/scenario/control-plane.ts';
import { clusterId, createDeployment, textOf, timing } from '../../../lab/scenario/deployment.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../processes/webhook-receiver.ts';
import { held, markerOf } from './standby-zone.ts';
import { startWorld, type World } from './world.ts';

const built = await ensureParts();
const system = await ensureDnsServers();
const patience = { timeout: 60_000, interval: 100 } as const;

describe.skipIf(built.status === 'absent' || system.status === 'absent')('two deployments of one cluster', () => {
  let world: World;
  let apiProxy: TcpProxy;
  /** What both page: one service, as a pair has it. */
  let webhook: WebhookReceiver;
  let node: Deployment;
  let edge: Deployment;

  beforeAll(async () => {
    if (built.status === 'absent' || system.status === 'absent') return;
    world = await startWorld(built.parts, system.servers);
    const { api, plain, transferKey, standby, standbyKey, runFolder } = world;
    apiProxy = await startTcpProxy({ host: api.host, port: api.port });
    webhook = await startWebhookReceiver();
    const deploy = (name: string, writer: Pick<Parameters<typeof createDeployment>[0], 'writer'>) =>
      createDeployment({
        ...{ zone, transferKey, standbyKey, webhook, ...writer },
        servers: [plain.address],
        folder: join(runFolder, name),
        api: { url: `https://127.0.0.1:${apiProxy.port}`, caFile: api.caFile, token: api.tokens.watchdog },
        standby: standby.address,
      });
    node = deploy('node', {});
    edge = deploy('edge', { writer: 'edge' });
    expectStatus(await api.admin.createNamespace('shop'), 'namespace shop');
    expectStatus(await api.admin.createService({ namespace: 'shop', name: 'web', clusterIP: '10.96.9.1' }), 'web');
    world.own(await startWatch(node));
    const isThere = async () => (await held(standby.address, 'web.shop')) === '10.96.9.1';
    await poll('web.shop in the standby', async () => ((await isThere()) ? true : undefined));
    world.own(await startWatch(edge));
  });

  afterAll(async () => {
    await world?.end();
    await Promise.all([apiProxy?.close(), webhook?.close()]);
  });

  const statusOf = async (deployment: Deployment) => (await runLifeboat(deployment, ['status'])).stdout;
  const resolved = () =>
    webhook.alerts.filter(({ type }) => type === 'lifeboat.alert.resolve').map(({ dedupKey }) => dedupKey);

  it('in peace one writes, and the other stands by without a page', async () => {
    const label = `rfc2136 ${textOf(world.standby.address)} ${zone}.`;
    await expect
      .poll(() => statusOf(edge), patience)
      .toContain(`rfc2136 (${label}): the zone is kept by lifeboat; this deployment stands by`);
    await sleep(3 * timing.snapshot.intervalMs);
    expect(await markerOf(world.standby.address)).toMatchObject({
      cluster: clusterId,
      writer: 'lifeboat',
      phase: 'warm',
    });
    expect(webhook.alerts).toEqual([]);
  });

  it('in one outage the keeper freezes the zone, and both page under keys of their own', async () => {
    apiProxy.set({ kind: 'refuse' });
    await Promise.all([webhook.paged(`${clusterId}/activation/1`), webhook.paged(`${clusterId}/activation/1@edge`)]);
    await expect.poll(async () => (await markerOf(world.standby.address)).phase, patience).toBe('frozen');
    expect(await markerOf(world.standby.address)).toMatchObject({ writer: 'lifeboat', activation: '1' });
    await expect.poll(() => statusOf(edge), patience).toContain('the zone is frozen by activation 1 of lifeboat');
  });

  it('the failback of the one that stands by thaws nothing and resolves its own page only', async () => {
    const { standby } = world;
    const frozen = await markerOf(standby.address);
    apiProxy.set({ kind: 'pass' });
    await webhook.paged(`${clusterId}/failback-due@edge`);
    const back = await runLifeboat(edge, ['failback', '--yes']);
    expect(back.code, `${back.stdout}${back.stderr}`).toBe(0);
    await expect.poll(resolved, patience).toContain(`${clusterId}/activation/1@edge`);
    await sleep(2 * timing.snapshot.intervalMs);
    expect(await markerOf(standby.address)).toEqual(frozen);
    expect(resolved()).not.toContain(`${clusterId}/activation/1`);
    console.log(`pair: ${(await statusOf(edge)).split('\n').find((line) => line.startsWith('rfc2136')) ?? ''}`);
  });

  it('the failback of the keeper does', async () => {
    const back = await runLifeboat(node, ['failback', '--yes']);
    expect(back.code, `${back.stdout}${back.stderr}`).toBe(0);
    expect(await markerOf(world.standby.address)).toMatchObject({ writer: 'lifeboat', phase: 'warm', activation: '1' });
    await expect.poll(resolved, patience).toContain(`${clusterId}/activation/1`);
    await expect.poll(() => statusOf(edge), patience).toContain('the zone is kept by lifeboat');
  });
});

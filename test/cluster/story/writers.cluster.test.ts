// Two deployments of Lifeboat and one standby zone: the one with the older marker loses whole, and nobody deletes from a frozen zone.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureParts } from '../../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../../lab/binaries/dns-servers.ts';
import { expectStatus } from '../../../lab/processes/kubernetes-client.ts';
import { type Deployment, runLifeboat, startWatch, type Watch } from '../../../lab/processes/lifeboat-process.ts';
import { poll } from '../../../lab/processes/poll.ts';
import { startTcpProxy, type TcpProxy } from '../../../lab/processes/tcp-proxy.ts';
import { zone } from '../../../lab/scenario/control-plane.ts';
import { clusterId, createDeployment, textOf, timing } from '../../../lab/scenario/deployment.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../processes/webhook-receiver.ts';
import { held, markerOf } from './standby-zone.ts';
import { startWorld, type World } from './world.ts';
import { zoneText } from './zone-text.ts';

const built = await ensureParts();
const system = await ensureDnsServers();
const patience = { timeout: 60_000, interval: 100 } as const;
/** One way between the second deployment and the standby, for long enough to close the way behind an answer. */
const slowMs = 1_000;

describe.skipIf(built.status === 'absent' || system.status === 'absent')('two deployments, one standby zone', () => {
  let world: World;
  /** What the first deployment sees of the API server, and the second one's way to the standby. */
  let apiProxy: TcpProxy;
  let standbyProxy: TcpProxy;
  let webhook: WebhookReceiver;
  let first: Deployment;
  /** The first one's twin, with its writer: as a process that was started twice, or one that is slow to die. */
  let twin: Deployment;
  let second: Deployment;

  beforeAll(async () => {
    if (built.status === 'absent' || system.status === 'absent') return;
    world = await startWorld(built.parts, system.servers);
    const { api, plain, transferKey, standby, standbyKey, runFolder } = world;
    apiProxy = await startTcpProxy({ host: api.host, port: api.port });
    standbyProxy = await startTcpProxy(standby.address);
    webhook = await startWebhookReceiver();
    const identity = { caFile: api.caFile, token: api.tokens.watchdog };
    const shared = { zone, servers: [plain.address], transferKey, standbyKey };
    first = createDeployment({
      ...shared,
      folder: join(runFolder, 'first'),
      writer: 'first',
      api: { ...identity, url: `https://127.0.0.1:${apiProxy.port}` },
      standby: standby.address,
      webhook: world.webhook,
    });
    const apart = {
      ...shared,
      api: { ...identity, url: api.url },
      standby: { host: standbyProxy.host, port: standbyProxy.port },
      webhook,
    };
    twin = createDeployment({ ...apart, folder: join(runFolder, 'twin'), writer: 'first' });
    second = createDeployment({ ...apart, folder: join(runFolder, 'second'), writer: 'second' });
  });

  afterAll(async () => {
    await world?.end();
    await Promise.all([apiProxy?.close(), standbyProxy?.close(), webhook?.close()]);
  });

  it('a publication with an old generation loses whole and says conflict', async () => {
    const { standby, runFolder } = world;
    const fileOf = (name: string, address: string) => {
      const file = join(runFolder, `${name}.zone`);
      writeFileSync(file, zoneText([{ name: `${name}.shop`, address }]));
      return file;
    };
    const publish = (deployment: Deployment, file: string) =>
      runLifeboat(deployment, ['publish', '--file', file, '--yes', '--json']);
    expect((await publish(first, fileOf('base', '10.96.8.9'))).code).toBe(0);

    standbyProxy.set({ kind: 'delay', ms: slowMs });
    const slow = publish(twin, fileOf('second', '10.96.8.2'));
    // It reads the zone to show the plan, and once more to carry it out. That answer is let through, the update after it has to wait.
    await poll('second reading', () => (standbyProxy.accepted() >= 2 ? true : undefined));
    await sleep(1.5 * slowMs);
    standbyProxy.set({ kind: 'stall' });
    await poll('update under way', () => (standbyProxy.accepted() >= 3 ? true : undefined));
    const fast = await publish(first, fileOf('first', '10.96.8.1'));
    expect(fast.code, fast.stdout).toBe(0);
    expect(fast.documents[0]).toMatchObject({ status: 'published' });
    standbyProxy.set({ kind: 'pass' });
    const lost = await slow;
    console.log(`writers: ${lost.stdout.trimEnd()}`);
    expect(lost.code).toBe(3);
    expect(lost.documents[0]).toMatchObject({ status: 'conflict', batches: 0 });
    expect(await held(standby.address, 'first.shop')).toBe('10.96.8.1');
    expect(await held(standby.address, 'second.shop')).toBe('NXDOMAIN');
    expect(await markerOf(standby.address)).toMatchObject({ writer: 'first', generation: '2', phase: 'warm' });
  });

  it('a deployment that believes the cluster healthy deletes nothing from a frozen zone', async () => {
    const { api, standby } = world;
    expectStatus(await api.admin.createNamespace('shop'), 'namespace shop');
    for (const [i, name] of ['going', 'staying'].entries())
      expectStatus(await api.admin.createService({ namespace: 'shop', name, clusterIP: `10.96.9.${i + 1}` }), name);
    const watchOfFirst = world.own(await startWatch(first));
    await expect.poll(() => held(standby.address, 'going.shop'), patience).toBe('10.96.9.1');
    apiProxy.set({ kind: 'refuse' });
    await world.webhook.paged(`${clusterId}/activation/1@first`);
    await expect.poll(async () => (await markerOf(standby.address)).phase, patience).toBe('frozen');
    const frozen = await markerOf(standby.address);
    expect(frozen).toMatchObject({ writer: 'first', activation: '1' });

    const watchOfSecond = world.own(await startWatch(second));
    expectStatus(await api.admin.deleteService('shop', 'going'), 'delete', [200, 202]);
    const name = 'coming';
    expectStatus(await api.admin.createService({ namespace: 'shop', name, clusterIP: '10.96.9.3' }), name);
    const stands = `rfc2136 (rfc2136 ${textOf(standbyProxy)} ${zone}.): the zone is frozen by activation 1 of first; this deployment stands by`;
    await expect.poll(async () => (await runLifeboat(second, ['status'])).stdout, patience).toContain(stands);
    console.log(`writers: ${stands}`);
    await sleep(3 * timing.snapshot.intervalMs);
    expect(healthOf(watchOfSecond)).toBe('healthy');
    expect(watchOfSecond.lines().some(({ outcome }) => outcome?.kind === 'published')).toBe(false);
    expect(await held(standby.address, 'going.shop')).toBe('10.96.9.1');
    expect(await held(standby.address, 'coming.shop')).toBe('NXDOMAIN');
    expect(await markerOf(standby.address)).toEqual(frozen);
    const byHand = await runLifeboat(second, ['publish', '--yes', '--json']);
    expect(byHand.code).toBe(3);
    expect(byHand.documents[0]).toMatchObject({ status: 'kept', reason: expect.stringContaining('stands by') });
    expect(await markerOf(standby.address)).toEqual(frozen);
    expect(webhook.alerts).toEqual([]);
    expect(watchOfFirst.alive).toBe(true);
  });
});

/** The last verdict that a watch told of the API server. */
function healthOf(watch: Watch): string | undefined {
  return watch.lines().findLast(({ verdicts }) => verdicts?.apiserver !== undefined)?.verdicts?.apiserver?.condition;
}

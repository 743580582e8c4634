// Peace, an outage and the way back: what deleted and unready names answer in peace, and the failback by hand after the API server returns.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureParts } from '../../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../../lab/binaries/dns-servers.ts';
import { expectStatus } from '../../../lab/processes/kubernetes-client.ts';
import { runLifeboat, startWatch, type Watch } from '../../../lab/processes/lifeboat-process.ts';
import { poll } from '../../../lab/processes/poll.ts';
import { clusterId } from '../../../lab/scenario/deployment.ts';
import { held, markerOf } from './standby-zone.ts';
import { startWorld, type World } from './world.ts';

const built = await ensureParts();
const system = await ensureDnsServers();
const patience = { timeout: 60_000, interval: 100 } as const;
const headless = { namespace: 'shop', serviceName: 'pods' } as const;

describe.skipIf(built.status === 'absent' || system.status === 'absent')('peace and the way back', () => {
  let world: World;
  let watch: Watch;

  beforeAll(async () => {
    if (built.status === 'absent' || system.status === 'absent') return;
    world = await startWorld(built.parts, system.servers);
    const { admin } = world.api;
    expectStatus(await admin.createNamespace('shop'), 'namespace shop');
    for (const [i, name] of ['deleted', 'kept', 'late'].entries()) await addService(name, `10.96.5.${i + 1}`);
    expectStatus(await admin.createService({ namespace: 'shop', name: 'pods', clusterIP: 'None' }), 'pods');
    expectStatus(await admin.createEndpointSlice({ ...headless, endpoints: [{ address: '10.244.5.1' }] }), 'its slice');
    watch = world.own(await startWatch(world.deployment));
    const isThere = async () => (await held(world.standby.address, 'pods.shop')) === '10.244.5.1';
    await poll('pods.shop in the standby', async () => ((await isThere()) ? true : undefined));
  });

  afterAll(() => world?.end());

  const addService = async (name: string, clusterIP: string) =>
    expectStatus(await world.api.admin.createService({ namespace: 'shop', name, clusterIP }), name);
  it('in peace a deleted and an unready name stay NXDOMAIN although the standby still has them, and it gets no query', async () => {
    const { api, standby, relay, nodeCache, wired } = world;
    for (const { address } of [nodeCache, wired]) {
      expect(await held(address, 'deleted.shop')).toBe('10.96.5.1');
      expect(await held(address, 'pods.shop')).toBe('10.244.5.1');
    }
    watch.freeze();
    expectStatus(await api.admin.deleteService('shop', 'deleted'), 'delete', [200, 202]);
    const unready = { ...headless, endpoints: [{ address: '10.244.5.1', ready: false }] };
    expectStatus(await api.admin.replaceEndpointSlice(unready), 'unready');
    for (const { address } of [nodeCache, wired]) {
      await expect.poll(() => held(address, 'deleted.shop'), patience).toBe('NXDOMAIN');
      await expect.poll(() => held(address, 'pods.shop'), patience).toBe('NXDOMAIN');
      for (let i = 0; i < 50; i++) expect(await held(address, `never-${i}.shop`)).toBe('NXDOMAIN');
    }
    expect(await held(standby.address, 'deleted.shop')).toBe('10.96.5.1');
    expect(await held(standby.address, 'pods.shop')).toBe('10.244.5.1');
    expect(relay.queries()).toBe(0);
    watch.thaw();
    await expect.poll(() => held(standby.address, 'deleted.shop'), patience).toBe('NXDOMAIN');
    await expect.poll(() => held(standby.address, 'pods.shop'), patience).toBe('NXDOMAIN');
  });

  it('in the outage the standby is frozen, and a failback is refused', async () => {
    const { api, standby, webhook, deployment } = world;
    api.freeze();
    await webhook.paged(`${clusterId}/activation/1`);
    await expect.poll(async () => (await markerOf(standby.address)).phase, patience).toBe('frozen');
    const refused = await runLifeboat(deployment, ['failback', '--yes']);
    expect(refused.code).toBe(3);
    expect(refused.stdout).toMatch(/failback refused: the API server is down/);
    expect(await markerOf(standby.address)).toMatchObject({ phase: 'frozen', activation: '1' });
  });

  it('after the API server is back it waits for a person, and the failback brings the standby up to date', async () => {
    const { api, standby, webhook, deployment } = world;
    const sinceMs = Date.now();
    api.thaw();
    const page = await webhook.paged(`${clusterId}/failback-due`, { sinceMs });
    console.log(`API server back: failback-due received after ${page.receivedAtMs - sinceMs} ms`);
    expectStatus(await api.admin.deleteService('shop', 'late'), 'delete', [200, 202]);
    await addService('fresh', '10.96.5.9');
    await expect.poll(() => held(world.plain.address, 'fresh.shop'), patience).toBe('10.96.5.9');
    expect(await held(standby.address, 'late.shop')).toBe('10.96.5.3');
    expect(await held(standby.address, 'fresh.shop')).toBe('NXDOMAIN');

    const asked = await runLifeboat(deployment, ['failback']);
    expect(asked).toMatchObject({ code: 3, stderr: expect.stringContaining('--yes') });
    const done = await runLifeboat(deployment, ['failback', '--yes', '--why', 'the API server is back', '--json']);
    expect(done.code, `${done.stdout}${done.stderr}`).toBe(0);
    expect(done.documents[0]).toMatchObject({ command: 'failback', status: 'accepted', phase: 'watching' });
    expect(await markerOf(standby.address)).toMatchObject({ phase: 'warm', activation: '1' });
    expect(await held(standby.address, 'late.shop')).toBe('NXDOMAIN');
    expect(await held(standby.address, 'fresh.shop')).toBe('10.96.5.9');
    expect(await held(standby.address, 'kept.shop')).toBe('10.96.5.2');
  });

  it('the watch goes on from there, and the page is resolved', async () => {
    const { standby, webhook } = world;
    await addService('after', '10.96.5.10');
    await expect.poll(() => held(standby.address, 'after.shop'), patience).toBe('10.96.5.10');
    const isResolve = ({ type, dedupKey }: (typeof webhook.alerts)[number]) =>
      type === 'lifeboat.alert.resolve' && dedupKey === `${clusterId}/activation/1`;
    await expect.poll(() => webhook.alerts.some(isResolve), patience).toBe(true);
    expect(webhook.rejected()).toBe(0);
  });
});

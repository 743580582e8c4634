// The last capture of an outage: what the API server said after the last ordinary capture reaches the standby too, but for the deletes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureParts } from '../../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../../lab/binaries/dns-servers.ts';
import { expectStatus } from '../../../lab/processes/kubernetes-client.ts';
import { startWatch, type Watch } from '../../../lab/processes/lifeboat-process.ts';
import { poll } from '../../../lab/processes/poll.ts';
import { clusterId, timing } from '../../../lab/scenario/deployment.ts';
import { held, markerOf } from './standby-zone.ts';
import { startWorld, type World } from './world.ts';

const built = await ensureParts();
const system = await ensureDnsServers();
const headless = { namespace: 'shop', serviceName: 'pods' } as const;
/** No other ordinary capture comes while this lasts. */
const snapshot = { ...timing.snapshot, intervalMs: 600_000 };

describe.skipIf(built.status === 'absent' || system.status === 'absent')('the last capture', () => {
  let world: World;
  let watch: Watch;

  beforeAll(async () => {
    if (built.status === 'absent' || system.status === 'absent') return;
    const change = (cluster: object) => ({ ...cluster, snapshot, publish: { ttlSeconds: 1, staleAfterMs: 900_000 } });
    world = await startWorld(built.parts, system.servers, { change });
    const { admin } = world.api;
    expectStatus(await admin.createNamespace('shop'), 'namespace shop');
    for (const [i, name] of ['kept', 'deleted'].entries()) await addService(name, `10.96.6.${i + 1}`);
    expectStatus(await admin.createService({ namespace: 'shop', name: 'pods', clusterIP: 'None' }), 'pods');
    expectStatus(await admin.createEndpointSlice({ ...headless, endpoints: [{ address: '10.244.6.1' }] }), 'its slice');
    await untilShown('pods.shop', '10.244.6.1');
    watch = world.own(await startWatch(world.deployment));
    await watch.saw('a publication', ({ outcome }) => outcome?.kind === 'published');
  });

  afterAll(() => world?.end());

  const addService = async (name: string, clusterIP: string) =>
    expectStatus(await world.api.admin.createService({ namespace: 'shop', name, clusterIP }), name);
  const untilShown = async (name: string, answer: string) => {
    const shown = () => Promise.all([world.plain.address, world.wired.live].map((server) => held(server, name)));
    await poll(`${answer} for ${name}`, async () =>
      (await shown()).every((one) => one === answer) ? true : undefined,
    );
  };

  it('brings what was added and changed since, and keeps what was deleted', async () => {
    const { api, standby, webhook } = world;
    await addService('added', '10.96.6.9');
    const endpoints = ['10.244.6.2', '10.244.6.3'].map((address) => ({ address }));
    expectStatus(await api.admin.replaceEndpointSlice({ ...headless, endpoints }), 'rescale');
    expectStatus(await api.admin.deleteService('shop', 'deleted'), 'delete', [200, 202]);
    await untilShown('deleted.shop', 'NXDOMAIN');
    expect(await held(standby.address, 'added.shop')).toBe('NXDOMAIN');
    const sinceMs = Date.now();
    api.freeze();
    const page = await webhook.paged(`${clusterId}/activation/1`, { sinceMs });
    const frozen = async () => ((await markerOf(standby.address)).phase === 'frozen' ? Date.now() : undefined);
    const frozenAtMs = await poll('frozen standby', frozen);
    console.log(`last capture: page after ${page.receivedAtMs - sinceMs} ms, frozen after ${frozenAtMs - sinceMs} ms`);
    const captures = watch
      .lines()
      .flatMap(({ work, outcome }) => (work?.kind === 'capture' ? [{ work, outcome }] : []));
    expect(captures.map(({ work, outcome }) => [work.final, outcome?.kind])).toEqual([
      [false, 'captured'],
      [true, 'captured'],
    ]);
    expect(await held(standby.address, 'added.shop')).toBe('10.96.6.9');
    expect(await held(standby.address, 'pods.shop')).toBe('10.244.6.2 10.244.6.3');
    expect(await held(standby.address, 'deleted.shop')).toBe('10.96.6.2');
    expect(await held(standby.address, 'kept.shop')).toBe('10.96.6.1');
  });
});

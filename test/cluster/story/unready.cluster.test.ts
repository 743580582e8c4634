// Nodes that cannot heartbeat in an overload: their pods become unready one after the other, and the watch, which lives on, tells CoreDNS so.
// Headless sets shrink to next to nothing while every pod is well. What the standby holds must not shrink with them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureParts } from '../../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../../lab/binaries/dns-servers.ts';
import { expectStatus, forEachLimited } from '../../../lab/processes/kubernetes-client.ts';
import { startWatch, type Watch, type WatchLine } from '../../../lab/processes/lifeboat-process.ts';
import { poll } from '../../../lab/processes/poll.ts';
import { clusterId } from '../../../lab/scenario/deployment.ts';
import { loadEndpointSlices, startOverload } from '../../../lab/scenario/overload.ts';
import { held, markerOf } from './standby-zone.ts';
import { startWorld, type World } from './world.ts';

const built = await ensureParts();
const system = await ensureDnsServers();

const namespace = 'shop';
const sets = Array.from({ length: 50 }, (_, i) => `pods-${i}`);
const endpointsEach = 10;
const writesAtOnce = 4;
/** Time for the cluster to lose its endpoints while the outage is seen and not yet confirmed, as it takes nodes a while. */
const dwellMs = 30_000;

const addressesOfSet = (set: number) => Array.from({ length: endpointsEach }, (_, i) => `10.244.${set}.${i + 1}`);

describe.skipIf(built.status === 'absent' || system.status === 'absent')('nodes unready in an overload', () => {
  let world: World;
  let watch: Watch;

  beforeAll(async () => {
    if (built.status === 'absent' || system.status === 'absent') return;
    world = await startWorld(built.parts, system.servers, {
      overloadable: true,
      change: (cluster) => ({
        ...cluster,
        apiServer: { ...cluster.apiServer, slowMs: 200 },
        probe: { intervalMs: 3_000, timeoutMs: 2_800 },
        snapshot: { intervalMs: 4_000, leastIntervalMs: 1_000, timeoutMs: 3_000 },
        policy: { ...cluster.policy, dwellMs },
      }),
    });
    const { admin } = world.api;
    await loadEndpointSlices(admin);
    expectStatus(await admin.createNamespace(namespace), 'namespace');
    await forEachLimited(sets, writesAtOnce, async (name, i) => {
      expectStatus(await admin.createService({ namespace, name, clusterIP: 'None' }), name);
      const endpoints = addressesOfSet(i).map((address) => ({ address }));
      expectStatus(await admin.createEndpointSlice({ namespace, serviceName: name, endpoints }), `slice of ${name}`);
    });
    watch = world.own(await startWatch(world.deployment));
    await poll('every address in the standby', async () =>
      (await keptBy(world.standby.address)) === all ? true : undefined,
    );
  }, 240_000);

  afterAll(() => world?.end());

  const all = sets.length * endpointsEach;
  /** How many of the addresses a server still answers with. */
  const keptBy = async (server: World['standby']['address']): Promise<number> => {
    const answers = await Promise.all(sets.map((name) => held(server, `${name}.${namespace}`)));
    return answers.reduce(
      (sum, answer, i) => sum + addressesOfSet(i).filter((one) => answer.split(' ').includes(one)).length,
      0,
    );
  };

  it('loses no address in the standby, though CoreDNS is told that they are gone', async () => {
    const { api, plain, standby, webhook } = world;
    const sinceMs = Date.now();
    world.own(await startOverload({ api, runFolder: world.runFolder }));
    const isSuspected = ({ phase }: WatchLine) => phase === 'suspected';
    await watch.saw('phase suspected', isSuspected, { sinceMs });
    const admin = api.client('admin', { timeoutMs: 30_000 });
    await forEachLimited(sets, writesAtOnce, async (serviceName, i) => {
      const endpoints = addressesOfSet(i).map((address, nth) => ({ address, ready: nth === 0 }));
      expectStatus(await admin.replaceEndpointSlice({ namespace, serviceName, endpoints }), `slice of ${serviceName}`);
    });
    admin.close();
    const shrunk = async () => ((await keptBy(plain.address)) === sets.length ? Date.now() : undefined);
    const shrunkAtMs = await poll('CoreDNS without the addresses', shrunk);
    const active = await watch.saw('phase active', ({ phase }) => phase === 'active', { sinceMs });
    // Else this test would show nothing: the last capture must have seen the shrunken sets.
    expect(shrunkAtMs).toBeLessThan(active.at);
    await webhook.paged(`${clusterId}/activation/1`, { sinceMs });
    await poll('frozen standby', async () => ((await markerOf(standby.address)).phase === 'frozen' ? true : undefined));
    const kept = await keptBy(standby.address);
    console.log(`unready: CoreDNS answers with ${sets.length} of ${all} addresses, the frozen standby with ${kept}`);
    expect(kept).toBe(all);
  }, 240_000);
});

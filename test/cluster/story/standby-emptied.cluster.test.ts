// The standby loses what it holds in the middle of an outage, when it carries production: its server comes back with an old zone file, and
// later with a zone that somebody else has written.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureParts } from '../../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../../lab/binaries/dns-servers.ts';
import { startKnot } from '../../../lab/processes/knot.ts';
import { expectStatus } from '../../../lab/processes/kubernetes-client.ts';
import { startWatch } from '../../../lab/processes/lifeboat-process.ts';
import { poll } from '../../../lab/processes/poll.ts';
import { emptyZone } from '../../../lab/processes/zone.ts';
import { zone } from '../../../lab/scenario/control-plane.ts';
import { clusterId } from '../../../lab/scenario/deployment.ts';
import { held, markerOf } from './standby-zone.ts';
import { startWorld, type World } from './world.ts';

const built = await ensureParts();
const system = await ensureDnsServers();
const patience = { timeout: 60_000, interval: 100 } as const;
const services = Array.from({ length: 40 }, (_, i) => ({ name: `s${i}`, clusterIP: `10.96.7.${i + 1}` }));

describe.skipIf(built.status === 'absent' || system.status === 'absent')('the standby in an outage', () => {
  let world: World;
  let knotd: string;

  beforeAll(async () => {
    if (built.status === 'absent' || system.status === 'absent') return;
    knotd = system.servers.knotd;
    world = await startWorld(built.parts, system.servers);
    const { admin } = world.api;
    expectStatus(await admin.createNamespace('shop'), 'namespace shop');
    for (const one of services) expectStatus(await admin.createService({ namespace: 'shop', ...one }), one.name);
    world.own(await startWatch(world.deployment));
    const isThere = async () => (await held(world.standby.address, 's39.shop')) === '10.96.7.40';
    await poll('the last service in the standby', async () => ((await isThere()) ? true : undefined));
    world.api.freeze();
    await world.webhook.paged(`${clusterId}/activation/1`);
    await frozen();
    await world.plain.stop();
  });

  afterAll(() => world?.end());

  /** The server ends, and another one takes its address with another zone file and without a journal. */
  const replaceStandby = async (name: string, zoneFile: string) => {
    const { standby, standbyKey: key, runFolder } = world;
    await standby.stop();
    const replaced = await startKnot({ knotd, runFolder, zone, key, name, zoneFile, port: standby.address.port });
    world.own(replaced);
    Object.assign(standby, { stop: replaced.stop });
  };
  const frozen = () =>
    poll('a frozen marker', async () =>
      (await markerOf(world.standby.address)).phase === 'frozen' ? true : undefined,
    );
  const isResolved = (sinceMs: number) => () =>
    world.webhook.alerts.some(
      ({ type, dedupKey, receivedAtMs }) =>
        type === 'lifeboat.alert.resolve' && dedupKey === `${clusterId}/standby/rfc2136` && receivedAtMs > sinceMs,
    );

  it('emptied by an old zone file it is paged and written again under the same activation, and clients get their answers', async () => {
    const { standby, webhook, nodeCache, relay } = world;
    expect(await held(nodeCache.address, 's0.shop')).toBe('10.96.7.1');
    expect(relay.queries()).toBeGreaterThan(0);
    const sinceMs = Date.now();
    await replaceStandby('knot-emptied', emptyZone(zone));
    const { receivedAtMs, severity, summary } = await webhook.paged(`${clusterId}/standby/rfc2136`, { sinceMs });
    console.log(`standby emptied: page after ${receivedAtMs - sinceMs} ms: ${summary}`);
    expect(severity).toBe('critical');
    await poll('a frozen marker', async () =>
      (await markerOf(standby.address)).phase === 'frozen' ? true : undefined,
    );
    console.log(`standby emptied: frozen again after ${Date.now() - sinceMs} ms`);
    expect(await markerOf(standby.address)).toMatchObject({ phase: 'frozen', activation: '1' });
    for (const { name, clusterIP } of services) {
      expect(await held(standby.address, `${name}.shop`)).toBe(clusterIP);
    }
    expect(await held(nodeCache.address, 's1.shop')).toBe('10.96.7.2');
    await expect.poll(isResolved(sinceMs), patience).toBe(true);
  });

  it("with somebody else's zone it is paged, and left as it is", async () => {
    const { standby, webhook } = world;
    const { digest } = await markerOf(standby.address);
    const marker = `lifeboat=1 generation=1 snapshot=1 digest=${digest} writer=stranger phase=warm activation=0`;
    const sinceMs = Date.now();
    await replaceStandby('knot-foreign', `${emptyZone(zone)}_lifeboat 5 IN TXT "${marker}"\n`);
    const { severity, summary } = await webhook.paged(`${clusterId}/standby/rfc2136`, { sinceMs });
    console.log(`standby of somebody else: ${summary}`);
    expect(severity).toBe('critical');
    expect(summary).toContain('not ours');
    expect(await markerOf(standby.address)).toMatchObject({ writer: 'stranger', generation: '1' });
    expect(await held(standby.address, 's0.shop')).toBe('NXDOMAIN');
  });
});

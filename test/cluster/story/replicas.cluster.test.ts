// CoreDNS replicas that die one after the other while the API server is healthy: who is paged, who is captured from, what the standby keeps.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureParts } from '../../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../../lab/binaries/dns-servers.ts';
import { expectStatus } from '../../../lab/processes/kubernetes-client.ts';
import { runLifeboat, startWatch, type Watch } from '../../../lab/processes/lifeboat-process.ts';
import { clusterId, textOf, timing } from '../../../lab/scenario/deployment.ts';
import { held, markerOf } from './standby-zone.ts';
import { startWorld, type World } from './world.ts';

const built = await ensureParts();
const system = await ensureDnsServers();
const patience = { timeout: 60_000, interval: 100 } as const;
const staleAfterMs = 6_000;

interface StatusDocument {
  readonly phase: string;
  readonly cause: string | null;
  readonly verdicts: Readonly<Record<string, { readonly condition: string }>>;
  readonly standbys: Readonly<Record<string, { readonly ageMs: number; readonly frozen: number }>>;
}

describe.skipIf(built.status === 'absent' || system.status === 'absent')('two CoreDNS replicas', () => {
  let world: World;
  let watch: Watch;

  beforeAll(async () => {
    if (built.status === 'absent' || system.status === 'absent') return;
    const policy = { ...timing.policy, dnsStaleAfterMs: staleAfterMs };
    world = await startWorld(built.parts, system.servers, { change: (cluster) => ({ ...cluster, policy }) });
    expectStatus(await world.api.admin.createNamespace('shop'), 'namespace shop');
    await addService('first', '10.96.3.1');
    watch = world.own(await startWatch(world.deployment));
    await watch.saw('a publication', ({ outcome }) => outcome?.kind === 'published');
  });

  afterAll(() => world?.end());

  const addService = async (name: string, clusterIP: string) =>
    expectStatus(await world.api.admin.createService({ namespace: 'shop', name, clusterIP }), name);
  const statusOf = async () => {
    const { code, documents } = await runLifeboat(world.deployment, ['status', '--json']);
    return { code, document: documents[0] as unknown as StatusDocument };
  };

  it('one killed: a page names it, captures go on from the other, nothing fails over', async () => {
    const { wired, plain, standby, webhook } = world;
    const killedAtMs = Date.now();
    await wired.kill();
    const page = await webhook.paged(`${clusterId}/dns/${textOf(wired.live)}`, { sinceMs: killedAtMs });
    console.log(`one replica killed: page received after ${page.receivedAtMs - killedAtMs} ms: ${page.summary}`);
    expect(page.summary).toContain(`CoreDNS ${textOf(wired.live)} is down`);
    await addService('second', '10.96.3.2');
    await expect.poll(() => held(standby.address, 'second.shop'), patience).toBe('10.96.3.2');
    const from = watch.lines().findLast(({ work }) => work?.kind === 'capture')?.work;
    expect(from).toMatchObject({ from: [{ source: 'axfr', places: [textOf(plain.address)] }] });
    const { code, document } = await statusOf();
    expect(document).toMatchObject({ phase: 'watching', cause: null });
    expect(document.verdicts[`dns ${textOf(plain.address)}`]?.condition).toBe('healthy');
    expect(code).toBe(5);
    expect(webhook.alerts.filter(({ dedupKey }) => dedupKey.includes('activation'))).toEqual([]);
  });

  it('both killed with the API server healthy: the standby keeps its last good set, shows its age and pages when it is old', async () => {
    const { plain, standby, webhook } = world;
    const killedAtMs = Date.now();
    await plain.kill();
    await webhook.paged(`${clusterId}/activation/1`, { sinceMs: killedAtMs });
    const page = await webhook.paged(`${clusterId}/standby-ages`, { sinceMs: killedAtMs });
    const afterMs = page.receivedAtMs - killedAtMs;
    console.log(
      `both replicas killed: standby-ages received after ${afterMs} ms (limit ${staleAfterMs} ms): ${page.summary}`,
    );
    expect(afterMs).toBeGreaterThan(staleAfterMs - timing.snapshot.intervalMs - timing.probe.intervalMs - 1_000);
    await addService('third', '10.96.3.3');
    const first = await statusOf();
    await sleep(2_000);
    const second = await statusOf();
    expect(second.document).toMatchObject({ phase: 'active', cause: 'dns' });
    expect(second.document.verdicts.apiserver?.condition).toBe('healthy');
    const [[before], [after]] = [Object.values(first.document.standbys), Object.values(second.document.standbys)];
    expect(after?.frozen).toBe(0);
    expect(before?.ageMs).toBeGreaterThan(staleAfterMs);
    expect(after?.ageMs).toBeGreaterThan((before?.ageMs ?? 0) + 1_900);
    expect(await held(standby.address, 'first.shop')).toBe('10.96.3.1');
    expect(await held(standby.address, 'second.shop')).toBe('10.96.3.2');
    expect(await held(standby.address, 'third.shop')).toBe('NXDOMAIN');
    expect(await markerOf(standby.address)).toMatchObject({ phase: 'warm' });
  });

  it('back again: it catches up and stands down by itself', async () => {
    const { plain, standby } = world;
    await plain.restart();
    await expect.poll(() => held(standby.address, 'third.shop'), patience).toBe('10.96.3.3');
    await expect
      .poll(async () => (await statusOf()).document.phase, { timeout: 60_000, interval: 500 })
      .toBe('watching');
  });
});

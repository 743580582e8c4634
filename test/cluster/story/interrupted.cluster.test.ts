// kill -9 in the middle of a publication of 5,000 Services, again and again, while a resolver asks throughout.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureParts } from '../../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../../lab/binaries/dns-servers.ts';
import { runLifeboat, startLifeboat } from '../../../lab/processes/lifeboat-process.ts';
import { poll } from '../../../lab/processes/poll.ts';
import { startClients } from '../../../lab/scenario/clients.ts';
import { zone } from '../../../lab/scenario/control-plane.ts';
import { createSeededRandom } from '../../../lab/scenario/random.ts';
import { held, markerOf } from './standby-zone.ts';
import { startWorld, type World } from './world.ts';
import { type ListedService, zoneText } from './zone-text.ts';

const built = await ensureParts();
const system = await ensureDnsServers();
const count = 5_000;
/** Of the old set: gone in the new one; of the others every fourth one has another address there. */
const gone = 500;
const lookupsPerSecond = 200;

const serviceAt = (i: number, block: number): ListedService => ({
  name: `svc-${i}.ns-${i % 10}`,
  address: `10.${block}.${i >> 8}.${i & 255}`,
});
const oldSet = Array.from({ length: count }, (_, i) => serviceAt(i, 100));
const newSet = Array.from({ length: count }, (_, i) => i + gone).map((i) => serviceAt(i, i % 4 === 0 ? 200 : 100));
const inBoth = newSet.slice(0, count - gone);

describe.skipIf(built.status === 'absent' || system.status === 'absent')('a publication killed in the middle', () => {
  let world: World;
  let files: { readonly before: string; readonly after: string };

  beforeAll(async () => {
    if (built.status === 'absent' || system.status === 'absent') return;
    world = await startWorld(built.parts, system.servers);
    const { folder } = world.deployment;
    files = { before: join(folder, 'before.zone'), after: join(folder, 'after.zone') };
    writeFileSync(files.before, zoneText(oldSet));
    writeFileSync(files.after, zoneText(newSet));
    const first = await runLifeboat(world.deployment, ['publish', '--file', files.before, '--yes', '--json']);
    expect(first.code, first.stderr).toBe(0);
    console.log(`interrupted: ${count} services published in ${JSON.stringify(first.documents[0]?.batches)} updates`);
  });

  afterAll(() => world?.end());

  const generation = async () => Number((await markerOf(world.standby.address)).generation);

  /** Starts the publication of the new set and kills it when so many updates have gone out. */
  async function killAfter(updates: number): Promise<string> {
    const before = await generation();
    const publication = world.own(await startLifeboat(world.deployment, ['publish', '--file', files.after, '--yes']));
    await poll(
      `update ${updates}`,
      async () => ((await generation()) >= before + updates || !publication.alive ? true : undefined),
      { everyMs: 2 },
    );
    await publication.kill();
    const marker = await markerOf(world.standby.address);
    console.log(`interrupted: killed at generation ${marker.generation} (${before} before), phase ${marker.phase}`);
    return marker.phase ?? 'none';
  }

  it('no name of both sets is ever missing, and the next run completes it', async () => {
    const { standby, deployment } = world;
    const names = inBoth.map(({ name }) => `${name}.svc.${zone}.`);
    const resolver = startClients({
      server: standby.address,
      names: () => names,
      perSecond: lookupsPerSecond,
      random: createSeededRandom(1),
    });
    const phases = [await killAfter(1), await killAfter(2), await killAfter(1)];
    expect(phases).toContain('partial');

    const planned = await runLifeboat(deployment, ['plan', '--desired', files.after, '--json']);
    expect(planned.documents[0]).toMatchObject({ status: 'ready' });
    const completed = await runLifeboat(deployment, ['publish', '--file', files.after, '--yes', '--json']);
    expect(completed.code, completed.stdout).toBe(0);
    expect(completed.documents[0]).toMatchObject({ status: 'published' });
    const after = await runLifeboat(deployment, ['plan', '--desired', files.after, '--json']);
    expect(after.documents[0]).toMatchObject({ status: 'unchanged', changes: [] });
    expect(after.code).toBe(0);
    expect(await markerOf(standby.address)).toMatchObject({ phase: 'warm' });

    const lookups = await resolver.stop();
    const allowed = new Map(
      inBoth.map(({ name, address }, i) => [`${name}.svc.${zone}.`, [address, oldSet[gone + i]?.address]]),
    );
    const bad = lookups.filter(
      ({ name, addresses }) => addresses.length !== 1 || !allowed.get(name)?.includes(addresses[0]),
    );
    console.log(`interrupted: ${lookups.length} lookups throughout, ${bad.length} of them bad`);
    expect(bad.slice(0, 5)).toEqual([]);
    expect(lookups.length).toBeGreaterThan(500);
  });

  it('everything of the new set is there, and nothing else', async () => {
    const { address } = world.standby;
    for (const i of [0, 1, 2_000, count - 1]) {
      const service = newSet[i];
      expect(await held(address, service?.name ?? '')).toBe(service?.address);
    }
    for (const i of [0, 1, gone - 1]) expect(await held(address, oldSet[i]?.name ?? '')).toBe('NXDOMAIN');
  });
});

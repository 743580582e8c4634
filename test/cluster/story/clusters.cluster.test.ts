// Two clusters on one zone, as the default zone and the default writer make it easy: the second writes nothing, in peace and in an outage, and
// pages. When the first is gone, a person removes its marker with nsupdate, as docs/standby.md says.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendUpdate } from '../../../functions/dnswire/transport.ts';
import { importTsigKey } from '../../../functions/dnswire/tsig.ts';
import { createNodeNetwork } from '../../../functions/networks/node.ts';
import { parseName } from '../../../functions/records/name.ts';
import { ensureParts } from '../../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../../lab/binaries/dns-servers.ts';
import { type Deployment, runLifeboat, startWatch, type Watch } from '../../../lab/processes/lifeboat-process.ts';
import { poll } from '../../../lab/processes/poll.ts';
import { zone } from '../../../lab/scenario/control-plane.ts';
import { clusterId, createDeployment, timing } from '../../../lab/scenario/deployment.ts';
import { realClock, realRandom } from '../../fakes/real-deps.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../processes/webhook-receiver.ts';
import { held, markerOf } from './standby-zone.ts';
import { startWorld, type World } from './world.ts';

const built = await ensureParts();
const system = await ensureDnsServers();
const patience = { timeout: 60_000, interval: 100 } as const;

const deps = { network: createNodeNetwork(), clock: realClock, random: realRandom };

describe.skipIf(built.status === 'absent' || system.status === 'absent')('two clusters, one standby zone', () => {
  let world: World;
  let webhook: WebhookReceiver;
  let second: Deployment;
  let watch: Watch;

  beforeAll(async () => {
    if (built.status === 'absent' || system.status === 'absent') return;
    world = await startWorld(built.parts, system.servers);
    const { api, plain, transferKey, standby, standbyKey, runFolder, deployment } = world;
    webhook = await startWebhookReceiver();
    second = createDeployment({
      ...{ zone, transferKey, standbyKey, webhook, id: 'staging' },
      servers: [plain.address],
      folder: join(runFolder, 'second'),
      api: { url: api.url, caFile: api.caFile, token: api.tokens.watchdog },
      standby: standby.address,
    });
    watch = world.own(await startWatch(deployment));
    const isWritten = async () => (await markerOf(standby.address)).cluster === clusterId;
    await poll('the marker of the first', async () => ((await isWritten()) ? true : undefined));
    world.own(await startWatch(second));
  });

  afterAll(async () => {
    await world?.end();
    await webhook?.close();
  });

  const foreign = () => 'staging/foreign/rfc2136';

  it('the second pages critical and writes nothing, by hand neither', async () => {
    const { standby } = world;
    const before = await markerOf(standby.address);
    const page = await webhook.paged(foreign());
    console.log(`clusters: ${page.summary}`);
    expect(page).toMatchObject({
      severity: 'critical',
      summary: expect.stringContaining(`written by cluster ${clusterId}`),
    });
    const byHand = await runLifeboat(second, ['publish', '--yes', '--json']);
    expect(byHand).toMatchObject({ code: 3, documents: [{ status: 'foreign' }] });
    await runLifeboat(second, ['failover', '--yes', '--why', 'to see']);
    await sleep(2 * timing.snapshot.intervalMs);
    expect(await markerOf(standby.address)).toMatchObject({ cluster: clusterId, writer: before.writer, phase: 'warm' });
    expect(await held(standby.address, 'kubernetes.default')).not.toBe('NXDOMAIN');
    await runLifeboat(second, ['failback', '--yes', '--take-over']);
    expect(await markerOf(standby.address)).toMatchObject({ cluster: clusterId, phase: 'warm' });
  });

  it('takes the zone once the first is gone and its marker is removed by hand', async () => {
    const { standby, standbyKey } = world;
    await watch.stop();
    const tsig = await importTsigKey(parseName(standbyKey.name), standbyKey.secret);
    const removal = { step: 'delete-set', name: parseName(`_lifeboat.${zone}`), type: 'TXT' } as const;
    const update = { zone: parseName(zone), prerequisites: [], steps: [removal] };
    const options = { tsig, timeoutMs: 5_000, signal: AbortSignal.timeout(5_000) };
    expect((await sendUpdate(deps, standby.address, update, options)).message.rcode).toBe('NOERROR');
    await expect
      .poll(async () => (await markerOf(standby.address)).cluster, { ...patience, timeout: 90_000 })
      .toBe('staging');
    const isResolve = ({ type, dedupKey }: (typeof webhook.alerts)[number]) =>
      type === 'lifeboat.alert.resolve' && dedupKey === foreign();
    await expect.poll(() => webhook.alerts.some(isResolve), patience).toBe(true);
    await webhook.paged('staging/marker-lost/rfc2136');
  });
});

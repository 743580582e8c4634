// kill -9 of workerd at twenty random moments of ten outages, with receivers that are slow to answer: no alert lost or late, none told twice in
// another guise, the zone never short of a name, and the ticks go on.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureParts } from '../../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../../lab/binaries/dns-servers.ts';
import { expectStatus } from '../../../lab/processes/kubernetes-client.ts';
import { poll } from '../../../lab/processes/poll.ts';
import type { WorkerProcess } from '../../../lab/processes/worker-process.ts';
import { startClients } from '../../../lab/scenario/clients.ts';
import { zone } from '../../../lab/scenario/control-plane.ts';
import { clusterId } from '../../../lab/scenario/deployment.ts';
import { createSeededRandom } from '../../../lab/scenario/random.ts';
import { held, markerOf } from '../story/standby-zone.ts';
import { startWorld, type World } from '../story/world.ts';
import { ask, createApiToken, order, startWorkerWatch } from './worker.ts';

const built = await ensureParts();
const system = await ensureDnsServers();
const outages = 10;
const services = 30;
const lookupsPerSecond = 20;
/** The longest wait before a kill: a fault is confirmed and its alert sent within it, or not yet. */
const longestMs = 12_000;
/** From the start after a kill: rounds that confirm the fault where it was not yet, and the page. */
const pagedWithinMs = 20_000;
/** Receivers answer after up to so long; their deadline is 5 s, so that some answers are never heard. */
const slowestMs = 6_000;
const deadlineMs = 5_000;
const { token, extra } = createApiToken();

describe.skipIf(built.status === 'absent' || system.status === 'absent')(
  'a Worker that is killed again and again',
  () => {
    let world: World;
    let worker: WorkerProcess;
    const seed = Number(process.env.LIFEBOAT_SEED ?? Date.now() % 1_000_000);
    const random = createSeededRandom(seed);
    let unheard = 0;
    const hold = () => {
      const ms = random.below(slowestMs);
      if (ms >= deadlineMs - 500) unheard++;
      return ms;
    };

    beforeAll(async () => {
      if (built.status === 'absent' || system.status === 'absent') return;
      console.log(`killed: LIFEBOAT_SEED=${seed}`);
      world = await startWorld(built.parts, system.servers, {
        platform: 'worker',
        extra,
        change: (cluster) => ({ ...cluster, policy: { ...cluster.policy, maxActivationsPerHour: 60 } }),
      });
      world.webhook.hold(hold);
      world.pagerduty.hold(hold);
      const { admin } = world.api;
      expectStatus(await admin.createNamespace('shop'), 'namespace shop');
      for (let i = 0; i < services; i++) {
        const service = { namespace: 'shop', name: `svc-${i}`, clusterIP: `10.96.7.${i + 1}` };
        expectStatus(await admin.createService(service), service.name);
      }
      worker = world.own(await startWorkerWatch(world.deployment));
      const isThere = async () => (await held(world.standby.address, `svc-${services - 1}.shop`)) !== 'NXDOMAIN';
      await poll('services in the standby', async () => ((await isThere()) ? true : undefined));
    }, 120_000);

    afterAll(() => world?.end());

    const phase = async () => (await ask(worker, token, `/v1/clusters/${clusterId}`)).body.phase;
    const lastRoundAt = async () => {
      const { watch } = (await ask(worker, token, `/v1/clusters/${clusterId}`)).body;
      return (watch as { readonly lastRoundAt: number | null }).lastRoundAt;
    };
    const kill = async () => {
      await sleep(random.below(longestMs));
      await worker.kill();
      await worker.restart();
      const aliveAtMs = Date.now();
      await poll('a round after the kill', async () => ((await lastRoundAt()) ?? 0) > aliveAtMs || undefined);
    };

    it(`tells of ${outages} outages, once each, and gives each back`, async () => {
      const names = Array.from({ length: services }, (_, i) => `svc-${i}.shop.svc.${zone}.`);
      const resolver = startClients({
        server: world.standby.address,
        names: () => names,
        perSecond: lookupsPerSecond,
        random: createSeededRandom(seed + 1),
      });
      for (let outage = 1; outage <= outages; outage++) {
        world.api.freeze();
        await kill();
        const key = `${clusterId}/activation/${outage}`;
        await world.webhook.paged(key, { timeoutMs: pagedWithinMs });
        await world.pagerduty.paged(key, { timeoutMs: pagedWithinMs });
        await poll(
          'the frozen standby',
          async () => (await markerOf(world.standby.address)).phase === 'frozen' || undefined,
        );
        world.api.thaw();
        const idempotency = { 'idempotency-key': `failback-${outage}` };
        const failback = () =>
          ask(worker, token, `/v1/clusters/${clusterId}/failback`, { confirm: clusterId, why: 'over' }, idempotency);
        await poll('failback that is accepted', async () => (await failback()).status === 202 || undefined);
        await kill();
        await poll('peace', async () => (await phase()) === 'watching' || undefined);
        await world.pagerduty.resolved(key, { timeoutMs: pagedWithinMs });
      }
      const lookups = await resolver.stop();
      const bad = lookups.filter(({ name, addresses }) => addresses[0] !== `10.96.7.${names.indexOf(name) + 1}`);
      console.log(`killed: ${2 * outages} times; ${lookups.length} lookups at the standby, ${bad.length} bad`);
      expect(bad.slice(0, 5)).toEqual([]);
      expect(lookups.length).toBeGreaterThan(1_000);
    }, 600_000);

    it('sent none twice but under the same id', () => {
      const guises = Map.groupBy(
        world.webhook.alerts,
        ({ type, dedupKey, repeat }) => `${type.split('.').at(-1)} ${dedupKey} ${repeat}`,
      );
      const activations = [...guises].filter(([guise]) => guise.includes('/activation/'));
      for (const [guise, alerts] of activations) {
        expect(new Set(alerts.map(({ id }) => id)).size, guise).toBe(1);
      }
      const repeated = world.webhook.alerts.length - new Set(world.webhook.alerts.map(({ id }) => id)).size;
      console.log(
        `killed: ${world.webhook.alerts.length} alerts at the webhook, ${repeated} of them again under their own id; ${unheard} answers too late`,
      );
      const told = [...guises.keys()].filter((guise) => /^(trigger|resolve) \S+\/activation\/\d+ 0$/.test(guise));
      expect(told).toHaveLength(2 * outages);
      // Once for each kill, and once for each answer that came too late.
      expect(repeated).toBeLessThanOrEqual(2 * outages + unheard);
    });

    it('kept every incident of PagerDuty whole', () => {
      const { incidents, refusals } = world.pagerduty;
      expect(refusals).toEqual([]);
      const activations = incidents.filter(({ dedupKey }) => dedupKey.includes('/activation/'));
      expect(activations.map(({ status }) => status)).toEqual(Array.from({ length: outages }, () => 'resolved'));
      console.log(`killed: ${activations.map(({ triggers }) => triggers).join(' ')} triggers an incident`);
    });

    it('is watching, and its standby is warm', async () => {
      expect(await phase()).toBe('watching');
      expect(await markerOf(world.standby.address)).toMatchObject({ phase: 'warm', activation: `${outages}` });
      expect((await order(worker, token, 'failback', { dryRun: true })).body).toMatchObject({
        words: expect.any(Array),
      });
    });
  },
);

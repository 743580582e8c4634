import { afterEach, describe, expect, it } from 'vitest';
import { parseName } from '../../../functions/records/name.ts';
import { type ClientImpact, startClientImpact } from '../../../lab/director/client-impact.ts';
import { createRecorder } from '../../../lab/scenario/history.ts';
import type { Workload } from '../../../lab/scenario/workload.ts';
import { answerFromZone, type FakeDnsServer, startDnsServer } from '../../fakes/dns-server.ts';

const zone = parseName('cluster.local');
const name = parseName('web.shop.svc.cluster.local');
const soa = { name: zone, type: 'SOA', ttlSeconds: 1, value: 'a. b. 1 1 1 1 1' } as const;
const answering = (address: string) =>
  answerFromZone(soa, [{ name, type: 'A', ttlSeconds: 1, value: address } as const]);

/** One name, which holds 10.96.0.1 since ever. */
function workloadOf(): Workload & { change(held: readonly string[], atMs?: number): void; still: number | undefined } {
  const recorder = createRecorder();
  recorder.begin(name, ['10.96.0.1'], 0).done(0);
  return {
    names: () => recorder.names(),
    history: () => recorder.history(),
    forget: (beforeMs) => recorder.forget(beforeMs),
    change: (held, atMs = Date.now()) => recorder.begin(name, held, atMs).done(atMs),
    still: undefined,
    stillSinceMs() {
      return this.still;
    },
    resume() {},
    counts: () => ({ created: 0, deleted: 0, rescaled: 0, reused: 0, refused: 0, unknown: 0 }),
    stop: async () => {},
  };
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('how clients are affected', () => {
  const servers: FakeDnsServer[] = [];
  let impact: ClientImpact | undefined;
  afterEach(async () => {
    await impact?.stop();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  const start = async (withAddress: string, workload = workloadOf()) => {
    const good = await startDnsServer(answering(withAddress));
    const bad = await startDnsServer(() => ({ messages: [{ rcode: 'SERVFAIL' }] }));
    servers.push(good, bad);
    impact = startClientImpact({ workload, withLifeboat: good.endpoint, alone: bad.endpoint });
    return { impact, workload, good };
  };

  it('counts from the beginning that it was told, and each way by itself', async () => {
    const { impact } = await start('10.96.0.1');
    await wait(300);
    expect(impact.counts().alone.lookups).toBe(0);
    impact.begin();
    await wait(600);
    const { withLifeboat, alone } = impact.counts();
    expect(withLifeboat.lookups).toBeGreaterThan(5);
    expect([withLifeboat.failed, withLifeboat.wrong]).toEqual([0, 0]);
    expect(alone.failed).toBe(alone.lookups);
    expect(alone.failed).toBeGreaterThan(5);
  });

  it('calls an address wrong that the name never had, and says which', async () => {
    const { impact } = await start('10.96.9.9');
    impact.begin();
    await wait(500);
    const { withLifeboat } = impact.counts();
    expect(withLifeboat.wrong).toBe(withLifeboat.lookups);
    expect(impact.complaints()[0]).toMatch(/10\.96\.9\.9, but the API held 10\.96\.0\.1/);
  });

  it('excuses nothing that the API goes on saying while the standby stands still', async () => {
    const { impact, workload } = await start('10.96.0.1');
    impact.begin();
    const fromMs = Date.now();
    impact.trouble({ fromMs, standbyOfMs: () => fromMs });
    workload.change(['10.96.0.2']);
    await wait(500);
    expect(impact.counts().withLifeboat.wrong).toBe(0);
    await wait(3_400);
    expect(impact.counts().withLifeboat.wrong).toBeGreaterThan(0);
  });

  it('excuses no standby that was old before, whatever froze it', async () => {
    const workload = workloadOf();
    workload.change(['10.96.0.2'], Date.now() - 120_000);
    const { impact } = await start('10.96.0.1', workload);
    impact.begin();
    const fromMs = Date.now();
    impact.trouble({ fromMs, standbyOfMs: () => fromMs - 240_000 });
    await wait(500);
    const { lookups, wrong } = impact.counts().withLifeboat;
    expect(wrong).toBe(lookups);
    expect(wrong).toBeGreaterThan(5);
  });

  it('counts those who wait in vain, once they have given up', async () => {
    const workload = workloadOf();
    const silent = await startDnsServer(() => ({ messages: [] }));
    servers.push(silent);
    impact = startClientImpact({ workload, withLifeboat: silent.endpoint, alone: silent.endpoint });
    impact.begin();
    await wait(500);
    expect(impact.counts().withLifeboat.lookups).toBe(0);
    const { lookups, failed } = (await impact.settled()).withLifeboat;
    expect(failed).toBe(lookups);
    expect(failed).toBeGreaterThan(5);
  }, 30_000);

  it('holds nobody to changes that only the drowned API knows, and to all of them in peace', async () => {
    const workload = workloadOf();
    const { impact } = await start('10.96.0.1', workload);
    impact.begin();
    const fromMs = Date.now();
    impact.trouble({ fromMs, standbyOfMs: () => fromMs - 4_000 });
    impact.counts();
    workload.still = Date.now();
    await wait(20);
    workload.change(['10.96.0.2']);
    await wait(3_600);
    expect(impact.counts().withLifeboat).toMatchObject({ failed: 0, wrong: 0 });
    impact.calm();
    await wait(1_000);
    expect(impact.counts().withLifeboat.wrong).toBeGreaterThan(0);
  });
});

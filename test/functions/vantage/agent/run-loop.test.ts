// A vantage against a Worker over real HTTP: rounds on time whatever the Worker does, old ones dropped, wanted snapshots delivered.

import { afterEach, describe, expect, it } from 'vitest';
import type { ClusterConfig } from '../../../../functions/config/schema.ts';
import { sourcesOf } from '../../../../functions/config/sources/index.ts';
import type { CaptureResult, SnapshotSource } from '../../../../functions/snapshot/source.ts';
import type { CaptureAnswer } from '../../../../functions/tasks/capture/answered.ts';
import { createVantageLink } from '../../../../functions/vantage/agent/link.ts';
import { backoffMs, type VantageActivity, type VantagePorts } from '../../../../functions/vantage/agent/ports.ts';
import { reportOnce, runVantage } from '../../../../functions/vantage/agent/run-loop.ts';
import { importPrivateKey } from '../../../../functions/vantage/protocol/keys.ts';
import { realClock, realRandom } from '../../../fakes/real-deps.ts';
import { closetKeys, insideConfig, rackKeys, roundAt, snapshotOf } from '../../../fakes/vantage.ts';
import { type FakeReceiver, receiverToken, startFakeReceiver } from '../../../fakes/vantage-receiver.ts';

const until = async (done: () => boolean, what: string) => {
  for (let i = 0; i < 500 && !done(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(done(), what).toBe(true);
};

interface Scene {
  readonly receiver: FakeReceiver;
  readonly ports: VantagePorts;
  readonly cluster: ClusterConfig;
  readonly seen: VantageActivity[];
  readonly faults: string[];
  readonly rounds: () => number;
  capture: SnapshotSource['capture'];
  start(): void;
  stop(): Promise<void>;
}

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

async function scene(changes: { readonly token?: string; readonly privateKey?: string } = {}): Promise<Scene> {
  const [given] = insideConfig().clusters;
  const vantage = given?.vantages[0];
  if (given === undefined || vantage?.kind !== 'inside') throw new Error('a vantage is needed');
  const cluster = { ...given, probe: { ...given.probe, intervalMs: 500 } };
  const receiver = await startFakeReceiver(cluster);
  const options = {
    origin: receiver.origin,
    token: changes.token ?? receiverToken,
    cluster: 'prod',
    vantage: 'rack',
    privateKey: await importPrivateKey(changes.privateKey ?? rackKeys.privateKey),
  };
  const stop = new AbortController();
  let rounds = 0;
  let running: Promise<void> | undefined;
  const one: Scene = {
    receiver,
    cluster,
    seen: [],
    faults: [],
    rounds: () => rounds,
    capture: async (): Promise<CaptureResult> => ({ status: 'refused', bytes: 0, tookMs: 0, attempts: [] }),
    ports: {
      // Its pauses take a tenth: a round in 20 ms, and 0.1 s at most after a failure.
      clock: { ...realClock, sleep: (ms, signal) => realClock.sleep(ms / 10, signal) },
      random: realRandom,
      cluster: { ...cluster, probe: { ...cluster.probe, intervalMs: 200 } },
      vantage,
      probe: async () => {
        rounds++;
        return roundAt(cluster, Date.now());
      },
      sources: sourcesOf(cluster.snapshot).map((terms) => {
        return { ...terms, source: { capture: (...args) => one.capture(...args) } };
      }),
      link: createVantageLink({ clock: realClock, fetch: (url, init) => fetch(url, init) }, options),
    },
    start: () => {
      const onFault = (what: string, error: unknown) => void one.faults.push(`${what}: ${error}`);
      running = runVantage(one.ports, { onActivity: (activity) => void one.seen.push(activity), onFault }, stop.signal);
    },
    stop: async () => {
      stop.abort();
      await running;
      await receiver.close();
    },
  };
  cleanups.push(one.stop);
  return one;
}

/** A round in 60 ms: the control port lets ten through at once, and no test needs as many. */
const slowly = (one: Scene) => {
  const ports = {
    ...one.ports,
    cluster: { ...one.ports.cluster, probe: { ...one.ports.cluster.probe, intervalMs: 600 } },
  };
  return Object.assign(one, { ports });
};

describe('a vantage', () => {
  it('delivers what it sees, each round once', async () => {
    const one = slowly(await scene());
    one.start();
    await until(() => one.receiver.rounds.length >= 3, 'three rounds');
    expect(one.receiver.rounds[0]).toMatchObject({ vantage: 'rack', group: 'dc' });
    expect(one.receiver.rounds[0]?.observations).toHaveLength(6);
    expect(one.seen.filter((each) => each.kind === 'delivered' && each.isChange)).toHaveLength(1);
    expect(one.receiver.refusals).toEqual([]);
  });

  it('goes on after a restart of the Worker, with one more request', async () => {
    const one = slowly(await scene());
    one.start();
    await until(() => one.receiver.rounds.length >= 2, 'two rounds');
    one.receiver.restart();
    const before = one.receiver.rounds.length;
    await until(() => one.receiver.rounds.length >= before + 2, 'two more');
    expect(one.seen.filter(({ kind }) => kind === 'undelivered')).toEqual([]);
    expect(one.receiver.refusals).toEqual([]);
  });

  it('probes on while the Worker hangs, and delivers nothing old afterwards', async () => {
    const one = await scene();
    one.receiver.mood = 'hung';
    one.start();
    await until(() => one.rounds() >= 10, 'ten rounds');
    expect(one.receiver.requests).toBe(1);
    expect(one.receiver.rounds).toEqual([]);
  });

  it.each([
    ['broken', /answers 500 \(the fault is its own, not that of \[redacted\]\)/],
    ['elsewhere', /redirects are not followed/],
    ['endless', /something else/],
    ['stranger', /something else/],
  ] as const)('backs off from a Worker that is %s, and comes back', async (mood, words) => {
    const one = await scene();
    one.receiver.mood = mood;
    one.start();
    await until(() => one.seen.length >= 1, 'a failure');
    expect(one.seen[0]).toMatchObject({ kind: 'undelivered', reason: expect.stringMatching(words) });
    one.receiver.mood = 'well';
    await until(() => one.receiver.rounds.length >= 1, 'a round');
    const [heard] = one.receiver.rounds;
    const age = Date.now() - (heard?.observations[0]?.observedAt ?? 0);
    expect(age).toBeLessThan(1500);
  });

  it('says what is wrong with its token and its key, and shows neither', async () => {
    const denied = await reportOnce((await scene({ token: 'a-wrong-token' })).ports, new AbortController().signal);
    expect(denied).toMatchObject({ status: 'failed', reason: expect.stringMatching(/does not take the token/) });
    const forged = await reportOnce(
      (await scene({ privateKey: closetKeys.privateKey })).ports,
      new AbortController().signal,
    );
    expect(forged).toMatchObject({ status: 'refused', refusal: 'bad-signature' });
    expect(JSON.stringify([denied, forged])).not.toContain('a-wrong-token');
  });

  it('ends at once, whatever hangs', async () => {
    const one = await scene();
    one.receiver.mood = 'hung';
    one.start();
    await until(() => one.receiver.requests === 1, 'a request');
    const startedAt = performance.now();
    await one.stop();
    cleanups.splice(0);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  it('goes on after a probe round that failed', async () => {
    const one = slowly(await scene());
    const { probe } = one.ports;
    let isBroken = true;
    const failing = async () => {
      if (isBroken) throw new Error('no file');
      return probe();
    };
    Object.assign(one, { ports: { ...one.ports, probe: failing } });
    one.start();
    await until(() => one.faults.length >= 1, 'a fault');
    isBroken = false;
    await until(() => one.receiver.rounds.length >= 1, 'a round');
  });
});

/** Asks for a snapshot, and waits for what the vantage says. */
async function answerTo({ receiver }: Scene, places: readonly string[]): Promise<CaptureAnswer | undefined> {
  const before = receiver.answers.length;
  await receiver.control.source('axfr').capture(places, { ticket: `ticket ${before}` });
  await until(() => receiver.answers.length > before, 'answered');
  return receiver.answers[before];
}

describe('a wanted snapshot', () => {
  const servers = ['10.0.0.10:53'];

  it('is captured and delivered while rounds go on', async () => {
    const one = slowly(await scene());
    let asked: readonly unknown[] = [];
    one.capture = async (from) => {
      asked = from;
      const snapshot = await snapshotOf(0, Date.now(), ['kubernetes.default', 'web.shop']);
      return { status: 'captured', snapshot, bytes: 500, tookMs: 1, attempts: [], notes: [] };
    };
    one.start();
    expect(await answerTo(one, servers)).toMatchObject({ outcome: { status: 'kept', snapshot: 1 } });
    expect(asked).toEqual(servers);
    await until(() => one.seen.some(({ kind }) => kind === 'captured'), 'told');
    expect(one.receiver.refusals).toEqual([]);
  });

  it('that cannot be had is said so, with what was tried', async () => {
    const one = slowly(await scene());
    const attempts = [{ place: '10.0.0.10:53', kind: 'denied', code: 'refused', evidence: 'REFUSED' }] as const;
    one.capture = async () => ({ status: 'refused', bytes: 9, tookMs: 1, attempts });
    one.start();
    expect(await answerTo(one, servers)).toMatchObject({
      cost: { bytes: 9 },
      outcome: { status: 'in-vain', attempts },
    });
  });

  it('is transferred from no server but the configured ones, and within the budget of bytes', async () => {
    const one = slowly(await scene());
    let captures = 0;
    // As a source does that has no such place: see axfr.test.ts.
    one.capture = async (places) => {
      if (!places.includes('10.0.0.10:53')) return { status: 'refused', bytes: 0, tookMs: 0, attempts: [] };
      captures++;
      return { status: 'refused', bytes: 300_000_000, tookMs: 1, attempts: [] };
    };
    one.start();
    const elsewhere = await answerTo(one, ['192.0.2.1:53']);
    const evidence = expect.stringMatching(/none of 192.0.2.1:53/);
    expect(elsewhere).toMatchObject({ outcome: { attempts: [{ evidence }] } });
    expect(captures).toBe(0);
    await answerTo(one, servers);
    const overBudget = await answerTo(one, servers);
    expect(overBudget).toMatchObject({
      outcome: { attempts: [{ evidence: expect.stringMatching(/the budget is 500000000 bytes/) }] },
    });
    expect(captures).toBe(1);
  });
});

describe('what a Worker refuses', () => {
  it('is not sent for ever: what could not be captured is left out after three refusals, and that is told', async () => {
    const one = await scene();
    const bodies: string[] = [];
    const wants = [
      { kind: 'capture', number: 7, source: 'axfr', from: ['10.0.0.10:53'], until: Date.now() + 60_000 },
    ] as const;
    const link: VantagePorts['link'] = {
      send: async ({ body }) => {
        bodies.push(body);
        const isBad = body.includes('"failedCaptures":[{');
        return isBad
          ? { status: 'refused', refusal: 'malformed', reason: 'failed captures are not understood' }
          : { status: 'taken', wants };
      },
    };
    Object.assign(one, { ports: { ...one.ports, link } });
    one.start();
    await until(() => one.seen.some(({ kind }) => kind === 'untold'), 'told');
    expect(one.seen).toContainEqual({ kind: 'untold', numbers: [7], reason: expect.stringMatching(/not understood/) });
    expect(bodies.filter((body) => body.includes('"failedCaptures":[{'))).toHaveLength(3);
    const before = bodies.length;
    await until(() => bodies.length > before + 1, 'two more reports');
    expect(bodies.slice(before).some((body) => body.includes('"failedCaptures":[{'))).toBe(false);
  });
});

describe('the wait after a failure', () => {
  it('grows to an interval, and is never the same for all', () => {
    const cluster = { probe: { intervalMs: 5000 } } as ClusterConfig;
    const wait = (failures: number, byte: number) =>
      backoffMs({ cluster, random: { bytes: () => Uint8Array.of(byte) } }, failures);
    expect([1, 2, 3, 4, 99].map((failures) => wait(failures, 255))).toEqual([1000, 2000, 4000, 5000, 5000]);
    expect([1, 4].map((failures) => wait(failures, 0))).toEqual([500, 2500]);
  });
});

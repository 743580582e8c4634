// A vantage transfers for the object of a cluster in real workerd, and the object ends in between: the next one takes the snapshot that comes.
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, expect, it } from 'vitest';
import { config } from '../../functions/entry/worker/deployment.ts';
import type { ClusterView, ReportAnswer } from '../../functions/tasks/control/control-port.ts';
import { createHand, roundAt, snapshotOf } from '../fakes/vantage.ts';

const id = 'inside';
const object = () => env.CLUSTERS.getByName(id);
const pause = () => new Promise((resolve) => setTimeout(resolve, 500));

afterAll(() => runInDurableObject(object(), (_, { storage }) => storage.deleteAlarm()));

it('a snapshot that was asked for is taken by the life that is there when it comes', { timeout: 60_000 }, async () => {
  const cluster = config.clusters.find((one) => one.id === id);
  if (cluster === undefined) throw new Error('no such cluster');
  const hand = createHand({ now: Date.now });
  await object().arm(id);
  const report = async (startedAt?: number): Promise<ReportAnswer> => {
    const own = { cluster: id, ...(startedAt === undefined ? {} : { startedAt }) };
    return object().report(id, await hand.observations(roundAt(cluster, Date.now()), own)) as unknown as ReportAnswer;
  };
  let answer = await report();
  for (let i = 0; i < 40 && (answer.status !== 'taken' || answer.wants.length === 0); i++) {
    await pause();
    answer = await report();
  }
  const [want] = answer.status === 'taken' ? answer.wants : [];
  if (want === undefined) throw new Error(JSON.stringify(answer));
  await runInDurableObject(object(), (_, state) => state.abort('evicted')).catch(() => {});
  const snapshot = { ...(await snapshotOf(want.number, Date.now())), cluster: id };
  const again = { cluster: id, startedAt: Date.now() + 1000 };
  const put = await object().report(id, await hand.snapshot(snapshot, again));
  expect(put).toMatchObject({ status: 'taken' });
  const view = (await object().view(id)) as unknown as ClusterView;
  expect(view.record.machine.capture).toMatchObject({ snapshot: 1, failures: 0, deaths: 0, runningSince: null });
  expect(view.snapshots.numbers).toEqual([1]);
});

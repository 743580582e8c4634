// A cluster that the configuration does not have any more leaves nothing open at the receivers, and nothing else is touched.
import { describe, expect, it } from 'vitest';
import { readRecord, updateRecord } from '../../../../functions/tasks/cluster/record.ts';
import {
  removedClusters,
  retire,
  retireRemoved,
  unwatchedAfterMs,
} from '../../../../functions/tasks/cluster/retire.ts';
import { watch } from '../../../../functions/tasks/loop/run-loop.ts';
import { createFakeCluster, type Weather } from '../../../fakes/cluster.ts';
import { createVirtualClock } from '../../../fakes/virtual-clock.ts';

const turn = { seat: 'watch', goesOn: () => true } as const;

/** A cluster that was watched in this weather, and then left the configuration. */
async function removedIn(weather: Weather) {
  const clock = createVirtualClock();
  const fake = createFakeCluster({ clock });
  const { ports } = fake;
  const watchFor = async (ms: number) => {
    const stop = new AbortController();
    const watching = watch(ports, { onActivity: () => {}, onFault: expect.fail }, stop.signal);
    await clock.advance(ms);
    stop.abort();
    await clock.advance(5_000);
    await watching;
  };
  await watchFor(60_000);
  fake.weather = weather;
  await watchFor(60_000);
  const told = () => fake.sent.map(({ alert }) => `${alert.action} ${alert.dedupKey}`);
  return { clock, fake, ports, watchFor, told };
}

describe('a cluster that is no longer configured', () => {
  it('has its incidents closed, in words that say why, once nobody watches it', async () => {
    const { clock, fake, ports, told } = await removedIn('credential');
    expect(told()).toEqual(['trigger prod/credential/apiserver']);
    expect(await retire(ports, turn)).toBe('waiting');
    expect(told()).toHaveLength(1);
    await clock.advance(unwatchedAfterMs);
    expect(await retire(ports, turn)).toBe('done');
    expect(told()).toEqual(['trigger prod/credential/apiserver', 'resolve prod/credential/apiserver']);
    const closing = fake.sent.at(-1)?.alert;
    expect(closing?.summary).toMatch(/^\[prod\] closed, and not because it is over: the configuration does not have/);
    expect(closing?.summary).toContain("refuses Lifeboat's credential");
    expect(closing?.whatToRunNext).toContain('put cluster prod back into the configuration');
    expect(await retire(ports, turn)).toBe('done');
    expect(told()).toHaveLength(2);
  });

  it('leaves one page open where an activation was, and thaws nothing', async () => {
    const { clock, fake, ports, told } = await removedIn('api-down');
    const marker = async () => (await fake.provider.readMarker(new AbortController().signal)).marker;
    const before = await marker();
    expect(before).toMatchObject({ phase: 'frozen', activation: 1 });
    await clock.advance(unwatchedAfterMs);
    expect(await retire(ports, turn)).toBe('done');
    expect(told()).toEqual(expect.arrayContaining(['resolve prod/activation/1', 'trigger prod/removed']));
    expect(fake.sent.find(({ alert }) => alert.dedupKey === 'prod/removed')?.alert).toMatchObject({
      severity: 'critical',
      whatIsWrong: expect.stringContaining(`following the cluster no more: zonefile`),
    });
    expect(await marker()).toEqual(before);
    const { machine, outbox } = (await readRecord(ports)).record;
    expect(machine).toMatchObject({ phase: 'active', activation: { number: 1 } });
    expect(Object.keys(outbox.open)).toEqual(['prod/removed']);
  });

  it('is told of anew when it is back, and that it is', async () => {
    const { clock, ports, watchFor, told } = await removedIn('api-down');
    await clock.advance(unwatchedAfterMs);
    await retire(ports, turn);
    const before = told().length;
    await watchFor(60_000);
    expect(told().slice(before)).toEqual(expect.arrayContaining(['trigger prod/activation/1', 'resolve prod/removed']));
  });

  it('is sent for until the receiver takes it', async () => {
    const { clock, fake, ports, told } = await removedIn('credential');
    await clock.advance(unwatchedAfterMs);
    fake.answer = { status: 'retry', reason: '503' };
    expect(await retire(ports, turn)).toBe('waiting');
    fake.answer = { status: 'delivered' };
    await clock.advance(15_000);
    expect(await retire(ports, turn)).toBe('done');
    expect(told().filter((one) => one.startsWith('resolve'))).toHaveLength(2);
  });

  it('is looked at twice: whoever watches it may have slept as long, and writes at once', async () => {
    const { clock, ports, told } = await removedIn('credential');
    await clock.advance(unwatchedAfterMs);
    const stop = new AbortController();
    const looking = retireRemoved(ports, ['other'], expect.fail, stop.signal);
    await clock.advance(14_000);
    await updateRecord(ports, (record) => ({ ...record, captures: [...record.captures] }));
    await clock.advance(15_000);
    expect(told()).toHaveLength(1);
    await clock.advance(15_000);
    expect(told()).toHaveLength(2);
    stop.abort();
    await clock.advance(0);
    await looking;
  });

  it('is nothing where it was never watched, and not where another process watches it', async () => {
    const { clock, fake, ports, watchFor, told } = await removedIn('credential');
    expect(await retire({ ...ports, cluster: { id: 'other' } }, turn)).toBe('done');
    expect(await removedClusters(ports, [])).toEqual(['prod']);
    expect(await removedClusters(ports, ['prod'])).toEqual([]);
    const stop = new AbortController();
    const faults: unknown[] = [];
    const looking = retireRemoved(ports, ['other'], (...fault) => void faults.push(fault), stop.signal);
    await watchFor(2 * unwatchedAfterMs);
    expect(told()).toEqual(['trigger prod/credential/apiserver']);
    await clock.advance(unwatchedAfterMs + 30_000);
    expect(told().at(-1)).toBe('resolve prod/credential/apiserver');
    expect(fake.sent).toHaveLength(2);
    stop.abort();
    await clock.advance(0);
    await looking;
    expect(faults).toEqual([]);
  });
});

// The watch's own trouble must reach the pager even when the record, and the outbox with it, cannot be read.
import { describe, expect, it } from 'vitest';
import { mostLesserUnderWay } from '../../../../functions/alerts/claims.ts';
import { enqueue } from '../../../../functions/alerts/enqueue.ts';
import { deliverDue, tellWithoutOutbox } from '../../../../functions/tasks/alert/deliver.ts';
import type { ClusterPorts } from '../../../../functions/tasks/cluster/ports.ts';
import { readRecord, updateRecord } from '../../../../functions/tasks/cluster/record.ts';
import { createFakeCluster } from '../../../fakes/cluster.ts';
import { fieldsOf } from '../../alerts/sample.ts';

async function withUnreadableRecord() {
  const fake = createFakeCluster();
  await fake.ports.store.write('clusters/prod/state', '{}', 0);
  const ports: ClusterPorts = {
    ...fake.ports,
    watchTrouble: () => ({ kind: 'stopped', what: 'the state is of no form' }),
  };
  return { fake, ports };
}

describe('the trouble of the watch, with a record that cannot be read', () => {
  it('is out of reach of the outbox', async () => {
    const { fake, ports } = await withUnreadableRecord();
    await expect(readRecord(ports)).rejects.toThrow();
    await expect(deliverDue(ports)).rejects.toThrow();
    expect(fake.sent).toEqual([]);
  });

  it('is told all the same, with what to run next', async () => {
    const { fake, ports } = await withUnreadableRecord();
    await tellWithoutOutbox(ports);
    expect(fake.sent).toHaveLength(1);
    const alert = fake.sent[0]?.alert;
    expect(alert).toMatchObject({ action: 'trigger', dedupKey: 'prod/watch', severity: 'critical', cluster: 'prod' });
    expect(alert?.summary).toBe('[prod] Lifeboat does not watch this cluster: the state is of no form');
    expect(alert?.whatToRunNext).toContain('npx lifeboat status --remote --cluster prod');
  });

  it('has one id a day, which receivers know again', async () => {
    const { fake, ports } = await withUnreadableRecord();
    await tellWithoutOutbox(ports);
    fake.pass(60_000);
    await tellWithoutOutbox(ports);
    fake.pass(24 * 3_600_000);
    await tellWithoutOutbox(ports);
    const [first, second, nextDay] = fake.sent.map(({ id }) => id);
    expect(second).toBe(first);
    expect(nextDay).not.toBe(first);
  });

  it('reaches the other channels when one fails', async () => {
    const { fake, ports } = await withUnreadableRecord();
    const [channel] = ports.channels;
    if (channel === undefined) throw new Error('a channel is needed');
    const broken = {
      id: 'broken',
      timeoutMs: 5_000,
      repeats: 'outbox' as const,
      send: async () => ({ status: 'retry', reason: 'refused' }) as const,
    };
    await tellWithoutOutbox({ ...ports, channels: [broken, channel] });
    expect(fake.sent.map((delivery) => delivery.channel)).toEqual(['oncall']);
  });
});

describe('one turn of deliveries', () => {
  async function withWarnings(count: number) {
    const fake = createFakeCluster();
    await updateRecord(fake.ports, (record) => {
      const put = (outbox: typeof record.outbox, i: number) =>
        enqueue(outbox, 'trigger', fieldsOf(`prod/kind-${i}`, { severity: 'warning' }), ['oncall'], 0).outbox;
      return { ...record, outbox: Array.from({ length: count }, (_, i) => i).reduce(put, record.outbox) };
    });
    return fake;
  }

  it('goes on until nothing is due: who looks seldom sends no less', async () => {
    const fake = await withWarnings(20);
    await deliverDue(fake.ports, { seat: 'watch', goesOn: () => true });
    expect(new Set(fake.sent.map(({ id }) => id)).size).toBe(20);
    expect((await readRecord(fake.ports)).record.outbox.pending).toEqual([]);
  });

  it('ends where nothing arrives, even with a clock that was set back', async () => {
    const fake = await withWarnings(3);
    const { clock } = fake.ports;
    const ports = { ...fake.ports, clock: { ...clock, now: () => clock.now() - 7_200_000 } };
    await updateRecord(ports, (record) => {
      const put = enqueue(record.outbox, 'trigger', fieldsOf('prod/late'), ['oncall'], clock.now());
      return { ...record, outbox: put.outbox };
    });
    fake.answer = { status: 'retry', reason: '503' };
    await deliverDue(ports, { seat: 'watch', goesOn: () => fake.sent.length < 100 });
    expect(fake.sent).toHaveLength(4);
  });

  it('takes no more when it is to end, and settles what it took', async () => {
    const fake = await withWarnings(20);
    await deliverDue(fake.ports, { seat: 'command', goesOn: () => false });
    expect(fake.sent).toHaveLength(mostLesserUnderWay);
    const { pending } = (await readRecord(fake.ports)).record.outbox;
    expect(pending).toHaveLength(20 - mostLesserUnderWay);
    expect(pending.filter(({ claim }) => claim !== null)).toEqual([]);
  });

  it('gives up what is for a channel that the configuration does not have any more', async () => {
    const fake = await withWarnings(1);
    await deliverDue({ ...fake.ports, channels: [] });
    const { pending, dead } = (await readRecord(fake.ports)).record.outbox;
    expect([pending, dead.map(({ reason }) => reason)]).toEqual([
      [],
      ['the configuration has no channel "oncall" any more'],
    ]);
  });
});

// The watch's own trouble must reach the pager even when the record, and the outbox with it, cannot be read.
import { describe, expect, it } from 'vitest';
import { readRecord } from '../../../functions/tasks/cluster-record.ts';
import { deliverDue, tellWithoutOutbox } from '../../../functions/tasks/deliver.ts';
import type { ClusterPorts } from '../../../functions/tasks/ports.ts';
import { createFakeCluster } from '../../fakes/cluster.ts';

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
      send: async () => ({ status: 'retry', reason: 'refused' }) as const,
    };
    await tellWithoutOutbox({ ...ports, channels: [broken, channel] });
    expect(fake.sent.map((delivery) => delivery.channel)).toEqual(['oncall']);
  });
});

import { describe, expect, it } from 'vitest';
import type { SendResult } from '../../../../functions/alerts/delivery.ts';
import { readRecord } from '../../../../functions/tasks/cluster/record.ts';
import { createFakeCli } from '../../../fakes/cli.ts';

const retry: SendResult = { status: 'retry', reason: 'pager answered 429', afterMs: 60_000 };
const rejected: SendResult = { status: 'rejected', reason: 'pager answered 400' };

describe('alerts test', () => {
  it('sends a marked alert and resolves it under one key of its own, past the outbox', async () => {
    const cli = createFakeCli();
    const startedAt = cli.fake.ports.clock.now();
    const run = await cli.run('alerts', 'test', '--resolve-after', '30');
    expect(run.code).toBe(0);
    expect(run.out).toBe('delivered oncall trigger\ndelivered oncall resolve');
    const [trigger, resolve] = cli.fake.sent;
    expect(trigger?.alert).toMatchObject({
      action: 'trigger',
      severity: 'info',
      summary: '[prod] TEST: a test alert, nothing is wrong',
      dedupKey: expect.stringMatching(/^prod\/test\/[0-9a-z]+$/),
      at: startedAt,
    });
    expect(resolve?.alert).toMatchObject({ action: 'resolve', at: startedAt + 30_000 });
    expect(resolve?.alert.dedupKey).toBe(trigger?.alert.dedupKey);
    expect(resolve?.id).not.toBe(trigger?.id);
    const { record, version } = await readRecord(cli.fake.ports);
    expect([record.outbox.sequence, version]).toEqual([0, 0]);
  });

  it('is as loud as one asks', async () => {
    const cli = createFakeCli();
    await cli.run('alerts', 'test', '--severity', 'critical', '--resolve-after', '0');
    expect(cli.fake.sent.map(({ alert }) => alert.severity)).toEqual(['critical', 'critical']);
    expect((await cli.run('alerts', 'test', '--severity', 'deafening')).code).toBe(2);
  });

  it('resolves what may have arrived, and says how long the receiver asks to wait', async () => {
    const cli = createFakeCli();
    cli.fake.answer = retry;
    const run = await cli.run('alerts', 'test');
    expect(run.code).toBe(1);
    expect(run.out).toContain('retry     oncall trigger: pager answered 429 (it asks for 1 min)');
    expect(cli.fake.sent).toHaveLength(2);
  });

  it('waits for nothing where the trigger was rejected', async () => {
    const cli = createFakeCli();
    cli.fake.answer = rejected;
    const startedAt = cli.fake.ports.clock.now();
    const run = await cli.run('alerts', 'test', '--json');
    expect(run.code).toBe(2);
    expect(run.json()).toEqual([
      { channel: 'oncall', action: 'trigger', ...rejected },
      { channel: 'oncall', action: 'resolve', status: 'skipped', reason: 'its trigger was rejected' },
    ]);
    expect(cli.fake.ports.clock.now()).toBe(startedAt);
  });

  it('takes one channel, and names those there are', async () => {
    const cli = createFakeCli();
    const [oncall] = cli.fake.ports.channels;
    if (oncall === undefined) throw new Error('a channel is needed');
    cli.ports = { channels: [oncall, { id: 'chat', timeoutMs: 5_000, repeats: 'outbox', send: async () => rejected }] };
    expect((await cli.run('alerts', 'test', '--channel', 'oncall')).code).toBe(0);
    expect((await cli.run('alerts', 'test')).code).toBe(2);
    const wrong = await cli.run('alerts', 'test', '--channel', 'fax');
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('oncall, chat')]);
    cli.ports = { channels: [] };
    expect(await cli.run('alerts', 'test')).toMatchObject({ code: 2, err: expect.stringContaining('nobody') });
  });
});

// A channel that refuses what it is sent for a while (a firewall, a deployment, a key that is changed): what it refused arrives later, and the
// other channels say meanwhile that it refuses.
import { describe, expect, it } from 'vitest';
import type { Delivery, SendResult } from '../../functions/alerts/delivery.ts';
import { readRecord } from '../../functions/tasks/cluster/record.ts';
import { watch } from '../../functions/tasks/loop/run-loop.ts';
import { createFakeCluster } from '../fakes/cluster.ts';
import { createVirtualClock } from '../fakes/virtual-clock.ts';

const minuteMs = 60_000;
const key = 'prod/credential/apiserver';
const refused = { status: 'rejected', reason: 'pagerduty pager answered 403' } as const;
const silent = { status: 'retry', reason: 'pagerduty pager did not answer' } as const;

function setUp() {
  const clock = createVirtualClock();
  const fake = createFakeCluster({ clock });
  const answers: Record<string, SendResult> = {};
  const got: string[] = [];
  const tried: string[] = [];
  const channel = (id: string) => ({
    id,
    timeoutMs: 5_000,
    repeats: 'outbox' as const,
    send: async ({ alert }: Delivery): Promise<SendResult> => {
      const answer = answers[`${id} ${alert.dedupKey}`] ?? answers[id] ?? { status: 'delivered' };
      const what = `${id} ${alert.action} ${alert.dedupKey}`;
      tried.push(what);
      if (answer.status === 'delivered') got.push(what);
      return answer;
    },
  });
  const ports = { ...fake.ports, channels: [channel('pager'), channel('chat')] };
  const stop = new AbortController();
  const watching = watch(ports, { onActivity: () => {}, onFault: expect.fail }, stop.signal);
  return {
    clock,
    fake,
    answers,
    got,
    tried,
    outbox: async () => (await readRecord(ports)).record.outbox,
    end: async () => {
      stop.abort();
      await clock.advance(10_000);
      await watching;
    },
  };
}

describe('a channel that refuses', () => {
  it('gets its page and its resolve when it takes them again, and is told of by the others meanwhile', async () => {
    const { clock, fake, answers, got, tried, outbox, end } = setUp();
    answers.pager = refused;
    fake.weather = 'credential';
    await clock.advance(minuteMs);
    expect(got).toEqual([`chat trigger ${key}`, 'chat trigger prod/channel/pager']);
    const trouble = (await outbox()).failing.pager;
    expect(trouble).toMatchObject({ refused: true, reason: refused.reason });
    fake.weather = 'calm';
    await clock.advance(20 * minuteMs);
    const refusals = tried.filter((what) => what.startsWith('pager')).length;
    expect(refusals).toBeLessThanOrEqual(6);
    answers.pager = { status: 'delivered' };
    await clock.advance(20 * minuteMs);
    expect(got.filter((what) => what.startsWith('pager'))).toEqual([`pager trigger ${key}`, `pager resolve ${key}`]);
    expect(got.filter((what) => what.includes('channel'))).toEqual([
      'chat trigger prod/channel/pager',
      'chat resolve prod/channel/pager',
    ]);
    expect(tried).not.toContain('pager trigger prod/channel/pager');
    expect(await outbox()).toMatchObject({ pending: [], open: {}, shown: {}, failing: {}, dead: [] });
    await end();
  });

  it('is told of once where it refuses one alert and takes the others', async () => {
    const { clock, fake, answers, got, end } = setUp();
    answers[`pager ${key}`] = refused;
    fake.weather = 'credential';
    await clock.advance(minuteMs);
    for (const weather of ['dns-down', 'credential', 'dns-down'] as const) {
      fake.weather = weather;
      await clock.advance(2 * minuteMs);
    }
    expect(got.filter((what) => what.startsWith('pager')).length).toBeGreaterThan(0);
    expect(got.filter((what) => what.includes('channel'))).toEqual(['chat trigger prod/channel/pager']);
    delete answers[`pager ${key}`];
    await clock.advance(8 * minuteMs);
    expect(got.filter((what) => what.includes('channel'))).toEqual([
      'chat trigger prod/channel/pager',
      'chat resolve prod/channel/pager',
    ]);
    await end();
  });

  it('is told of after five minutes where it only does not answer', async () => {
    const { clock, fake, answers, got, end } = setUp();
    answers.pager = silent;
    fake.weather = 'credential';
    await clock.advance(4 * minuteMs);
    expect(got).toEqual([`chat trigger ${key}`]);
    await clock.advance(2 * minuteMs);
    expect(got).toEqual([`chat trigger ${key}`, 'chat trigger prod/channel/pager']);
    await end();
  });

  it('is told of by the first that takes anything again, where all refuse', async () => {
    const { clock, fake, answers, got, tried, end } = setUp();
    answers.pager = refused;
    answers.chat = { status: 'rejected', reason: 'webhook chat answered 404' };
    fake.weather = 'credential';
    await clock.advance(10 * minuteMs);
    expect(got).toEqual([]);
    expect(tried.filter((what) => what.includes('channel'))).toEqual([]);
    answers.chat = { status: 'delivered' };
    await clock.advance(20 * minuteMs);
    expect(got).toEqual([`chat trigger ${key}`, 'chat trigger prod/channel/pager']);
    await end();
  });
});

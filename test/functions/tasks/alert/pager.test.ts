// The pager that is asked from elsewhere: each delivery arrives once, whoever asks again, and what its channel remembers comes back each time.
import { describe, expect, it } from 'vitest';
import type { Channel } from '../../../../functions/alerts/channels/channel.ts';
import type { Delivery, SendResult } from '../../../../functions/alerts/delivery.ts';
import { createMemoryStore } from '../../../../functions/stores/memory.ts';
import { createPager } from '../../../../functions/tasks/alert/pager.ts';
import { deliveryOf } from '../../../conformance/channel.ts';
import { realClock } from '../../../fakes/real-deps.ts';

function bench(answer: (delivery: Delivery, memory: string) => Promise<SendResult>) {
  const store = createMemoryStore();
  const sent: string[] = [];
  const channel: Channel = {
    id: 'oncall',
    timeoutMs: 1000,
    repeats: 'outbox',
    send: (delivery, memory) => {
      sent.push(`${delivery.id} ${memory}`);
      return answer(delivery, memory);
    },
  };
  const open = () => createPager({ store, clock: realClock, channels: [channel], places: 2 });
  return { store, sent, open };
}

const trigger = deliveryOf('trigger');

describe('the pager', () => {
  it('sends what has arrived no second time, in its next life neither, and gives the memory again', async () => {
    const { sent, open } = bench(async () => ({ status: 'delivered', memory: 'thread 1' }));
    const expected = { status: 'delivered', memory: 'thread 1' };
    const pager = open();
    expect(await pager.send(trigger, '')).toEqual(expected);
    expect(await pager.send(trigger, '')).toEqual(expected);
    expect(await open().send(trigger, '')).toEqual(expected);
    expect(sent).toEqual(['prod-abc-trigger ']);
    await open().send(deliveryOf('resolve'), 'thread 1');
    expect(sent.at(-1)).toBe('prod-abc-resolve thread 1');
  });

  it('knows again what an earlier version has delivered, which kept no memory', async () => {
    const { store, sent, open } = bench(async () => ({ status: 'delivered', memory: 'thread 1' }));
    await store.write('arrived/prod-abc-trigger', '1700000000000', 0);
    await store.write('arrived/prod-abc-resolve', 'no JSON', 0);
    expect(await open().send(trigger, '')).toEqual({ status: 'delivered' });
    expect(await open().send(deliveryOf('resolve'), '')).toEqual({ status: 'delivered' });
    expect(sent).toEqual([]);
  });

  it('sends again what did not arrive', async () => {
    const { sent, open } = bench(async () => ({ status: 'retry', reason: '503' }));
    const pager = open();
    for (let i = 0; i < 2; i++) expect(await pager.send(trigger, '')).toEqual({ status: 'retry', reason: '503' });
    expect(sent).toHaveLength(2);
  });

  it('gives all who ask for one that is on its way what comes of it', async () => {
    let arrive = (_result: SendResult) => {};
    const { sent, open } = bench(() => new Promise((resolve) => (arrive = resolve)));
    const pager = open();
    const asked = [pager.send(trigger, ''), pager.send(trigger, '')];
    while (sent.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    arrive({ status: 'delivered', memory: 'm' });
    expect(await Promise.all(asked)).toEqual(asked.map(() => ({ status: 'delivered', memory: 'm' })));
    expect(sent).toHaveLength(1);
  });

  it('does not refuse what is for a channel that it lacks: the caller decides', async () => {
    const { open } = bench(async () => ({ status: 'delivered' }));
    const result = await open().send({ ...trigger, channel: 'fax' }, '');
    expect(result).toMatchObject({ status: 'retry', reason: expect.stringContaining('"fax"') });
  });

  it('forgets the oldest arrivals, and no other', async () => {
    const { store, sent, open } = bench(async () => ({ status: 'delivered' }));
    for (let i = 0; i < 1000; i++)
      await store.write(`arrived/old-${i}`, i % 2 === 0 ? String(i) : JSON.stringify({ at: i }), 0);
    await open().send(trigger, '');
    const kept = await store.list('arrived/');
    expect(kept).toHaveLength(500);
    expect(kept).toContain('arrived/prod-abc-trigger');
    expect(kept).toContain('arrived/old-999');
    expect(kept).not.toContain('arrived/old-500');
    await open().send(trigger, '');
    expect(sent).toHaveLength(1);
  });
});

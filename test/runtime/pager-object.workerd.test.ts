// The object of a pager in real workerd: it knows again what has arrived, over its own lives and those of its callers, whichever version stored it.
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { createDurableObjectStore } from '../../functions/stores/durable-object.ts';
import { deliveryOf } from '../conformance/channel.ts';

const pager = (name: string) => env.PAGERS.getByName(name);
const trigger = deliveryOf('trigger');

/** What an object had stored before it came to life again. */
async function arrivedBefore(name: string, value: string): Promise<void> {
  await runInDurableObject(pager(name), async (_, { storage }) => {
    await createDurableObjectStore(storage).write(`arrived/${trigger.id}`, value, 0);
  });
}

describe('the object of a pager', () => {
  it('gives the memory of what has arrived to whoever asks again', async () => {
    await arrivedBefore('dead/this-version', JSON.stringify({ at: 1_700_000_000_000, memory: 'thread-1' }));
    expect(await pager('dead/this-version').send(trigger, '')).toEqual({ status: 'delivered', memory: 'thread-1' });
  });

  it('knows again what the version before has delivered', async () => {
    await arrivedBefore('dead/version-before', '1700000000000');
    expect(await pager('dead/version-before').send(trigger, '')).toEqual({ status: 'delivered' });
  });

  it('is asked by the version before, which gives no memory', async () => {
    const old = pager('dead/oncall') as unknown as { send(delivery: typeof trigger): Promise<unknown> };
    expect(await old.send(trigger)).toMatchObject({
      status: 'retry',
      reason: expect.stringContaining('webhook oncall at http://127.0.0.1:1'),
    });
  });
});

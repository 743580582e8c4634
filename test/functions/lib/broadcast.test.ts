import { describe, expect, it } from 'vitest';
import { createBroadcast } from '../../../functions/lib/broadcast.ts';

const decoder = new TextDecoder();
const hello = { event: 'view', data: '{"at":1}' };

async function next(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string | undefined> {
  const { value, done } = await reader.read();
  return done ? undefined : decoder.decode(value);
}

describe('a broadcast', () => {
  it('tells every reader the first event, then what comes', async () => {
    const broadcast = createBroadcast(5);
    const readers = [broadcast.open(hello).getReader(), broadcast.open(hello).getReader()];
    broadcast.tell({ event: 'view', data: '{"at":2}' });
    for (const reader of readers) {
      expect(await next(reader)).toBe('retry: 2000\nevent: view\ndata: {"at":1}\n\n');
      expect(await next(reader)).toBe('event: view\ndata: {"at":2}\n\n');
    }
  });

  it('forgets who leaves, and lets the oldest go over the limit', async () => {
    const broadcast = createBroadcast(2);
    const [first, second] = [broadcast.open(hello).getReader(), broadcast.open(hello)];
    await second.cancel();
    expect(broadcast.readers()).toBe(1);
    broadcast.open(hello);
    broadcast.open(hello);
    expect(broadcast.readers()).toBe(2);
    await next(first);
    expect(await next(first)).toBeUndefined();
  });

  it('lets a reader go that does not keep up, with bounded memory', async () => {
    const broadcast = createBroadcast(2);
    const slow = broadcast.open(hello).getReader();
    for (let i = 0; i < 1000; i++) broadcast.tell(hello);
    expect(broadcast.readers()).toBe(0);
    let events = 0;
    while ((await next(slow)) !== undefined) events++;
    expect(events).toBeLessThan(1000);
  });
});

import { describe, expect, it } from 'vitest';
import { createLimiter } from '../../../functions/lib/limiter.ts';

const settled = () => new Promise((resolve) => setTimeout(resolve, 1));

describe('a limiter', () => {
  it('lets so many in at once, the others in their order', async () => {
    const limiter = createLimiter(2);
    const seen: number[] = [];
    const leave = new Map<number, () => void>();
    for (const guest of [1, 2, 3, 4]) {
      void limiter.enter().then((out) => {
        seen.push(guest);
        leave.set(guest, out);
      });
    }
    await settled();
    expect(seen).toEqual([1, 2]);
    leave.get(2)?.();
    leave.get(2)?.();
    await settled();
    expect(seen).toEqual([1, 2, 3]);
    leave.get(1)?.();
    leave.get(3)?.();
    await settled();
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it('gives up with the signal, without losing a place', async () => {
    const limiter = createLimiter(1);
    const leave = await limiter.enter();
    const stop = new AbortController();
    const waiting = limiter.enter(stop.signal);
    stop.abort(new Error('late'));
    await expect(waiting).rejects.toThrow('late');
    await expect(limiter.enter(stop.signal)).rejects.toThrow('late');
    leave();
    const next = await limiter.enter();
    next();
    (await limiter.enter())();
  });
});

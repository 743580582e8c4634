// Long work in slices: one a turn of the event loop, each in its order.
import { describe, expect, it } from 'vitest';
import { createTimeSlices, type TimeSlices } from '../../../../lab/simulators/kube-apiserver/time-slices.ts';

function spin(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

/** After a turn in which I/O was looked at. */
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

async function work(slices: TimeSlices, name: string, steps: number, log: string[]): Promise<void> {
  let slice = await slices.turn();
  for (let i = 0; i < steps; i++) {
    if (slice.isOver()) slice = await slices.turn();
    spin(2);
    log.push(name);
  }
}

describe('time slices', () => {
  it('go round between those who work', async () => {
    const slices = createTimeSlices(1);
    const log: string[] = [];
    await Promise.all([work(slices, 'a', 3, log), work(slices, 'b', 3, log), work(slices, 'c', 1, log)]);
    expect(log.join('')).toBe('abcabab');
  });

  it('leave a turn of the event loop between any two, however many work', async () => {
    const slices = createTimeSlices(2);
    const log: string[] = [];
    const done = Promise.all(Array.from({ length: 50 }, (_, i) => work(slices, `${i}`, 4, log))).then(() => 'done');
    let mostSteps = 0;
    for (let before = 0; (await Promise.race([done, nextTurn()])) !== 'done'; before = log.length) {
      mostSteps = Math.max(mostSteps, log.length - before);
    }
    expect(log).toHaveLength(200);
    // A step takes 2 ms, and so does a slice.
    expect(mostSteps).toBe(1);
  });

  it('begin again after a pause', async () => {
    const slices = createTimeSlices(1);
    await slices.turn();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await slices.turn()).isOver()).toBe(false);
  });
});

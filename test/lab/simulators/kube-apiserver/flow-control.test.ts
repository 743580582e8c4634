// Seats, queues and turns: who waits, who is turned away, and that nothing is lost when a client leaves.
import { describe, expect, it } from 'vitest';
import {
  type Admission,
  createFlowControl,
  type FlowControlOptions,
} from '../../../../lab/simulators/kube-apiserver/flow-control.ts';
import { dealHand } from '../../../../lab/simulators/kube-apiserver/shuffle-sharding.ts';

const defaults: FlowControlOptions = { seats: 2, queues: 1, handSize: 1, queueLengthLimit: 3, waitLimitMs: 5_000 };
const never = new AbortController().signal;

function start(options: Partial<FlowControlOptions> = {}) {
  const control = createFlowControl({ ...defaults, ...options });
  const log: string[] = [];
  const ask = (flow: string, signal = never): Promise<Admission> =>
    control.admit(flow, signal).then((admission) => {
      log.push(`${flow} ${admission.status}`);
      return admission;
    });
  const seat = async (flow: string) => {
    const admission = await ask(flow);
    if (admission.status !== 'seated') throw new Error(`${flow} got no seat`);
    return admission;
  };
  return { control, log, ask, seat };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('flow control', () => {
  it('seats as many as there are seats, then the longest waiting one for each that leaves', async () => {
    const { control, log, ask, seat } = start();
    const first = await seat('a');
    await seat('b');
    void ask('c');
    void ask('d');
    await settled();
    expect([control.seated, control.waiting]).toEqual([2, 2]);
    first.release();
    first.release();
    await settled();
    expect(log).toEqual(['a seated', 'b seated', 'c seated']);
    expect([control.seated, control.waiting]).toEqual([2, 1]);
  });

  it('rejects at once when the queue is full', async () => {
    const { control, ask, seat } = start();
    await Promise.all([seat('a'), seat('a')]);
    for (let i = 0; i < 3; i++) void ask('a');
    expect(await ask('innocent')).toEqual({ status: 'rejected', why: 'queue full' });
    expect(control.waiting).toBe(3);
  });

  it('rejects what has waited for too long, and frees its place', async () => {
    const { control, ask, seat } = start({ waitLimitMs: 20 });
    await Promise.all([seat('a'), seat('a')]);
    expect(await ask('b')).toEqual({ status: 'rejected', why: 'time out' });
    expect(control.waiting).toBe(0);
  });

  it('forgets a client that leaves the queue; its turn goes to the next', async () => {
    const { control, ask, seat } = start();
    const held = await seat('a');
    await seat('a');
    const leaving = new AbortController();
    const left = ask('leaving', leaving.signal);
    const next = ask('next');
    leaving.abort();
    expect(await left).toEqual({ status: 'abandoned' });
    held.release();
    expect((await next).status).toBe('seated');
    expect([control.seated, control.waiting]).toEqual([2, 0]);
    expect(await ask('gone', AbortSignal.abort())).toEqual({ status: 'abandoned' });
  });

  it('with many queues keeps a flood apart from the others, and takes turns between queues', async () => {
    const { control, ask, seat } = start({ queues: 128, handSize: 8, queueLengthLimit: 50 });
    const held = await Promise.all([seat('noisy'), seat('noisy')]);
    const flood = Array.from({ length: 500 }, () => ask('noisy'));
    const answers: string[] = [];
    const quiet = ask('quiet').then(({ status }) => answers.push(status));
    await settled();
    // Eight queues of the flood hold fifty each; the rest was turned away.
    expect(control.waiting).toBe(8 * 50 + 1);
    // After at most one request of each of the other queues it is the quiet one's turn.
    let [current] = held as [Admission & { status: 'seated' }, unknown];
    for (let i = 0; i < 9 && answers.length === 0; i++) {
      current.release();
      await settled();
      const next = (await Promise.race(flood)) as Admission;
      if (next.status === 'seated') current = next;
      flood.shift();
    }
    await quiet;
    expect(answers).toEqual(['seated']);
  });
});

describe('a hand', () => {
  it('has different queues, the same for the same flow', () => {
    const hand = dealHand('user', 128, 8);
    expect(dealHand('user', 128, 8)).toEqual(hand);
    expect(dealHand('another', 128, 8)).not.toEqual(hand);
    expect(new Set(hand).size).toBe(8);
    expect(hand.every((queue) => queue >= 0 && queue < 128)).toBe(true);
    expect(dealHand('user', 4, 4).toSorted()).toEqual([0, 1, 2, 3]);
  });

  it('deals every queue about equally often', () => {
    const counts = new Array<number>(16).fill(0);
    for (let i = 0; i < 4_000; i++)
      for (const queue of dealHand(`user-${i}`, 16, 4)) counts[queue] = (counts[queue] ?? 0) + 1;
    // 1,000 each.
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1_150);
  });
});

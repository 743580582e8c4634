import { describe, expect, it } from 'vitest';
import { type Bucket, emptyBucket, pour } from '../../../../functions/vantage/protocol/bucket.ts';
import {
  admit,
  following,
  isAfter,
  type Lane,
  type Nonce,
  newSeries,
  noNonce,
  type ReplayMemory,
  resume,
} from '../../../../functions/vantage/protocol/replay.ts';

function take(memory: ReplayMemory, nonce: Nonce, lane: Lane = 'observations'): ReplayMemory {
  const admission = admit(memory, lane, nonce);
  if (admission.status === 'replayed') throw new Error(`replayed ${nonce.startedAt}-${nonce.count}`);
  return admission.memory;
}
const at = (startedAt: number, count: number): Nonce => ({ startedAt, count });

describe('a nonce', () => {
  it('is taken once, and none before it afterwards', () => {
    const memory = take(take(resume(noNonce), at(100, 1)), at(100, 3));
    for (const old of [at(100, 3), at(100, 2), at(100, 1), at(99, 50)]) {
      expect(admit(memory, 'observations', old)).toEqual({ status: 'replayed', isResumption: false });
    }
    expect(admit(memory, 'observations', at(100, 4)).status).toBe('fresh');
    expect(admit(memory, 'observations', at(101, 1)).status).toBe('fresh');
  });

  it('of a slow snapshot may be overtaken by observations, and is taken once all the same', () => {
    const memory = take(take(resume(noNonce), at(100, 9)), at(100, 5), 'snapshots');
    expect(admit(memory, 'snapshots', at(100, 5)).status).toBe('replayed');
  });

  it('that was taken is not taken by a receiver that reads back what was stored', () => {
    let memory = resume(noNonce);
    const stored = new Set<string>();
    let nonce = at(100, 0);
    for (let i = 0; i < 5000; i++) {
      nonce = following(nonce);
      memory = take(memory, nonce, i % 7 === 0 ? 'snapshots' : 'observations');
      stored.add(JSON.stringify(memory.ceiling));
      const anew = resume(memory.ceiling);
      if (i % 97 === 0) {
        for (const lane of ['observations', 'snapshots'] as const) {
          expect(admit(anew, lane, nonce)).toEqual({ status: 'replayed', isResumption: true });
        }
        expect(admit(anew, 'observations', following(newSeries(nonce, 50))).status).toBe('fresh');
      }
    }
    expect(stored.size).toBeLessThanOrEqual(5);
  });

  it('of a new series is after all before it, also when the clock was set back', () => {
    expect(isAfter(following(newSeries(at(100, 5), 200)), at(100, 5))).toBe(true);
    expect(newSeries(at(100, 5), 50)).toEqual(at(101, 0));
  });
});

describe('a bucket', () => {
  const rate = { capacity: 5, everyMs: 100 };
  const pours = (from: Bucket, times: readonly number[]) => {
    let bucket = from;
    return times.map((now) => {
      const poured = pour(bucket, rate, now);
      bucket = poured.bucket;
      return poured.isAllowed;
    });
  };

  it('lets a burst through, then one at a time', () => {
    const times = [...Array(6).fill(1000), 1099, 1100, 1100, 1500, 1500, 1500, 1500, 1500];
    const expected = [true, true, true, true, true, false, false, true, false, true, true, true, true, false];
    expect(pours(emptyBucket, times)).toEqual(expected);
  });

  it('leaks nothing while the clock is set back', () => {
    expect(pours({ filledMs: 500, at: 10_000 }, [5000, 5000])).toEqual([false, false]);
  });
});

import { describe, expect, it } from 'vitest';
import { withDeadline } from '../../../functions/lib/deadline.ts';
import { realClock } from '../../fakes/real-deps.ts';

const never = () => new Promise<never>(() => {});

describe('withDeadline', () => {
  it('gives the result of the work and leaves no timer behind', async () => {
    let sleeping = 0;
    const clock = {
      ...realClock,
      sleep: async (ms: number, signal?: AbortSignal) => {
        sleeping += 1;
        await realClock.sleep(ms, signal);
        sleeping -= 1;
      },
    };
    expect(await withDeadline(clock, { what: 'it', timeoutMs: 60_000 }, async () => 7)).toBe(7);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(sleeping).toBe(0);
  });

  it('rejects with what was waited for and how long, and aborts the work', async () => {
    let reason: unknown;
    const work = (signal: AbortSignal) => {
      signal.addEventListener('abort', () => {
        reason = signal.reason;
      });
      return never();
    };
    await expect(withDeadline(realClock, { what: 'AXFR', timeoutMs: 5 }, work)).rejects.toMatchObject({
      code: 'timeout',
      message: 'AXFR: nothing within 5 ms',
    });
    expect(reason).toMatchObject({ code: 'timeout' });
  });

  it('ends with the caller, also when it had given up before', async () => {
    const controller = new AbortController();
    const deadline = { what: 'AXFR', timeoutMs: 60_000, signal: controller.signal };
    setTimeout(() => controller.abort(), 5);
    for (let i = 0; i < 2; i++) {
      await expect(withDeadline(realClock, deadline, never)).rejects.toMatchObject({
        code: 'timeout',
        message: 'AXFR: given up by the caller',
      });
    }
  });

  it("says so when it was the caller's deadline that passed", async () => {
    const deadline = { what: 'AXFR', timeoutMs: 60_000, signal: AbortSignal.timeout(5) };
    await expect(withDeadline(realClock, deadline, never)).rejects.toMatchObject({
      message: 'AXFR: no answer in time',
    });
  });

  it('passes the error of the work on', async () => {
    const fail = async () => {
      throw new TypeError('mine');
    };
    await expect(withDeadline(realClock, { what: 'it', timeoutMs: 1_000 }, fail)).rejects.toThrow('mine');
  });
});

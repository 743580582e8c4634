// Which lives of a cluster's watch are under way, where a platform lets one begin before the last has ended (an invocation beside another). Kept
// in the record, in one write with what a new life takes over. Pure; who asks is loop/begin-life.ts.
import { z } from 'zod';

/** `until`: when the platform has ended it at the latest. */
export const livesShape = z.array(z.object({ life: z.string(), until: z.number() }));
export type Lives = readonly Readonly<z.infer<typeof livesShape>[number]>[];

/** A life may outlast its platform's word by so much: clocks of hosts that share a record differ by less. */
const toleranceMs = 10_000;

/** The other lives that may still go on. What is further ahead than one can be was written by a clock that has been set back since. */
export function livingBeside(lives: Lives, life: string, lifeMs: number, now: number): Lives {
  return lives.filter(
    (one) => one.life !== life && one.until + toleranceMs > now && one.until <= now + lifeMs + toleranceMs,
  );
}

export function withLife(lives: Lives, life: string, lifeMs: number, now: number): Lives {
  return [...livingBeside(lives, life, lifeMs, now), { life, until: now + lifeMs }];
}

export function withoutLife(lives: Lives, life: string): Lives {
  return lives.filter((one) => one.life !== life);
}

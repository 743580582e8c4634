// Two sources as one: the second is asked when the first has given nothing. It captures nothing by itself.
import type { SnapshotSource } from '../source.ts';

export function createEitherSource(first: SnapshotSource, second: SnapshotSource): SnapshotSource {
  return {
    async capture(servers, options) {
      const one = await first.capture(servers, options);
      if (one.status === 'captured' || options?.signal?.aborted) return one;
      const other = await second.capture(servers, options);
      const bytes = one.bytes + other.bytes;
      const tookMs = one.tookMs + other.tookMs;
      return { ...other, bytes, tookMs, attempts: [...one.attempts, ...other.attempts] };
    },
  };
}

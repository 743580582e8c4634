// A provider over a memory zone that behaves as DNS hosts do on bad days: it yields before and after each step, loses answers, confirms what it
// did not do, does half of it, refuses, and shows what it held before. What it does next is said by `next`; `good` when nothing is said.
import { LifeboatError } from '../../functions/lib/errors.ts';
import type { MemoryProvider } from '../../functions/providers/memory.ts';
import type { Provider, ZoneState } from '../../functions/providers/provider.ts';
import { applyToZone } from '../../functions/providers/zone-state.ts';

/**
 * - `good` does what it says
 * - `lost` does it, and the answer is lost; `dropped` does nothing, and the answer is lost
 * - `lied` confirms and does nothing; `half` confirms and does the first half of the batch, with the marker
 * - `denied` refuses
 * - `stale` (a reading) shows what it held before its last batch
 */
export const moods = ['good', 'lost', 'dropped', 'lied', 'half', 'denied', 'stale'] as const;
export type Mood = (typeof moods)[number];

export interface UnrulyOptions {
  readonly next: () => Mood;
  /** Waits for the turn of whoever calls, before and after each step. */
  readonly turn?: () => Promise<void>;
}

/** Several of these may stand over one zone: two publishers, each with its own moods and turns. */
export function createUnrulyProvider(inner: MemoryProvider, history: ZoneState[], options: UnrulyOptions): Provider {
  const { next, turn = async () => {} } = options;
  const read = async (): Promise<ZoneState> => {
    await turn();
    const state = await inner.readZone(new AbortController().signal);
    const before = history.at(-1);
    const shown = next() === 'stale' && before !== undefined ? before : state;
    await turn();
    return shown;
  };
  return {
    label: inner.label,
    zone: inner.zone,
    describe: inner.describe,
    readMarker: async () => ({ marker: (await read()).marker }),
    readZone: read,
    async apply(batch, signal) {
      await turn();
      const mood = next();
      if (mood === 'denied') return { status: 'refused', reason: 'REFUSED' };
      if (mood === 'dropped') throw new LifeboatError('timeout', 'no answer');
      if (mood === 'lied') return { status: 'applied' };
      const before = await inner.readZone(signal);
      const changes = mood === 'half' ? batch.changes.slice(0, Math.floor(batch.changes.length / 2)) : batch.changes;
      // Half of a switch between CNAME and other types would be no zone: such a host does it whole.
      const part =
        applyToZone(inner.zone, inner.contents(), { ...batch, changes }).status === 'conflict'
          ? batch
          : { ...batch, changes };
      const outcome = await inner.apply(part, signal);
      if (outcome.status === 'applied') history.push(before);
      await turn();
      if (mood === 'lost') throw new LifeboatError('network', 'the connection was lost');
      return outcome;
    },
  };
}

// A standby zone that is simulated: in memory behind the real fence of a provider, asked by writers that are interleaved, cut off, and told
// less than was done. What is written is handed to whoever holds it to an invariant.
import { LifeboatError } from '../../../functions/lib/errors.ts';
import { createMemoryProvider, type MemoryProvider } from '../../../functions/providers/memory.ts';
import type { Batch, Provider } from '../../../functions/providers/provider.ts';
import type { Name } from '../../../functions/records/name.ts';
import type { Rrset } from '../../../functions/records/rrset.ts';
import type { SeededRandom } from '../../../lab/scenario/random.ts';
import { takingAtMost } from '../../fakes/capabilities.ts';

/** `fault`: nothing is done; `unseen`: it is done and the answer is lost; `lie`: it is not done and said to be. */
export type Behavior = 'good' | 'fault' | 'unseen' | 'lie' | 'gone';

export interface Written {
  readonly before: readonly Rrset[];
  readonly after: readonly Rrset[];
  readonly batch: Batch;
  /** Who wrote. */
  readonly writer: string;
}

export interface SimulatedZone {
  behavior: Behavior;
  readonly label: string;
  contents(): readonly Rrset[];
  /** As after a restore from nothing. */
  empty(): void;
  /** The zone as one deployment reaches it. */
  reachedBy(writer: string, isCut: () => boolean): Provider;
}

export interface SimulatedZoneOptions {
  readonly label: string;
  readonly zone: Name;
  readonly random: SeededRandom;
  readonly onWritten: (written: Written) => void;
}

export function createSimulatedZone({ label, zone, random, onWritten }: SimulatedZoneOptions): SimulatedZone {
  let inner: MemoryProvider = createMemoryProvider({ zone });
  /** Lets the other writer come in between, at some of the places where a network would. */
  const between = async (): Promise<void> => {
    for (let ticks = random.below(4); ticks > 0; ticks--) await Promise.resolve();
  };
  const simulated: SimulatedZone = {
    behavior: 'good',
    label,
    contents: () => inner.contents(),
    empty() {
      inner = createMemoryProvider({ zone });
    },
    reachedBy(writer, isCut) {
      const reach = async (): Promise<void> => {
        await between();
        if (isCut() || simulated.behavior === 'gone') throw new LifeboatError('timeout', `${label} did not answer`);
      };
      const reading = async <T>(work: () => Promise<T>): Promise<T> => {
        await reach();
        const state = await work();
        await between();
        return state;
      };
      return {
        label,
        zone,
        describe: async () => takingAtMost({ values: 12 }),
        readMarker: (signal) => reading(() => inner.readMarker(signal)),
        readZone: (signal) => reading(() => inner.readZone(signal)),
        async apply(batch, signal) {
          await reach();
          if (simulated.behavior === 'fault') throw new LifeboatError('network', `${label} is unwell`);
          if (simulated.behavior === 'lie') return { status: 'applied' };
          const before = inner.contents();
          const outcome = await inner.apply(batch, signal);
          if (outcome.status === 'applied') onWritten({ before, after: inner.contents(), batch, writer });
          await between();
          if (simulated.behavior === 'unseen') throw new LifeboatError('timeout', `${label} did not answer in time`);
          return outcome;
        },
      };
    },
  };
  return simulated;
}

// Counts refused requests by name and tells of them now and then, so that a flood of requests is no flood of events. It judges none.
import type { Clock } from '../../lib/deps.ts';
import type { ReportRefusal } from '../../tasks/control/control-port.ts';

/** `in-part`: the report was taken, and parts of it were not. */
export type Refused = ReportRefusal | 'in-part';

export interface HeardRefusals {
  /** null: they named no vantage that is known. */
  readonly vantage: string | null;
  /** The last one, and why. */
  readonly refusal: Refused;
  readonly reason: string;
  readonly count: number;
}

export interface RefusalTeller {
  /** One more; told at once when nothing was told of this name for `everyMs`. */
  count(vantage: string | null, refusal: Refused, reason: string): Promise<void>;
  /** Tells what is due and was not told yet. */
  tellAll(): Promise<void>;
}

/** `tell` may reject: what it was told is told again. */
export function createRefusalTeller(
  clock: Clock,
  everyMs: number,
  tell: (refused: HeardRefusals) => Promise<void>,
): RefusalTeller {
  const untold = new Map<string | null, HeardRefusals>();
  const toldAt = new Map<string | null, number>();
  const tellOf = async (vantage: string | null) => {
    const waiting = untold.get(vantage);
    const sinceMs = Math.abs(clock.now() - (toldAt.get(vantage) ?? Number.NEGATIVE_INFINITY));
    if (waiting === undefined || sinceMs < everyMs) return;
    untold.delete(vantage);
    toldAt.set(vantage, clock.now());
    try {
      await tell(waiting);
    } catch {
      const { count = 0, ...newer } = untold.get(vantage) ?? { ...waiting, count: 0 };
      untold.set(vantage, { ...newer, count: count + waiting.count });
    }
  };
  return {
    count: (vantage, refusal, reason) => {
      const count = (untold.get(vantage)?.count ?? 0) + 1;
      untold.set(vantage, { vantage, refusal, reason, count });
      return tellOf(vantage);
    },
    tellAll: async () => {
      for (const vantage of [...untold.keys()]) await tellOf(vantage);
    },
  };
}

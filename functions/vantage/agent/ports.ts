// What the process of a vantage works with, and what it tells of. No behaviour but how long it waits after a failure.
import type { ClusterConfig, InsideVantageConfig } from '../../config/schema.ts';
import type { Observation } from '../../decision/health/observation.ts';
import { backOffMs, spread } from '../../lib/back-off.ts';
import type { Clock, Random } from '../../lib/deps.ts';
import type { ConfiguredSource } from '../../snapshot/source.ts';
import type { VantageLink } from './link.ts';

export interface VantagePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly cluster: ClusterConfig;
  readonly vantage: InsideVantageConfig;
  /** One round over what this vantage looks at; never throws for a target. */
  readonly probe: () => Promise<readonly Observation[]>;
  /** Those that it may capture from for the Worker; none where it may not. */
  readonly sources: readonly ConfiguredSource[];
  readonly link: VantageLink;
}

/** What happened, for whoever looks on. */
export type VantageActivity =
  /** `isChange`: the first one, the first after one that was not delivered, or something else was dropped than before. */
  | {
      readonly kind: 'delivered';
      readonly observations: number;
      readonly tookMs: number;
      readonly isChange: boolean;
      /** Why parts of it were not taken. */
      readonly dropped?: string;
    }
  | { readonly kind: 'undelivered'; readonly reason: string; readonly waitMs: number }
  | {
      readonly kind: 'captured';
      readonly number: number;
      readonly from: string;
      readonly records: number;
      readonly tookMs: number;
    }
  | { readonly kind: 'not-captured'; readonly number: number; readonly reason: string }
  /** What could not be captured is not told any more: reports with it in them are refused. */
  | { readonly kind: 'untold'; readonly numbers: readonly number[]; readonly reason: string };

export interface VantageHooks {
  readonly onActivity: (activity: VantageActivity) => void;
  /** A fault of Lifeboat itself: the vantage goes on. */
  readonly onFault: (what: string, error: unknown) => void;
}

const leastWaitMs = 1000;
const mostWaitMs = 30_000;

/** Twice as long after each failure, up to an interval: half of it for certain, the rest by chance, so that vantages do not keep step. */
export function backoffMs({ random, cluster }: Pick<VantagePorts, 'random' | 'cluster'>, failures: number): number {
  const mostMs = Math.min(mostWaitMs, Math.max(leastWaitMs, cluster.probe.intervalMs));
  const [byte = 0] = random.bytes(1);
  return Math.round(spread(backOffMs({ firstMs: leastWaitMs, mostMs }, failures), byte / 255));
}

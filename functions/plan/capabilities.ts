// What a DNS host can take: plans are checked and cut against it before any I/O. Data, and one pure function that each host brings with it
// (functions/providers/<kind>/): nothing here knows what a host counts.
import type { Change } from './plan.ts';

/** By what is counted, in the host's own words: `{ records: 12, octets: 340 }`. */
export type Amounts = Readonly<Record<string, number>>;

export interface ProviderCapabilities {
  /** What the host keeps and counts: whole sets (Route 53, RFC 2136), or single values (Cloudflare DNS). */
  readonly granularity: 'rrset' | 'record';
  /**
   * How many of those its zone may hold, and holds now, others' included; the room that the marker needs is already taken off. Left out: there
   * is no such limit, or none that can be read.
   */
  readonly quota?: { readonly most: number; readonly used: number };
  readonly maxValuesPerRrset: number;
  /**
   * How many values a set may have at a host that was not set up for more. Kept values are put beside new ones up to here; a set that has more
   * on either side shows that the host takes them.
   */
  readonly usualValuesPerRrset: number;
  /** The most that one atomic batch may cost; the room that the marker needs is already taken off. What is not named has no limit. */
  readonly batch: Amounts;
  /**
   * What changes that go together (a unit, order.ts) cost in a batch, in the words of `batch`. `alone`: in a batch of their own. Costs of units
   * add up. Pure.
   */
  readonly costOf: (changes: readonly Change[], alone: boolean) => Amounts;
}

/** No limit at all: for plans over two files, and for hosts that are files themselves. */
export const unlimited: ProviderCapabilities = {
  granularity: 'rrset',
  maxValuesPerRrset: Number.MAX_SAFE_INTEGER,
  // A server reads the file in the end, and some take no more as they come.
  usualValuesPerRrset: 100,
  batch: {},
  costOf: () => ({}),
};

// IPv4 addresses for the workload: mostly those that a deleted name has just given back, because that is where stale answers hurt.
import type { SeededRandom } from './random.ts';

export interface AddressPool {
  /** One that nobody holds. */
  take(): string;
  give(addresses: readonly string[]): void;
  /** How many times a returned address was taken again. */
  reused(): number;
}

const reuseShare = 0.8;

/** A pool over `<prefix>.16.0` to `<prefix>.255.255`; throws when it is used up. */
export function createAddressPool(prefix: string, random: SeededRandom): AddressPool {
  const free: string[] = [];
  let next = 16 * 256;
  let reused = 0;
  return {
    take() {
      const old = next >= 65_535 || random.next() < reuseShare ? free.pop() : undefined;
      if (old !== undefined) {
        reused++;
        return old;
      }
      if (next >= 65_535) throw new Error(`the ${65_535 - 16 * 256} addresses of ${prefix}.0.0/16 are used up`);
      const address = `${prefix}.${next >> 8}.${next & 255}`;
      next++;
      return address;
    },
    give(addresses) {
      free.push(...addresses);
    },
    reused: () => reused,
  };
}

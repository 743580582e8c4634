// Which cluster IPs are taken, and which one a new Service gets. It knows addresses, not Services: the store's events tell it who came and went.
// The real allocator: pkg/registry/core/service/ipallocator.
import { randomInt } from 'node:crypto';
import ipaddr from 'ipaddr.js';

export interface ClusterIps {
  /** Why this address cannot be given; undefined: it can. */
  problemOf(address: string): string | undefined;
  /** A free address by chance; undefined when there is none. */
  pick(): string | undefined;
  take(address: string): void;
  free(address: string): void;
}

/** As the real server: a larger range cannot be configured. */
const maxHostBits = 20;

/** For an IPv4 range such as `10.96.0.0/16`. Its first and its last address are never given. */
export function createClusterIps(range: string): ClusterIps {
  const { first, size } = parseRange(range);
  const taken = new Set<number>();
  const indexOf = (address: string): number => toNumber(address) - first;
  return {
    problemOf(address) {
      const index = indexOf(address);
      if (index <= 0 || index >= size - 1) return 'the provided network does not match the current range';
      return taken.has(index) ? 'provided IP is already allocated' : undefined;
    },
    pick() {
      const start = randomInt(size);
      for (let i = 0; i < size; i++) {
        const index = (start + i) % size;
        if (index !== 0 && index !== size - 1 && !taken.has(index)) return toText(first + index);
      }
      return undefined;
    },
    take: (address) => taken.add(indexOf(address)),
    free: (address) => taken.delete(indexOf(address)),
  };
}

export function isIpv4(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text);
}

function parseRange(range: string): { readonly first: number; readonly size: number } {
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(range))
    throw new Error(`"${range}" is not an IPv4 range such as 10.96.0.0/16`);
  const [address, bits] = ipaddr.IPv4.parseCIDR(range);
  const hostBits = 32 - bits;
  if (hostBits < 3 || hostBits > maxHostBits)
    throw new Error(`"${range}" must be between /${32 - maxHostBits} and /29`);
  const size = 2 ** hostBits;
  const number = toNumber(address.toString());
  return { first: number - (number % size), size };
}

function toNumber(address: string): number {
  return address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);
}

function toText(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}

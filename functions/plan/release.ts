// What an operator lets out: exactly the held changes that were shown, and nothing that comes later. Pure.
import { canonicalJson, sha256Hex } from '../lib/canonical.ts';
import type { HeldSet, HoldMemory, ReleasedSet } from './memory.ts';

/** The held changes that a release lets out: those of a guard, and not released yet. What an outage holds is for no operator to let out. */
export function releasable({ held, released }: HoldMemory): ReadonlyMap<string, HeldSet> {
  return new Map([...held].filter(([key, { guard }]) => guard !== 'cluster-health' && !released.has(key)));
}

/** Over names and what becomes of them: two equal ones let the same out. */
export async function releaseDigest(memory: HoldMemory): Promise<string> {
  const changes = [...releasable(memory)].map(([key, { wants }]) => [key, wants] as const);
  return `sha256:${await sha256Hex(canonicalJson(changes.sort(([a], [b]) => (a < b ? -1 : 1))))}`;
}

/** The memory in which all that can be released is. The next plan lets it out, if it still asks for the same. */
export function release(memory: HoldMemory, by: Omit<ReleasedSet, 'wants'>): HoldMemory {
  const out = [...releasable(memory)].map(([key, { wants }]) => [key, { wants, ...by }] as const);
  return { ...memory, released: new Map([...memory.released, ...out]) };
}

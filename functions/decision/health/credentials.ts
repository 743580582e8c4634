// What the machine knows of refused credentials: by vantage and target, since one vantage may be refused where the others are not. Pure.

import type { Target } from '../../model/target.ts';
import type { Policy } from '../machine/policy.ts';
import type { ClusterState } from '../machine/state.ts';
import { readTarget } from './ladder.ts';
import type { Observation } from './observation.ts';
import { track } from './recent.ts';
import { targetKey } from './verdict.ts';

/**
 * Takes in what was news in a round. A target that is down has taken no credential: only an answer proves one good. Forgotten is what nobody
 * has refused within the window, and whoever has said nothing for as long.
 */
export function knowCredentials(
  before: ClusterState['credentials'],
  round: readonly Observation[],
  targets: readonly Target[],
  policy: Policy,
  now: number,
): ClusterState['credentials'] {
  const known = new Map(Object.entries(before));
  for (const [key, seen] of Map.groupBy(round, (one) => credentialKey(one.vantage, targetKey(one.target)))) {
    const [first] = seen;
    if (first === undefined) continue;
    const isRefused = refuses(seen);
    const { condition } = readTarget(first.target.kind, seen);
    if (!isRefused && condition !== 'healthy' && condition !== 'degraded') continue;
    const next = track(known.get(key), isRefused, now, policy, policy.downRounds);
    if (next === undefined) known.delete(key);
    else known.set(key, next);
  }
  const keys = new Set(targets.map(targetKey));
  const limitMs = policy.window.rounds * policy.intervalMs;
  return Object.fromEntries([...known].filter(([key, { at }]) => keys.has(partsOf(key).target) && now - at <= limitMs));
}

/** Who delivers about a target, and whether each is refused: for good (`isOpen`), or in its last round. */
export interface Delivering {
  readonly vantage: string;
  readonly isOpen: boolean;
  readonly isRefused: boolean;
}

export function deliveringOf(
  { observations, credentials }: Pick<ClusterState, 'observations' | 'credentials'>,
  target: string,
): readonly Delivering[] {
  const seen = observations.filter((one) => targetKey(one.target) === target);
  return [...Map.groupBy(seen, (one) => one.vantage)].map(([vantage, own]) => ({
    vantage,
    isOpen: credentials[credentialKey(vantage, target)]?.isOpen === true,
    isRefused: refuses(own),
  }));
}

/** Neither the id of a vantage nor the start of a target's key holds a blank. */
export function credentialKey(vantage: string, target: string): string {
  return `${vantage} ${target}`;
}

export function partsOf(key: string): { readonly vantage: string; readonly target: string } {
  const at = key.indexOf(' ');
  return { vantage: key.slice(0, at), target: key.slice(at + 1) };
}

function refuses(seen: readonly Observation[]): boolean {
  return seen.some(({ reason }) => reason === 'credential');
}

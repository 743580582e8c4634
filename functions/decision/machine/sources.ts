// Which sources a snapshot may be captured from now, and in which order: those that still tell the truth. Pure; when a capture is due is in
// captures.ts, what it may cost in snapshot/budget.ts.
import { assertNever } from '../../lib/assert.ts';
import type { SourceNeed, SourceTerms } from '../../model/source.ts';
import { apiServerKey, dnsKey } from '../health/verdict.ts';
import type { CaptureFrom } from './effect.ts';
import type { TriedSource } from './event.ts';
import type { Policy } from './policy.ts';
import { apiHealthy, goodServers } from './selectors.ts';
import type { CaptureState, ClusterState, SourceState } from './state.ts';

type Judged = Pick<ClusterState, 'verdicts' | 'streaks' | 'capture'>;
type Rules = Pick<Policy, 'sources' | 'dnsServers' | 'healthyRounds'>;

/** The one place of a source that asks the API server. */
const apiServerPlace = 'apiserver';

/**
 * | a source that needs | is used while                                                | in these places                              |
 * |---------------------|--------------------------------------------------------------|----------------------------------------------|
 * | `dns-synced`        | a replica is healthy or degraded, whatever the API server is | those replicas, the healthy ones first       |
 * | `apiserver-healthy` | the API server is healthy, whatever DNS is                   | the API server                               |
 *
 * In the order of the policy, but one that gave nothing the last time goes behind those that did, or were not asked.
 */
export function usableSources(state: Judged, policy: Rules): readonly CaptureFrom[] {
  const usable = policy.sources
    .map(({ id, usableWhile }) => ({ source: id, places: placesOf(state, policy, usableWhile) }))
    .filter(({ places }) => places.length > 0);
  const isFailing = ({ source }: CaptureFrom) => (state.capture.sources[source]?.failures ?? 0) > 0;
  return [...usable.filter((one) => !isFailing(one)), ...usable.filter(isFailing)];
}

function placesOf(state: Judged, policy: Rules, need: SourceNeed): readonly string[] {
  switch (need) {
    case 'dns-synced':
      return goodServers(state, policy);
    case 'apiserver-healthy':
      return apiHealthy(state, policy) ? [apiServerPlace] : [];
    default:
      return assertNever(need, 'need');
  }
}

/** Was everything looked at that sources depend on? Before that, that none is usable says nothing. */
export function areNeedsLookedAt({ verdicts }: Pick<ClusterState, 'verdicts'>, policy: Rules): boolean {
  const isLooked = (key: string) => verdicts[key]?.reason !== 'no-observation';
  const targets = { 'dns-synced': policy.dnsServers.map(dnsKey), 'apiserver-healthy': [apiServerKey] };
  return policy.sources.every(({ usableWhile }) => targets[usableWhile].some(isLooked));
}

const unfitWords: Readonly<Record<SourceNeed, string>> = {
  'dns-synced': 'no CoreDNS replica is fit to be captured from',
  'apiserver-healthy': 'the API server is not healthy',
};

/** Why none of these sources can be used, when none can. */
export function unusableWords(sources: readonly Pick<SourceTerms, 'usableWhile'>[]): string {
  return [...new Set(sources.map(({ usableWhile }) => unfitWords[usableWhile]))].join(', and ') || 'there is no source';
}

/** What is remembered of each source after a capture: those that gave nothing, and the one that gave the snapshot. */
export function afterTrying(
  { sources }: Pick<CaptureState, 'sources'>,
  tried: readonly TriedSource[],
  gave: string | undefined,
  policy: Pick<Policy, 'sources'>,
  now: number,
): CaptureState['sources'] {
  const known = (id: string) => policy.sources.some((source) => source.id === id);
  const kept = Object.entries(sources).filter(([id]) => known(id) && id !== gave);
  const failed = tried
    .filter(({ source }) => known(source))
    .map(({ source, kind }): [string, SourceState] => {
      return [source, { failures: (sources[source]?.failures ?? 0) + 1, failedAt: now, kind }];
    });
  return Object.fromEntries([...kept, ...failed]);
}

// Which way a deployment captures from a source: through a vantage inside the network, by itself, or the one after the other. Which source is
// asked is decided in decision/machine/sources.ts.
import type { ClusterConfig } from '../../config/schema.ts';
import type { SourceNeed } from '../../model/source.ts';
import type { ConfiguredSource, SnapshotSource } from '../../snapshot/source.ts';

/** What a vantage must look at to reach a source's place. */
const targetOf = { 'dns-synced': 'dns', 'apiserver-healthy': 'apiserver' } as const satisfies Record<
  SourceNeed,
  string
>;

/** `inside`: the source with this id, asked of vantages. `direct`: the sources as they are asked from here. */
export function throughVantages(
  { vantages }: Pick<ClusterConfig, 'vantages'>,
  inside: (id: string) => SnapshotSource,
  direct: readonly ConfiguredSource[],
): readonly ConfiguredSource[] {
  if (!vantages.some((one) => one.kind === 'inside' && one.captures)) return direct;
  return direct.map((configured) => {
    const target = targetOf[configured.usableWhile];
    const isReachable = vantages.some((one) => one.kind === 'edge' && one.targets.includes(target));
    const through = inside(configured.id);
    return { ...configured, source: isReachable ? eitherWay(through, configured.source) : through };
  });
}

/** The second way is taken when the first has led to nothing. */
export function eitherWay(first: SnapshotSource, second: SnapshotSource): SnapshotSource {
  return {
    async capture(places, options) {
      const one = await first.capture(places, options);
      if (one.status !== 'refused' || options?.signal?.aborted) return one;
      const other = await second.capture(places, options);
      const bytes = one.bytes + other.bytes;
      const requests = (one.requests ?? 0) + (other.requests ?? 0);
      const tookMs = one.tookMs + other.tookMs;
      return { ...other, bytes, requests, tookMs, attempts: [...one.attempts, ...other.attempts] };
    },
  };
}

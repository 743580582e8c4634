// A second source for tests, added by docs/contributing/add-a-source.md: it lists services, as one that asks the API server will. What it is told of
// its server is the conformance list's words, not HTTP.
import type { CaptureAttempt, RefusalKind, SourceTerms } from '../../functions/model/source.ts';
import { child, type Name } from '../../functions/records/name.ts';
import type { DnsRecord } from '../../functions/records/rrset.ts';
import { buildSnapshot } from '../../functions/snapshot/build.ts';
import { checkCompleteness } from '../../functions/snapshot/completeness.ts';
import type { CaptureResult, SnapshotSource } from '../../functions/snapshot/source.ts';
import type { Behaviour } from '../conformance/source.ts';

export const toyTerms: SourceTerms = {
  id: 'toy',
  title: 'list of services',
  usableWhile: 'apiserver-healthy',
  budget: { leastIntervalMs: 30_000, bytesPerHour: 100_000_000, requestsPerHour: 240 },
};

export interface ToyOptions {
  readonly cluster: string;
  readonly zone: Name;
  readonly timeoutMs: number;
  readonly maxServices: number;
  readonly list: () => Promise<Behaviour>;
}

const place = 'apiserver';
const bytesPerService = 100;

export function createToySource({ cluster, zone, timeoutMs, maxServices, list }: ToyOptions): SnapshotSource {
  return {
    async capture(places, { signal } = {}): Promise<CaptureResult> {
      const nothing = { bytes: 0, tookMs: 0, attempts: [] } as const;
      if (!places.includes(place)) return { status: 'refused', ...nothing };
      const refused = (kind: RefusalKind, code: string, evidence: string, bytes = 0): CaptureResult => {
        const attempt: CaptureAttempt = { place, kind, code, evidence };
        return { status: 'refused', ...nothing, bytes, requests: 1, attempts: [attempt] };
      };
      const answer = await list();
      if (answer === 'refuses') return refused('denied', 'forbidden', '403: cannot list services');
      if (answer === 'hangs') {
        const until = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]);
        await new Promise((resolve) => until.addEventListener('abort', resolve, { once: true }));
        return refused('timed-out', 'timeout', `nothing within ${timeoutMs} ms`);
      }
      const count = answer === 'empty' ? 0 : answer === 'too-large' ? maxServices + 1 : 20;
      const bytes = bytesPerService * count;
      if (count > maxServices)
        return refused('too-large', 'too-many', `${count} services, at most ${maxServices}`, bytes);
      if (answer === 'cut') return refused('incomplete', 'expired', 'the next page is 410 Gone', bytes / 2);
      const records = Array.from({ length: count }, (_, i): DnsRecord => {
        const name = child(`${i === 0 ? 'kubernetes.default' : `web-${i}.shop`}.svc`, zone);
        return { name, type: 'A', ttlSeconds: 30, value: `10.96.0.${i + 1}` };
      });
      const snapshot = await buildSnapshot({
        ...{ cluster, zone, records, takenAt: 1_700_000_000_000 },
        origin: { kind: 'source', source: toyTerms.id, place, verified: true },
        freshness: { kind: 'resource-version', resourceVersion: '4711' },
      });
      const complete = checkCompleteness(snapshot, ['kubernetes.default.svc']);
      if (complete.status === 'refused') return refused(complete.kind, complete.code, complete.evidence, bytes);
      return { status: 'captured', ...nothing, snapshot, bytes, requests: 1, notes: [] };
    },
  };
}

// Is what a vantage put the snapshot that it was asked for? Pure; it asks nobody and keeps nothing.
import type { ClusterConfig } from '../../config/schema.ts';
import { cut } from '../../lib/clip.ts';
import { messageOf } from '../../lib/errors.ts';
import { visible } from '../../lib/visible.ts';
import type { RefusalKind } from '../../model/source.ts';
import { findUnpublishable } from '../../snapshot/build.ts';
import { decodeSnapshot } from '../../snapshot/codec.ts';
import { checkCompleteness } from '../../snapshot/completeness.ts';
import { capturedFrom, type Snapshot } from '../../snapshot/snapshot.ts';
import { maxSkewMs } from '../protocol/report.ts';
import type { StoredRequest } from './request-document.ts';

/** A larger document is refused before it is hashed: it would not fit into a Worker's memory beside its parts. */
export const maxSnapshotCharacters = 20 * 1_048_576;

export interface Wrong {
  readonly status: 'wrong';
  readonly kind: RefusalKind;
  readonly code: string;
  readonly evidence: string;
}

export async function checkSnapshot(
  request: Pick<StoredRequest, 'number' | 'source' | 'from' | 'askedAt'>,
  cluster: ClusterConfig,
  document: string,
  now: number,
): Promise<{ readonly status: 'right'; readonly snapshot: Snapshot } | Wrong> {
  let snapshot: Snapshot;
  try {
    snapshot = await decodeSnapshot(document, maxSnapshotCharacters);
  } catch (error) {
    return wrong(visible(messageOf(error)));
  }
  const { origin, takenAt, counts } = snapshot;
  if (snapshot.number !== request.number)
    return wrong(`it says number ${snapshot.number}, asked for was ${request.number}`);
  if (snapshot.cluster !== cluster.id) return wrong(`it is of the cluster ${visible(cut(snapshot.cluster, 80))}`);
  if (snapshot.zone !== cluster.zone) return wrong(`it is of the zone ${snapshot.zone}, not ${cluster.zone}`);
  const came = capturedFrom(origin);
  if (came?.source !== request.source || !request.from.includes(came.place)) {
    return wrong(`it comes from none of ${request.from.join(' ')}`);
  }
  if (origin.kind === 'axfr' && cluster.dns.tsig !== undefined && !origin.signed) {
    const evidence = `the transfer from ${origin.server} was not signed, and the configuration has a key for it`;
    return wrong(evidence, 'unverified', 'missing-mac');
  }
  if (takenAt < request.askedAt - maxSkewMs || takenAt > now + maxSkewMs) {
    return wrong(`it was taken at ${takenAt}, asked for at ${request.askedAt}`, 'malformed', 'bad-time');
  }
  const { maxRecords, mustHave } = cluster.snapshot;
  if (counts.records > maxRecords)
    return wrong(`it has ${counts.records} records, the limit is ${maxRecords}`, 'too-large');
  const stray = findUnpublishable(snapshot.zone, snapshot.rrsets);
  if (stray !== undefined) return wrong(`it holds ${stray.name} ${stray.type}: ${stray.reason}`);
  const whole = checkCompleteness(snapshot, mustHave);
  return whole.status === 'complete' ? { status: 'right', snapshot } : { ...whole, status: 'wrong' };
}

function wrong(evidence: string, kind: RefusalKind = 'malformed', code: string = kind): Wrong {
  return { status: 'wrong', kind, code, evidence };
}

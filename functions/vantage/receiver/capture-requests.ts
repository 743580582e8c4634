// The snapshots that a Worker waits for: asked of vantages in the answers to their reports, since nothing can be asked of them otherwise.
// A snapshot source, so that a capture through a vantage is one like any other. It verifies no signature.

import type { ClusterConfig } from '../../config/schema.ts';
import { cut } from '../../lib/clip.ts';
import type { Clock } from '../../lib/deps.ts';
import { messageOf } from '../../lib/errors.ts';
import { visible } from '../../lib/visible.ts';
import type { RefusalKind } from '../../model/source.ts';
import { findUnpublishable } from '../../snapshot/build.ts';
import { decodeSnapshot } from '../../snapshot/codec.ts';
import { checkCompleteness } from '../../snapshot/completeness.ts';
import { capturedFrom, type Snapshot } from '../../snapshot/snapshot.ts';
import type { CaptureAttempt, CaptureOptions, CaptureResult, SnapshotSource } from '../../snapshot/source.ts';
import type { CaptureRequest } from '../../tasks/control/control-port.ts';
import { type FailedCapture, maxSkewMs } from '../protocol/report.ts';

export interface CaptureRequests {
  /** The source with this id, asked of vantages. */
  source(id: string): SnapshotSource;
  /** What this vantage is asked for now. Each request is one vantage's, until that one falls silent. */
  wantsOf(vantage: string): readonly CaptureRequest[];
  /** A snapshot that came for a request. `digest`: what tells the same again from another one. */
  put(vantage: string, number: number, document: string, digest: string): Promise<PutAnswer>;
  /** A vantage says that it could not. */
  fail(vantage: string, failed: FailedCapture): void;
}

export type PutAnswer =
  | { readonly status: 'taken' }
  | { readonly status: 'malformed' | 'unwanted' | 'conflict'; readonly reason: string };

interface PendingRequest extends CaptureRequest {
  readonly askedAt: number;
  /** Whose it is, and when that one last asked. */
  holder?: { readonly vantage: string; readonly at: number };
  /** What came for it, judged or being judged. */
  came?: { readonly digest: string; readonly answer: Promise<PutAnswer> };
  /** Ends the wait; the first one counts. */
  readonly settle: (result: CaptureResult) => void;
}

/** A larger document is refused before it is hashed: it would not fit into a Worker's memory beside its parts. */
export const maxSnapshotCharacters = 20 * 1_048_576;
/** Waits at once: an ordinary capture and a final one, with room. */
const maxCaptureRequests = 8;
/** A request is refused at once when nobody was there to ask for longer: another way may still be open, and time is short. */
const heardForIntervals = 3;
/** Requests that are over and still known, so that the same snapshot again is no offence. */
const keptCaptureRequests = 16;

export function createCaptureRequests(clock: Clock, cluster: ClusterConfig): CaptureRequests {
  const open = new Map<number, PendingRequest>();
  const over = new Map<number, PendingRequest>();
  let lastNumber = 0;
  // A new life waits for the first report before it calls them silent.
  let lastHeardAt = clock.now();

  const close = (request: PendingRequest) => {
    open.delete(request.number);
    if (request.came !== undefined) over.set(request.number, request);
    for (const number of [...over.keys()].slice(0, Math.max(0, over.size - keptCaptureRequests))) over.delete(number);
  };

  const capture = async (source: string, from: readonly string[], options: CaptureOptions = {}) => {
    const askedAt = clock.now();
    const refused = (attempts: readonly CaptureAttempt[]): CaptureResult => {
      return { status: 'refused', bytes: 0, tookMs: Math.max(0, clock.now() - askedAt), attempts };
    };
    const [first] = from;
    if (first === undefined) return refused([]);
    const late = (evidence: string) => refused([{ place: first, kind: 'timed-out', code: 'timeout', evidence }]);
    const hopeless = hopelessness(cluster, askedAt - lastHeardAt, open.size);
    if (hopeless !== undefined) return late(hopeless);
    // Unique also after a restart, without anything stored; twelve digits.
    lastNumber = Math.max(lastNumber + 1, Math.floor(askedAt / 10));
    const until = askedAt + cluster.snapshot.timeoutMs + 2 * cluster.probe.intervalMs;
    const { promise, resolve } = Promise.withResolvers<CaptureResult>();
    const asked = { kind: 'capture', number: lastNumber, source, from, askedAt, until } as const;
    const request: PendingRequest = { ...asked, settle: resolve };
    open.set(request.number, request);
    const stopWaiting = giveUpLater(clock, request, options.signal, (why) => resolve(late(why)));
    try {
      return await promise;
    } finally {
      stopWaiting();
      close(request);
    }
  };

  return {
    source: (id) => ({ capture: (places, options) => capture(id, places, options) }),
    wantsOf(vantage) {
      const now = clock.now();
      lastHeardAt = now;
      const mine = [...open.values()].filter((one) => one.came === undefined && hold(one, vantage, cluster, now));
      return mine.map(({ kind, number, source, from, until }) => ({ kind, number, source, from, until }));
    },
    async put(vantage, number, document, digest) {
      const request = open.get(number) ?? over.get(number);
      if (request?.holder?.vantage !== vantage)
        return { status: 'unwanted', reason: `nobody waits for a snapshot ${number} of vantage ${vantage}` };
      if (request.came === undefined) {
        request.came = { digest, answer: judge(request, cluster, vantage, document, clock) };
      } else if (request.came.digest !== digest) {
        return { status: 'conflict', reason: `snapshot ${number} is there already, with another content` };
      }
      return request.came.answer;
    },
    fail(vantage, { number, bytes, attempts }) {
      const request = open.get(number);
      if (request === undefined || request.came !== undefined || request.holder?.vantage !== vantage) return;
      const tookMs = Math.max(0, clock.now() - request.askedAt);
      // Its word, which nothing bears out: it must not use up more of the hour's budget than the largest transfer that is allowed.
      const counted = Math.min(bytes, maxSnapshotCharacters, cluster.snapshot.maxBytes);
      request.settle({ status: 'refused', bytes: counted, tookMs, attempts });
    },
  };
}

/** Why a snapshot need not be waited for. */
function hopelessness({ probe }: ClusterConfig, quietMs: number, waiting: number): string | undefined {
  if (quietMs > heardForIntervals * probe.intervalMs)
    return `no vantage that captures was heard for ${Math.round(quietMs / 1000)} s`;
  return waiting < maxCaptureRequests ? undefined : `${maxCaptureRequests} captures are waited for already`;
}

/** Is it, or does it become, the request of this vantage? One that asks no more for two intervals has lost it. */
function hold(request: PendingRequest, vantage: string, cluster: ClusterConfig, now: number): boolean {
  const { holder } = request;
  const isFree = holder === undefined || now - holder.at > 2 * cluster.probe.intervalMs;
  if (holder?.vantage !== vantage && !isFree) return false;
  request.holder = { vantage, at: now };
  return true;
}

/** Gives up at the request's end, or when the caller does; what is given back ends that. */
function giveUpLater(
  clock: Clock,
  request: PendingRequest,
  signal: AbortSignal | undefined,
  giveUp: (why: string) => void,
): () => void {
  const done = new AbortController();
  const onAbort = () => giveUp('given up by the caller');
  signal?.addEventListener('abort', onAbort, { once: true, signal: done.signal });
  if (signal?.aborted) onAbort();
  const waitMs = request.until - request.askedAt;
  void clock.sleep(waitMs, done.signal).then(() => {
    const { holder, number } = request;
    const who =
      holder === undefined ? 'no vantage has reported to be asked for it' : `vantage ${holder.vantage} was asked`;
    giveUp(`snapshot ${number} did not come within ${waitMs} ms: ${who}`);
  });
  return () => done.abort();
}

/** Judges what came, tells whoever waits, and answers the vantage. */
async function judge(
  request: PendingRequest,
  cluster: ClusterConfig,
  vantage: string,
  document: string,
  clock: Clock,
): Promise<PutAnswer> {
  const tookMs = Math.max(0, clock.now() - request.askedAt);
  const bytes = document.length;
  const checked = await check(request, cluster, document, clock.now());
  if ('problem' in checked) {
    const { problem, reason } = checked;
    const attempt: CaptureAttempt = { place: `vantage ${vantage}`, ...problem, evidence: reason };
    request.settle({ status: 'refused', bytes, tookMs, attempts: [attempt] });
    return { status: 'malformed', reason };
  }
  const notes = [`transferred by vantage ${vantage}`];
  request.settle({ status: 'captured', snapshot: { ...checked, number: 0 }, bytes, tookMs, attempts: [], notes });
  return { status: 'taken' };
}

interface Wrong {
  readonly problem: Pick<CaptureAttempt, 'kind' | 'code'>;
  readonly reason: string;
}

function wrong(reason: string, kind: RefusalKind = 'malformed', code: string = kind): Wrong {
  return { problem: { kind, code }, reason };
}

async function check(
  request: PendingRequest,
  cluster: ClusterConfig,
  document: string,
  now: number,
): Promise<Snapshot | Wrong> {
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
    return wrong(
      `the transfer from ${origin.server} was not signed, and the configuration has a key for it`,
      'unverified',
      'missing-mac',
    );
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
  return whole.status === 'complete' ? snapshot : wrong(whole.evidence, whole.kind, whole.code);
}

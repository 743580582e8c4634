// The snapshots that vantages are asked for in the answers to their reports, since nothing can be asked of them otherwise. What is asked for is
// stored (request-document.ts), so that any life takes in what comes. A snapshot source that answers later. It verifies no signature.
import type { ClusterConfig } from '../../config/schema.ts';
import type { InVain } from '../../decision/machine/effect.ts';
import type { Clock } from '../../lib/deps.ts';
import { askedForMs } from '../../model/capture-times.ts';
import type { CaptureAttempt } from '../../model/source.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { CaptureResult, SnapshotSource } from '../../snapshot/source.ts';
import type { Store } from '../../stores/store.ts';
import type { CaptureAnswer } from '../../tasks/capture/answered.ts';
import type { CaptureRequest } from '../../tasks/control/control-port.ts';
import type { FailedCapture } from '../protocol/report.ts';
import { checkSnapshot, maxSnapshotCharacters } from './check-snapshot.ts';
import { createRequestDocument, type StoredRequest } from './request-document.ts';

export interface CaptureRequests {
  /** The source with this id, asked of vantages. */
  source(id: string): SnapshotSource;
  /** What this vantage is asked for now. Each request is one vantage's, until that one falls silent. */
  wantsOf(vantage: string): Promise<readonly CaptureRequest[]>;
  /** A snapshot that came for a request. `digest`: what tells the same again from another one. */
  put(vantage: string, number: number, document: string, digest: string): Promise<PutAnswer>;
  /** A vantage says that it could not. */
  fail(vantage: string, failed: FailedCapture): Promise<void>;
  /** Ends what did not come in time. Called once a tick. */
  expire(): Promise<void>;
  /** Of whoever waits: one for each open request. */
  tickets(): Promise<readonly string[]>;
}

export interface CaptureRequestsDeps {
  readonly clock: Clock;
  readonly store: Store;
  readonly cluster: ClusterConfig;
  /** Keeps a snapshot that was asked for; its number. */
  readonly keep: (fresh: Snapshot) => Promise<number>;
  /** Tells the machine; through when that is stored. */
  readonly answered: (answer: CaptureAnswer) => Promise<void>;
}

export type PutAnswer =
  | { readonly status: 'taken' }
  | { readonly status: 'malformed' | 'unwanted' | 'conflict'; readonly reason: string };

/** At once: an ordinary capture and a final one, with room. */
const maxOpen = 8;
/** Nobody is asked when nobody was there to ask for longer: another way may still be open, and time is short. */
const heardForIntervals = 3;
/** A vantage that does not report for longer has lost its request to the next one that does. */
const heldForIntervals = 2;
/** A snapshot that so many lives ended with is not taken in once more. */
const mostBegun = 2;

/**
 * What is written, in this order; where a life ends in between, the next one goes on from what stands:
 *
 * | written                                        | then                                                                            |
 * |------------------------------------------------|---------------------------------------------------------------------------------|
 * | the request                                    | the machine hears that others were asked                                        |
 * | which vantage it is asked of                   | that one is answered                                                            |
 * | that a life takes in what came                 | it is checked; the third life refuses it                                        |
 * | the snapshot, unless it holds what the last did | nobody knows of it yet: the vantage puts it again, and it holds what the last did |
 * | the machine: captured, or nothing came of it   | the same again does no harm                                                     |
 * | the outcome, beside the request                | the vantage is answered                                                         |
 */
export function createCaptureRequests(deps: CaptureRequestsDeps): CaptureRequests {
  const { clock, cluster, store } = deps;
  const document = createRequestDocument(store, cluster.id);
  const requests: Requests = { ...deps, document, judging: new Map() };
  // A new life waits for the first report before it calls them silent.
  let lastHeardAt = clock.now();
  return {
    source: (id) => ({
      capture: (places, { ticket } = {}) => ask(requests, id, places, ticket, clock.now() - lastHeardAt),
    }),
    async wantsOf(vantage) {
      const now = clock.now();
      lastHeardAt = now;
      const held = await document.change((all) =>
        each(all, (one) => (isOpen(one) ? hold(one, vantage, cluster, now) : one)),
      );
      const isMine = (one: StoredRequest) => one.askedOf.at(-1)?.vantage === vantage;
      const mine = held.filter((one) => isOpen(one) && isMine(one) && !isLate(one, cluster, now));
      return mine.map(({ number, source, from, until }) => ({ kind: 'capture', number, source, from, until }));
    },
    put: (vantage, number, body, digest) => put(requests, vantage, number, body, digest),
    async fail(vantage, { number, bytes, attempts }) {
      const request = (await document.read()).find((one) => one.number === number);
      if (request === undefined || !isOpen(request) || requests.judging.has(number)) return;
      if (request.askedOf.at(-1)?.vantage !== vantage) return;
      // Its word, which nothing bears out: it must not use up more of the hour's budget than the largest transfer that is allowed.
      const counted = Math.min(bytes, maxSnapshotCharacters, cluster.snapshot.maxBytes);
      await giveUp(requests, request, vantage, { bytes: counted, attempts, endedLives: 0 });
    },
    async expire() {
      const now = clock.now();
      const late = (await document.read()).filter((one) => isOpen(one) && isLate(one, cluster, now));
      for (const request of late.filter(({ number }) => !requests.judging.has(number))) {
        const attempts = [lateAttempt(request.from[0] ?? '', lateWords(request))];
        await giveUp(requests, request, '', { bytes: 0, attempts, endedLives: 0 });
      }
    },
    tickets: async () => (await document.read()).filter(isOpen).map(({ ticket }) => ticket),
  };
}

interface Requests extends CaptureRequestsDeps {
  readonly document: ReturnType<typeof createRequestDocument>;
  /** What this life takes in now. */
  readonly judging: Map<number, { readonly digest: string; readonly answer: Promise<PutAnswer> }>;
}

async function ask(
  { clock, cluster, document }: Requests,
  source: string,
  from: readonly string[],
  ticket: string | undefined,
  quietMs: number,
): Promise<CaptureResult> {
  const [first] = from;
  const nothing = { bytes: 0, tookMs: 0, attempts: [] } as const;
  // Who wants the answer now is not answered by anybody else.
  if (first === undefined || ticket === undefined) return { status: 'refused', ...nothing };
  const refused = (evidence: string): CaptureResult => {
    return { status: 'refused', ...nothing, attempts: [lateAttempt(first, evidence)] };
  };
  if (quietMs > heardForIntervals * cluster.probe.intervalMs)
    return refused(`no vantage that captures was heard for ${Math.round(quietMs / 1000)} s`);
  const askedAt = clock.now();
  const until = askedAt + limitMs(cluster);
  const all = await document.change((requests) => {
    const open = requests.filter(isOpen);
    if (open.length >= maxOpen || open.some((one) => one.ticket === ticket)) return requests;
    // Unique also where the document was lost; twelve digits.
    const number = Math.max(...requests.map((one) => one.number + 1), Math.floor(askedAt / 10));
    const request = { number, source, from: [...from], askedAt, until, ticket, askedOf: [], begun: 0, outcome: null };
    return [...requests, request];
  });
  return all.some((one) => isOpen(one) && one.ticket === ticket)
    ? { status: 'asked', ...nothing }
    : refused(`${maxOpen} captures are waited for already`);
}

function limitMs({ snapshot, probe }: ClusterConfig): number {
  return askedForMs({ timeoutMs: snapshot.timeoutMs, intervalMs: probe.intervalMs });
}

function isOpen({ outcome }: StoredRequest): boolean {
  return outcome === null;
}

/** One that was asked far in the future was asked before the clock was set back. */
function isLate({ askedAt, until }: StoredRequest, cluster: ClusterConfig, now: number): boolean {
  return now >= until || askedAt > now + limitMs(cluster);
}

function lateAttempt(place: string, evidence: string): CaptureAttempt {
  return { place, kind: 'timed-out', code: 'timeout', evidence };
}

function lateWords({ number, askedAt, until, askedOf }: StoredRequest): string {
  const holder = askedOf.at(-1);
  const who =
    holder === undefined ? 'no vantage has reported to be asked for it' : `vantage ${holder.vantage} was asked`;
  return `snapshot ${number} did not come within ${until - askedAt} ms: ${who}`;
}

/** Is it, or does it become, the request of this vantage? Written when that changes, and once an interval. */
function hold(request: StoredRequest, vantage: string, { probe }: ClusterConfig, now: number): StoredRequest {
  const holder = request.askedOf.at(-1);
  const silentMs = holder === undefined ? Number.POSITIVE_INFINITY : Math.abs(now - holder.at);
  const isMine = holder?.vantage === vantage;
  if (isMine ? silentMs < probe.intervalMs : silentMs <= heldForIntervals * probe.intervalMs) return request;
  const others = request.askedOf.filter((one) => one.vantage !== vantage);
  return { ...request, askedOf: [...others, { vantage, at: now }] };
}

async function put(
  requests: Requests,
  vantage: string,
  number: number,
  body: string,
  digest: string,
): Promise<PutAnswer> {
  const request = (await requests.document.read()).find((one) => one.number === number);
  const isAsked = request?.askedOf.some((one) => one.vantage === vantage) === true;
  if (!isAsked || request.outcome?.status === 'in-vain')
    return { status: 'unwanted', reason: `nobody waits for a snapshot ${number} of vantage ${vantage}` };
  const conflict = `snapshot ${number} is there already, with another content`;
  if (request.outcome !== null) {
    // Another one that was asked as well was faster.
    const isHarmless = request.outcome.vantage !== vantage || request.outcome.digest === digest;
    return isHarmless ? { status: 'taken' } : { status: 'conflict', reason: conflict };
  }
  const underWay = requests.judging.get(number);
  if (underWay !== undefined) {
    return underWay.digest === digest ? underWay.answer : { status: 'conflict', reason: conflict };
  }
  const answer = takeIn(requests, request, vantage, body, digest).finally(() => requests.judging.delete(number));
  requests.judging.set(number, { digest, answer });
  return answer;
}

async function takeIn(
  requests: Requests,
  request: StoredRequest,
  vantage: string,
  body: string,
  digest: string,
): Promise<PutAnswer> {
  const { cluster, clock, keep, answered } = requests;
  const { number, begun } = request;
  const wrong = async (why: Omit<CaptureAttempt, 'place'>, endedLives: number): Promise<PutAnswer> => {
    const attempt = { place: `vantage ${vantage}`, kind: why.kind, code: why.code, evidence: why.evidence };
    await giveUp(requests, request, vantage, { bytes: body.length, attempts: [attempt], endedLives });
    return { status: 'malformed', reason: why.evidence };
  };
  if (begun >= mostBegun) {
    const evidence = `${begun} processes in a row ended while they took in its ${body.length} characters`;
    return wrong({ kind: 'too-large', code: 'too-large', evidence }, begun);
  }
  await note(requests, number, (one) => ({ ...one, begun: one.begun + 1 }));
  try {
    const checked = await checkSnapshot(request, cluster, body, clock.now());
    if (checked.status === 'wrong') return await wrong(checked, 0);
    const snapshot = await keep({ ...checked.snapshot, number: 0 });
    await answered(answerOf(request, body.length, { status: 'kept', snapshot }));
    await note(requests, number, (one) => ({ ...one, outcome: { status: 'taken', vantage, digest } }));
    return { status: 'taken' };
  } catch (error) {
    // This life goes on: it did not end with it.
    await note(requests, number, (one) => ({ ...one, begun: Math.max(0, one.begun - 1) })).catch(() => {});
    throw error;
  }
}

/** Tells the machine that nothing comes of it, then writes so. */
async function giveUp(
  requests: Requests,
  request: StoredRequest,
  vantage: string,
  { bytes, ...vain }: InVain & { readonly bytes: number },
): Promise<void> {
  await requests.answered(answerOf(request, bytes, { status: 'in-vain', ...vain }));
  await note(requests, request.number, (one) => ({ ...one, outcome: { status: 'in-vain', vantage, digest: '' } }));
}

function answerOf(
  { ticket, source, askedAt }: StoredRequest,
  bytes: number,
  outcome: CaptureAnswer['outcome'],
): CaptureAnswer {
  return { ticket, cost: { source, at: askedAt, bytes, requests: 0 }, outcome };
}

async function note(
  { document }: Requests,
  number: number,
  change: (one: StoredRequest) => StoredRequest,
): Promise<void> {
  await document.change((all) => each(all, (one) => (one.number === number && isOpen(one) ? change(one) : one)));
}

/** The same list when nothing changes. */
function each(all: readonly StoredRequest[], change: (one: StoredRequest) => StoredRequest): readonly StoredRequest[] {
  const next = all.map(change);
  return next.every((one, i) => one === all[i]) ? all : next;
}

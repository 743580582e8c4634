// Hears the vantages of one cluster, where the watch cannot look itself: verifies what they send, refuses what is forged, old, again or
// too much, hands on what they saw, and asks them for snapshots. It decides nothing about the cluster.
import type { ClusterConfig, InsideVantageConfig } from '../../config/schema.ts';
import type { Observation } from '../../decision/health/observation.ts';
import type { ClusterState } from '../../decision/machine/state.ts';
import { clip } from '../../lib/clip.ts';
import type { Clock } from '../../lib/deps.ts';
import { own } from '../../lib/own.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { SnapshotSource } from '../../snapshot/source.ts';
import type { Store } from '../../stores/store.ts';
import type { CaptureAnswer } from '../../tasks/capture/answered.ts';
import type { ReportAnswer, ReportRefusal, VantageRequest, VantageStatus } from '../../tasks/control/control-port.ts';
import { type Bucket, emptyBucket, pour, type Rate } from '../protocol/bucket.ts';
import { importPublicKey } from '../protocol/keys.ts';
import { admit, type ReplayMemory, resume } from '../protocol/replay.ts';
import { maxReportCharacters, maxSkewMs, observationsPath, readReport } from '../protocol/report.ts';
import { type Claim, type Reading, readSigned, verifySigned } from '../protocol/verify.ts';
import { type CaptureRequests, createCaptureRequests } from './capture-requests.ts';
import { maxSnapshotCharacters } from './check-snapshot.ts';
import { createLedger, type Ledger, type VantageNote } from './ledger.ts';
import { createRefusalTeller, type HeardRefusals, type Refused } from './refusals.ts';

export interface VantageReceiverDeps {
  readonly clock: Clock;
  readonly store: Store;
  readonly cluster: ClusterConfig;
  /** Keeps a snapshot that was asked for; its number. */
  readonly keep: (fresh: Snapshot) => Promise<number>;
  /** What came of a snapshot that a vantage was asked for: for the machine. The vantage is answered when it is through. */
  readonly answered: (answer: CaptureAnswer) => Promise<void>;
  /** A round that counts: for the machine, as `observed`. The report is answered when it is through. */
  readonly onObserved: (round: HeardRound) => Promise<void>;
  /** Refused requests since the last time: for the machine, as `vantage-refused`. At most once an interval for each name. */
  readonly onRefused: (refused: HeardRefusals) => Promise<void>;
}

export interface HeardRound {
  readonly vantage: string;
  readonly group: string;
  readonly observations: readonly Observation[];
}

export interface VantageReceiver {
  /** A request as it came. Rejects for faults of its own store only. */
  report(request: VantageRequest): Promise<ReportAnswer>;
  /** Captures from the source with this id through whichever vantage may. */
  source(id: string): SnapshotSource;
  /** All vantages of the configuration; `state` knows when the edge ones were heard. */
  statuses(state: Pick<ClusterState, 'observations' | 'vantages'>): Promise<readonly VantageStatus[]>;
  /** Of the captures that vantages are asked for now. */
  tickets(): Promise<readonly string[]>;
  /** Once a round: ends what did not come in time, and tells of refusals that came after the last time they were told. */
  flush(): Promise<void>;
}

/** Verifications in the name of one vantage, forged or not: 20 a second, some 0.1 ms each. */
const claimRate: Rate = { capacity: 100, everyMs: 50 };
/** Requests that name nobody known: beyond it they are not even looked at. */
const strangerRate: Rate = { capacity: 20, everyMs: 1000 };
/** Requests that were truly of a vantage: two an interval, and a burst after a pause. */
const reportsPerInterval = 2;
const reportBurst = 10;
const maxReasonCharacters = 300;

/** All that is remembered of one name: a few numbers, whatever comes. */
interface Seat {
  readonly config: InsideVantageConfig;
  key?: Promise<CryptoKey>;
  replay?: ReplayMemory;
  claims: Bucket;
  reports: Bucket;
}

type Outcome = ReportAnswer | (Extract<ReportAnswer, { status: 'refused' }> & { readonly isExpected: true });

export function createVantageReceiver(deps: VantageReceiverDeps): VantageReceiver {
  const { clock, cluster } = deps;
  const inside = cluster.vantages.filter((vantage) => vantage.kind === 'inside');
  const seats = new Map(
    inside.map((config) => [config.id, { config, claims: emptyBucket, reports: emptyBucket } as Seat]),
  );
  const ledger = createLedger(
    deps,
    cluster.id,
    inside.map(({ id }) => id),
  );
  const captureRequests = createCaptureRequests(deps);
  const teller = createRefusalTeller(clock, cluster.probe.intervalMs, deps.onRefused);
  const parts: Parts = { ...deps, ledger, captureRequests };
  let strangers = emptyBucket;

  const meetStranger = (reading: Reading): ReportAnswer => {
    const poured = pour(strangers, strangerRate, clock.now());
    strangers = poured.bucket;
    if (!poured.isAllowed) return refused('flooding', 'too many requests that name no known vantage');
    if (reading.status === 'malformed') return refused('malformed', reading.reason);
    return refused('unknown-vantage', `cluster ${cluster.id} has no vantage "${reading.claim.keyId}" with a key`);
  };

  return {
    source: captureRequests.source,
    tickets: captureRequests.tickets,
    async report(request) {
      await ledger.load();
      const reading = readSigned(request);
      const keyId = reading.status === 'read' ? reading.claim.keyId : reading.keyId;
      const seat = keyId === undefined ? undefined : seats.get(keyId);
      const outcome: Outcome = seat === undefined ? meetStranger(reading) : await hear(parts, seat, request, reading);
      const told = refusalIn(outcome);
      if (told !== undefined) {
        const [refusal, reason] = told;
        if (seat !== undefined) {
          const count = (note: VantageNote) => ({
            ...note,
            refused: note.refused + 1,
            lastRefusal: `${refusal}: ${reason}`,
          });
          ledger.change(seat.config.id, count);
        }
        await teller.count(seat?.config.id ?? null, refusal, reason);
      }
      await ledger.saveNowAndThen();
      return outcome.status === 'taken' ? outcome : refused(outcome.refusal, outcome.reason);
    },
    async statuses({ observations, vantages }) {
      await ledger.load();
      return cluster.vantages.map(({ id, group, kind }) => {
        const { lastSeenAt, refused, lastRefusal } = ledger.note(id);
        const seen = observations.filter(({ vantage }) => vantage === id).map(({ observedAt }) => observedAt);
        const newest = Math.max(lastSeenAt ?? 0, own(vantages, id)?.heardAt ?? 0, ...seen);
        return { id, group, kind, lastSeenAt: newest === 0 ? null : newest, refused, lastRefusal };
      });
    },
    async flush() {
      await captureRequests.expire();
      await teller.tellAll();
      await ledger.saveNowAndThen();
    },
  };
}

/** What is counted and told of a request: that it, or parts of it, were refused. */
function refusalIn(outcome: Outcome): readonly [refusal: Refused, reason: string] | undefined {
  if (outcome.status === 'taken') return outcome.dropped === undefined ? undefined : ['in-part', outcome.dropped];
  return 'isExpected' in outcome ? undefined : [outcome.refusal, outcome.reason];
}

interface Parts extends VantageReceiverDeps {
  readonly ledger: Ledger;
  readonly captureRequests: CaptureRequests;
}

/**
 * A request in the name of a known vantage (first match wins):
 *
 * | what                                                       | refused as    |
 * |------------------------------------------------------------|---------------|
 * | more than 20 a second in this name, forged ones included   | flooding      |
 * | another form, path or cluster; too long                    | malformed     |
 * | not signed with its key, as it stands                      | bad-signature |
 * | signed more than 60 s from now                             | clock-skew    |
 * | not after what was taken before                            | replayed      |
 * | truly its own, and more than two an interval for long      | flooding      |
 */
async function hear(parts: Parts, seat: Seat, request: VantageRequest, reading: Reading): Promise<Outcome> {
  const { clock, cluster, ledger } = parts;
  const { id, publicKey } = seat.config;
  const claims = pour(seat.claims, claimRate, clock.now());
  seat.claims = claims.bucket;
  if (!claims.isAllowed) return refused('flooding', `too many requests in the name of ${id} to verify them all`);
  if (reading.status === 'malformed') return refused('malformed', reading.reason);
  const { claim } = reading;
  const route = routeOf(request);
  if (typeof route === 'string') return refused('malformed', route);
  const addressee = request.headers['lifeboat-cluster'];
  if (addressee !== cluster.id) return refused('malformed', `it is not about cluster ${cluster.id}`);
  seat.key ??= importPublicKey(publicKey);
  const verified = await verifySigned(request, claim, await seat.key);
  if (verified.status === 'bad-signature') return refused('bad-signature', verified.reason);
  const now = clock.now();
  const skewMs = claim.createdSeconds * 1000 - now;
  if (Math.abs(skewMs) > maxSkewMs || claim.nonce.startedAt > now + maxSkewMs) {
    return refused(
      'clock-skew',
      `it was signed ${Math.round(skewMs / 1000)} s from now, the limit is ${maxSkewMs / 1000} s`,
    );
  }
  const admission = admit(seat.replay ?? resume(ledger.note(id).ceiling), route.lane, claim.nonce);
  if (admission.status === 'replayed') {
    const words = `a request of ${id} with this number or a later one was taken already`;
    return { ...refused('replayed', words), ...(admission.isResumption ? { isExpected: true } : {}) };
  }
  seat.replay = admission.memory;
  ledger.raise(id, admission.memory.ceiling);
  const reports = pour(seat.reports, reportRate(cluster), now);
  seat.reports = reports.bucket;
  if (!reports.isAllowed) return refused('flooding', `${id} itself sends more than two requests an interval`);
  await ledger.cover(id, claim.nonce);
  return route.lane === 'snapshots'
    ? takeSnapshot(parts, seat.config, route.number, request.body, claim)
    : takeObservations(parts, seat.config, request.body);
}

async function takeObservations(parts: Parts, config: InsideVantageConfig, body: string): Promise<ReportAnswer> {
  const { clock, cluster, ledger, captureRequests, onObserved } = parts;
  const { id, group, captures } = config;
  const report = readReport(body, cluster, config, clock.now());
  if (report.status !== 'read') return refused(report.status, report.reason);
  for (const failed of report.failed) await captureRequests.fail(id, failed);
  await onObserved({ vantage: id, group, observations: report.observations });
  ledger.see(id, clock.now());
  // After the round: it may have made the machine want a snapshot.
  const wants = captures ? await captureRequests.wantsOf(id) : [];
  return { status: 'taken', wants, ...(report.dropped === undefined ? {} : { dropped: report.dropped }) };
}

async function takeSnapshot(
  { captureRequests }: Parts,
  { id, captures }: InsideVantageConfig,
  number: number,
  body: string,
  { digest }: Claim,
): Promise<ReportAnswer> {
  if (!captures) return refused('unwanted', `vantage ${id} is not configured to capture`);
  const answer = await captureRequests.put(id, number, body, digest);
  if (answer.status !== 'taken') return refused(answer.status, answer.reason);
  return { status: 'taken', wants: await captureRequests.wantsOf(id) };
}

type Route = { readonly lane: 'observations' } | { readonly lane: 'snapshots'; readonly number: number };

/** What the request is for; a text says why it is for nothing. */
function routeOf({ method, path, body }: VantageRequest): Route | string {
  const [, digits] = /^\/v1\/snapshots\/([1-9]\d{0,11})$/.exec(path) ?? [];
  const route: Route | undefined =
    method === 'PUT' && digits !== undefined
      ? { lane: 'snapshots', number: Number(digits) }
      : method === 'POST' && path === observationsPath
        ? { lane: 'observations' }
        : undefined;
  if (route === undefined) return `${method} ${path} is nothing that a vantage asks for`;
  const limit = route.lane === 'snapshots' ? maxSnapshotCharacters : maxReportCharacters;
  return body.length <= limit ? route : `its body has ${body.length} characters, the limit is ${limit}`;
}

function reportRate({ probe }: ClusterConfig): Rate {
  return { capacity: reportBurst, everyMs: probe.intervalMs / reportsPerInterval };
}

function refused(refusal: ReportRefusal, reason: string): Extract<ReportAnswer, { status: 'refused' }> {
  return { status: 'refused', refusal, reason: clip(reason, maxReasonCharacters) };
}

// Snapshots by zone transfer from CoreDNS: no request to the API server, and it still works while that one is down.
// It must never hand out what an unsynced, left-behind or cut transfer gave: those are refused with the reason.
import { type Refused, type Transferred, transfer } from '../../dnswire/axfr.ts';
import type { DnsDeps } from '../../dnswire/transport.ts';
import type { TsigKey } from '../../dnswire/tsig.ts';
import { formatEndpoint } from '../../lib/endpoint.ts';
import type { Endpoint } from '../../lib/network.ts';
import type { CaptureAttempt } from '../../model/source.ts';
import type { Name } from '../../records/name.ts';
import { type AskSerial, type AxfrRefusal, axfrRefusals, type SerialAnswer } from '../axfr-words.ts';
import { buildSnapshot, oddities } from '../build.ts';
import { checkCompleteness } from '../completeness.ts';
import { leftOutWords, type Snapshot } from '../snapshot.ts';
import type { CaptureOptions, CaptureResult, SnapshotSource } from '../source.ts';

export interface AxfrSourceOptions {
  readonly cluster: string;
  readonly zone: Name;
  /** The replicas that may be asked; a place that is none of them is not. */
  readonly servers: readonly Endpoint[];
  /** Every message is verified then, and an unsigned answer refused. Without it: only inside a trusted network. */
  readonly tsig?: TsigKey;
  /** Deadline of one transfer; a capture makes at most two per server. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly maxRecords: number;
  /** Names relative to the zone. */
  readonly mustHave: readonly string[];
  /** A server whose serial is older than the newest one's by more than this is not captured from. */
  readonly behindSeconds: number;
  /** Default: the TTLs of the source. */
  readonly publishTtlSeconds?: number;
}

export interface AxfrSourceDeps extends DnsDeps {
  readonly askSerial: AskSerial;
}

/** One server after the serial question. */
interface Candidate {
  readonly server: Endpoint;
  readonly id: string;
  readonly answer: SerialAnswer;
}

type Taken =
  | { readonly status: 'taken'; readonly snapshot: Snapshot; readonly notes: readonly string[] }
  | { readonly status: 'refused'; readonly reason: AxfrRefusal; readonly evidence: string };

/**
 * What makes a server unfit, before a byte is transferred (first match wins):
 *
 * | seen                                                            | refused as     |
 * |-----------------------------------------------------------------|----------------|
 * | serial 0, or SERVFAIL with CoreDNS's own SOA                    | unsynced       |
 * | no answer                                                       | down           |
 * | an answer that is not CoreDNS's own                             | serial-unknown |
 * | serial older than the newest by more than `behindSeconds`       | behind         |
 *
 * The last row may hit a good server: a restart gives a replica a new serial although nothing has changed. Nothing is lost by it as long
 * as the newer one can be captured from; and when it cannot, the last good snapshot is better than one that may be stale.
 */
export function unfitness(
  { id, answer }: Pick<Candidate, 'id' | 'answer'>,
  newest: { readonly id: string; readonly serial: number } | undefined,
  behindSeconds: number,
): CaptureAttempt | undefined {
  switch (answer.status) {
    case 'unsynced':
    case 'down':
      return attemptOf(id, answer.status, answer.evidence);
    case 'unknown':
      return attemptOf(id, 'serial-unknown', answer.evidence);
    case 'serial': {
      const age = newest === undefined ? 0 : newest.serial - answer.serial;
      if (newest === undefined || age <= behindSeconds) return undefined;
      const evidence = `serial ${answer.serial} of ${id} is ${age} s older than ${newest.serial} of ${newest.id} (limit ${behindSeconds} s): left behind, or the other one was restarted; the newer one is used`;
      return attemptOf(id, 'behind', evidence);
    }
  }
}

function attemptOf(place: string, code: AxfrRefusal, evidence: string): CaptureAttempt {
  return { place, kind: axfrRefusals[code], code, evidence };
}

/** The source. `capture` asks all servers for their serials first, then transfers from the first one that is fit. */
export function createAxfrSource(deps: AxfrSourceDeps, options: AxfrSourceOptions): SnapshotSource {
  return {
    async capture(places, captureOptions = {}): Promise<CaptureResult> {
      const { signal } = captureOptions;
      const servers = places.flatMap((id) => options.servers.filter((server) => formatEndpoint(server) === id));
      const startedAt = deps.clock.now();
      const attempts: CaptureAttempt[] = [];
      const meter = { bytes: 0 };
      const candidates = await Promise.all(
        servers.map(
          async (server): Promise<Candidate> => ({
            server,
            id: formatEndpoint(server),
            answer: await deps.askSerial(server, signal),
          }),
        ),
      );
      const newest = newestOf(candidates);
      for (const candidate of candidates) {
        const unfit = unfitness(candidate, newest, options.behindSeconds);
        if (unfit !== undefined) {
          attempts.push(unfit);
          continue;
        }
        const taken = await take(deps, options, candidate, captureOptions, meter);
        const tookMs = deps.clock.now() - startedAt;
        if (taken.status === 'taken') {
          const { snapshot, notes } = taken;
          return { status: 'captured', snapshot, bytes: meter.bytes, tookMs, attempts, notes };
        }
        attempts.push(attemptOf(candidate.id, taken.reason, taken.evidence));
        if (signal?.aborted) break;
      }
      return { status: 'refused', bytes: meter.bytes, tookMs: deps.clock.now() - startedAt, attempts };
    },
  };
}

function newestOf(candidates: readonly Candidate[]): { readonly id: string; readonly serial: number } | undefined {
  let newest: { readonly id: string; readonly serial: number } | undefined;
  for (const { id, answer } of candidates) {
    if (answer.status !== 'serial') continue;
    if (newest === undefined || answer.serial > newest.serial) newest = { id, serial: answer.serial };
  }
  return newest;
}

/**
 * One server: transfer, ask the serial again, and when it moved transfer once more. CoreDNS sends one and the same SOA object at both
 * ends, so that equal SOAs do not show that nothing changed meanwhile. A zone that never rests is accepted after the second transfer.
 */
async function take(
  deps: AxfrSourceDeps,
  options: AxfrSourceOptions,
  { server, id }: Candidate,
  captureOptions: CaptureOptions,
  meter: { bytes: number },
): Promise<Taken> {
  const first = await transferOnce(deps, options, server, captureOptions, meter);
  if (first.status === 'refused') return first;
  const after = await deps.askSerial(server, captureOptions.signal);
  if (after.status === 'unsynced') return { status: 'refused', reason: 'unsynced', evidence: after.evidence };
  const notes: string[] = [];
  let last = first;
  if (after.status !== 'serial') {
    notes.push(`whether ${id} changed during the transfer is not known: ${after.evidence}`);
  } else if (after.serial !== first.serial) {
    notes.push(
      `the serial of ${id} moved from ${first.serial} to ${after.serial} during the transfer: transferred once more`,
    );
    const second = await transferOnce(deps, options, server, captureOptions, meter);
    if (second.status === 'refused') return second;
    last = second;
  }
  const { cluster, zone, mustHave, publishTtlSeconds } = options;
  const snapshot = await buildSnapshot({
    cluster,
    zone,
    origin: { kind: 'axfr', server: id, signed: last.signed },
    freshness: { kind: 'serial', serial: last.serial },
    takenAt: deps.clock.now(),
    records: last.records,
    left: last.left,
    ...(publishTtlSeconds === undefined ? {} : { publishTtlSeconds }),
  });
  const whole = checkCompleteness(snapshot, mustHave);
  if (whole.status === 'refused')
    return { status: 'refused', reason: whole.code, evidence: `AXFR of ${zone} from ${id}: ${whole.evidence}` };
  notes.push(...leftOutWords(oddities(snapshot)));
  return { status: 'taken', snapshot, notes };
}

async function transferOnce(
  deps: AxfrSourceDeps,
  options: AxfrSourceOptions,
  server: Endpoint,
  { signal, onProgress }: CaptureOptions,
  meter: { bytes: number },
): Promise<Transferred | Refused> {
  const { zone, timeoutMs, maxBytes, maxRecords, tsig } = options;
  const before = meter.bytes;
  return transfer(deps, server, zone, {
    timeoutMs,
    maxBytes,
    maxRecords,
    ...(tsig === undefined ? {} : { tsig }),
    ...(signal === undefined ? {} : { signal }),
    onProgress: ({ records, bytes }) => {
      meter.bytes = before + bytes;
      onProgress?.({ place: formatEndpoint(server), records, bytes });
    },
  });
}

// Does what a Worker wants of a vantage: transfers the zone and puts the snapshot under the wanted number, or says why it could not. It
// keeps the configuration's own limits: a Worker cannot make it ask other servers, or transfer more than the budget.
import { withDeadline } from '../../lib/deadline.ts';
import { messageOf } from '../../lib/errors.ts';
import type { CaptureAttempt } from '../../model/source.ts';
import { type AxfrRefusal, axfrRefusals } from '../../snapshot/axfr-words.ts';
import { type CaptureRecord, mayCapture } from '../../snapshot/budget.ts';
import { encodeSnapshot } from '../../snapshot/codec.ts';
import { capturedFrom, type Snapshot } from '../../snapshot/snapshot.ts';
import type { CaptureRequest } from '../../tasks/control/control-port.ts';
import { type FailedCapture, maxFailedCaptures, snapshotPath } from '../protocol/report.ts';
import { backoffMs, type VantageHooks, type VantagePorts } from './ports.ts';

export interface Capturer {
  /** Begins what was not begun yet; what has no room is wanted again with the next report. */
  take(wants: readonly CaptureRequest[]): void;
  /** What could not be captured and was not told yet. */
  failed(): readonly FailedCapture[];
  /** They were told. */
  forget(told: readonly FailedCapture[]): void;
  rest(): Promise<void>;
}

/** An ordinary capture and a final one. */
const mostAtOnce = 2;
const keptNumbers = 32;
const hourMs = 3_600_000;

export function createCapturer(ports: VantagePorts, hooks: VantageHooks, signal: AbortSignal): Capturer {
  const underWay = new Map<number, Promise<void>>();
  let known: readonly number[] = [];
  let failed: readonly FailedCapture[] = [];
  let history: readonly CaptureRecord[] = [];
  const spend = (record: CaptureRecord) => {
    history = [...history.filter(({ at }) => at > record.at - hourMs), record];
  };
  const run = async (want: CaptureRequest): Promise<void> => {
    const outcome = await carryOut(ports, want, history, spend, signal);
    if (signal.aborted) return;
    if (outcome.status === 'put') {
      const { snapshot, tookMs } = outcome;
      const from = capturedFrom(snapshot.origin)?.place ?? snapshot.origin.kind;
      const { records } = snapshot.counts;
      return hooks.onActivity({ kind: 'captured', number: want.number, from, records, tookMs });
    }
    const { number, source, attempts, bytes } = outcome;
    failed = [...failed, { number, source, bytes, attempts }].slice(-maxFailedCaptures);
    const reason =
      attempts.map(({ place, evidence }) => `${place}: ${evidence}`).join('; ') || 'no server to capture from';
    hooks.onActivity({ kind: 'not-captured', number, reason });
  };
  return {
    take(wants) {
      for (const want of wants) {
        if (underWay.size >= mostAtOnce) return;
        if (known.includes(want.number)) continue;
        known = [...known, want.number].slice(-keptNumbers);
        const running = run(want)
          .catch((error) => hooks.onFault('capture', error))
          .finally(() => underWay.delete(want.number));
        underWay.set(want.number, running);
      }
    },
    failed: () => failed,
    forget: (told) => {
      failed = failed.filter((one) => !told.includes(one));
    },
    async rest() {
      await Promise.all(underWay.values());
    },
  };
}

type Outcome =
  | { readonly status: 'put'; readonly snapshot: Snapshot; readonly tookMs: number }
  | ({ readonly status: 'failed' } & FailedCapture);

async function carryOut(
  ports: VantagePorts,
  want: CaptureRequest,
  history: readonly CaptureRecord[],
  spend: (record: CaptureRecord) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  const { clock, cluster, sources } = ports;
  const { number, source } = want;
  const startedAt = clock.now();
  const failed = (attempts: readonly CaptureAttempt[], bytes = 0): Outcome => ({
    status: 'failed',
    number,
    source,
    bytes,
    attempts,
  });
  // In the words that a Worker of before knows.
  const excuse = (code: AxfrRefusal, evidence: string): Outcome =>
    failed([{ place: want.from[0] ?? 'no server', kind: axfrRefusals[code], code, evidence }]);
  const configured = sources.find(({ id }) => id === source);
  if (configured === undefined) return excuse('down', `the source ${source} is not in the configuration here`);
  const { timeoutMs } = cluster.snapshot;
  // How often is the Worker's to say; how much is limited here as well.
  const permit = mayCapture(configured, history, startedAt, { urgent: true });
  if (permit.status !== 'allowed') return excuse('too-large', permit.reason);
  // By its own reckoning as well: the Worker's clock may be another.
  const mostMs = timeoutMs + 2 * cluster.probe.intervalMs;
  const limitMs = Math.max(1, Math.min(want.until - startedAt, mostMs));
  try {
    return await withDeadline(clock, { what: `snapshot ${number}`, timeoutMs: limitMs, signal }, async (until) => {
      const result = await configured.source.capture(want.from, { signal: until });
      spend({ source, at: startedAt, bytes: result.bytes, requests: result.requests ?? 0 });
      if (result.status !== 'captured' && result.attempts.length === 0)
        return excuse('down', `none of ${want.from.join(' ')} is in the configuration here`);
      if (result.status !== 'captured') return failed(result.attempts, result.bytes);
      const snapshot = { ...result.snapshot, number };
      const problem = await put(ports, snapshot, limitMs, until);
      if (problem !== undefined) return excuse('network', problem);
      return { status: 'put', snapshot, tookMs: Math.max(0, clock.now() - startedAt) };
    });
  } catch (error) {
    return excuse('timeout', messageOf(error));
  }
}

/** Until it is taken or refused, or the time is over; says what went wrong. */
async function put(
  ports: VantagePorts,
  snapshot: Snapshot,
  timeoutMs: number,
  until: AbortSignal,
): Promise<string | undefined> {
  const body = await encodeSnapshot(snapshot);
  let problem: string | undefined = 'not tried';
  for (let failures = 1; !until.aborted; failures++) {
    const sent = await ports.link.send({
      method: 'PUT',
      path: snapshotPath(snapshot.number),
      body,
      timeoutMs,
      signal: until,
    });
    if (sent.status === 'taken') return undefined;
    problem = sent.status === 'refused' ? `the Worker refused it as ${sent.refusal}: ${sent.reason}` : sent.reason;
    if (sent.status === 'refused' && sent.refusal !== 'flooding') return problem;
    await ports.clock.sleep(Math.max(sent.afterMs ?? 0, backoffMs(ports, failures)), until);
  }
  return problem;
}

// The process of a vantage, for one cluster: rounds on time, the newest of them sent, and what the Worker wants done beside both. A hung
// Worker delays no round, and what it did not take is not kept: an old observation is worthless. It stores nothing.
import type { Observation } from '../../decision/health/observation.ts';
import { encodeReport, freshForMs, observationsPath } from '../protocol/report.ts';
import { createCapturer } from './capture.ts';
import type { Sent } from './link.ts';
import { backoffMs, type VantageHooks, type VantagePorts } from './ports.ts';

/** Deadline of one report; of a snapshot, its own end. */
const reportTimeoutMs = 10_000;
/** So often reports may be refused before what could not be captured is left out of them. */
const mostRefusals = 3;

interface Round {
  readonly observations: readonly Observation[];
  readonly endedAt: number;
}

/** Runs until the signal aborts, then ends what is under way at once: nothing of it is of use to anybody. */
export async function runVantage(ports: VantagePorts, hooks: VantageHooks, signal: AbortSignal): Promise<void> {
  const box = createBox<Round>(signal);
  await Promise.all([probeLoop(ports, hooks, box, signal), sendLoop(ports, hooks, box, signal)]);
}

/** One round, one report. What the Worker wants is not done. */
export async function reportOnce(ports: VantagePorts, signal: AbortSignal): Promise<Sent> {
  const observations = await ports.probe();
  return sendRound(ports, encodeReport(observations, []), signal);
}

async function probeLoop(
  { clock, cluster, probe }: VantagePorts,
  hooks: VantageHooks,
  box: Box<Round>,
  signal: AbortSignal,
) {
  while (!signal.aborted) {
    const startedAt = clock.now();
    try {
      const observations = await probe();
      if (observations.length > 0) box.put({ observations, endedAt: clock.now() });
    } catch (error) {
      hooks.onFault('probe round', error);
    }
    // A clock that was set back in the meantime says that no time has passed: a whole interval is the most to wait.
    const tookMs = Math.max(0, clock.now() - startedAt);
    await clock.sleep(Math.max(0, cluster.probe.intervalMs - tookMs), signal);
  }
}

async function sendLoop(ports: VantagePorts, hooks: VantageHooks, box: Box<Round>, signal: AbortSignal): Promise<void> {
  const { clock, cluster } = ports;
  const capturer = createCapturer(ports, hooks, signal);
  let failures = 0;
  let refusals = 0;
  let last: string | undefined;
  for (let round = await box.next(); round !== undefined; round = await box.next()) {
    const startedAt = clock.now();
    if (startedAt - round.endedAt > freshForMs(cluster)) continue;
    const { observations } = round;
    const told = capturer.failed();
    const sent = await sendRound(ports, encodeReport(observations, told), signal);
    if (signal.aborted) break;
    if (sent.status === 'taken') {
      const tookMs = Math.max(0, clock.now() - startedAt);
      const { dropped } = sent;
      const now = dropped ?? '';
      const parts = dropped === undefined ? {} : { dropped };
      hooks.onActivity({
        kind: 'delivered',
        observations: observations.length,
        tookMs,
        isChange: last !== now,
        ...parts,
      });
      last = now;
      failures = 0;
      refusals = 0;
      capturer.forget(told);
      capturer.take(sent.wants);
      continue;
    }
    failures += 1;
    last = undefined;
    const waitMs = Math.max(sent.afterMs ?? 0, backoffMs(ports, failures));
    const reason = sent.status === 'refused' ? `refused as ${sent.refusal}: ${sent.reason}` : sent.reason;
    hooks.onActivity({ kind: 'undelivered', reason, waitMs });
    // What was refused would be refused again, and what goes along with each report with it.
    if (sent.status === 'failed') box.putBack(round);
    else if (sent.refusal === 'malformed' && told.length > 0 && ++refusals >= mostRefusals) {
      capturer.forget(told);
      refusals = 0;
      hooks.onActivity({ kind: 'untold', numbers: told.map(({ number }) => number), reason });
    }
    await clock.sleep(waitMs, signal);
  }
  await capturer.rest();
}

function sendRound({ link }: VantagePorts, body: string, signal: AbortSignal): Promise<Sent> {
  return link.send({ method: 'POST', path: observationsPath, body, timeoutMs: reportTimeoutMs, signal });
}

/** Holds the newest one thing for whoever comes for it. */
interface Box<T> {
  put(thing: T): void;
  /** Unless there is a newer one. */
  putBack(thing: T): void;
  /** Waits for one; undefined when the signal aborts. */
  next(): Promise<T | undefined>;
}

function createBox<T>(signal: AbortSignal): Box<T> {
  let held: T | undefined;
  let wake = () => {};
  signal.addEventListener('abort', () => wake(), { once: true });
  return {
    put: (thing) => {
      held = thing;
      wake();
    },
    putBack: (thing) => {
      held ??= thing;
    },
    async next() {
      if (held === undefined && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const thing = signal.aborted ? undefined : held;
      held = undefined;
      return thing;
    },
  };
}

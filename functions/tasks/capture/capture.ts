// Takes a snapshot and keeps it: from the first source that may be asked and gives one, within its least interval and budget. It publishes
// nothing, and does not choose the sources (decision/machine/sources.ts).
import type { CaptureEffect, CaptureFrom } from '../../decision/machine/effect.ts';
import type { ClusterEvent, TriedSource } from '../../decision/machine/event.ts';
import { unusableWords } from '../../decision/machine/sources.ts';
import { assertNever } from '../../lib/assert.ts';
import type { CaptureAttempt } from '../../model/source.ts';
import { type CapturePermit, type CaptureRecord, mayCapture } from '../../snapshot/budget.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { CaptureOptions, CaptureResult, ConfiguredSource } from '../../snapshot/source.ts';
import type { ClusterPorts } from '../cluster/ports.ts';
import { type ClusterRecord, type RecordPorts, readRecord, updateRecord } from '../cluster/record.ts';
import { keepSnapshot, latestSnapshot, pruneSnapshots } from './snapshots.ts';
import { ticketOf } from './ticket.ts';

const hourMs = 3_600_000;
const maxCaptureRecords = 4096;

export type TakeOutcome =
  | {
      readonly status: 'taken' | 'unchanged';
      readonly snapshot: Snapshot;
      readonly source: string;
      readonly tried: readonly TriedSource[];
    }
  | {
      readonly status: 'refused';
      readonly reason: string;
      readonly attempts: readonly CaptureAttempt[];
      readonly tried: readonly TriedSource[];
    }
  | { readonly status: 'asked'; readonly reason: string }
  | { readonly status: 'postponed'; readonly reason: string; readonly waitMs: number };

/** The capture that the machine asked for. */
export async function capture(ports: ClusterPorts, effect: CaptureEffect): Promise<ClusterEvent> {
  // A failback waits for a fresh capture: what it thaws with must not be put off.
  const { phase } = (await readRecord(ports)).record.machine;
  const { inVain } = effect;
  const outcome = await takeSnapshot(ports, effect.from, {
    urgent: effect.final || phase === 'recovering',
    ...(inVain === undefined ? { ticketFor: (from) => ticketOf({ ...effect, from }) } : { inVain: inVain.attempts }),
  });
  switch (outcome.status) {
    case 'taken':
    case 'unchanged': {
      const { snapshot, source, tried } = outcome;
      return { kind: 'captured', effect, snapshot: snapshot.number, source, tried };
    }
    case 'postponed':
      return { kind: 'capture-refused', effect, reason: outcome.reason, postponedMs: outcome.waitMs };
    case 'asked':
      return { kind: 'capture-asked', effect, elsewhere: true };
    case 'refused': {
      const { reason, tried } = outcome;
      return { kind: 'capture-refused', effect, reason, tried, endedLives: inVain?.endedLives ?? 0 };
    }
    default:
      return assertNever(outcome, 'outcome');
  }
}

interface TakeOptions {
  /** No least interval, and the budget's reserve is open. */
  readonly urgent: boolean;
  /** Others may be asked, and answer later, for what is still to be tried. */
  readonly ticketFor?: (from: readonly CaptureFrom[]) => string;
  /** Others were asked for the first of `from`, and tried this in vain: it goes on from here, under the same permit. */
  readonly inVain?: readonly CaptureAttempt[];
  readonly onProgress?: CaptureOptions['onProgress'];
}

/**
 * Captures from the first source of `from` that may be asked now and gives a snapshot, and keeps that. When nothing has changed since the newest
 * kept snapshot, that one is given back as `unchanged` and nothing is stored. A source that was asked and gave nothing makes the outcome
 * `refused`; where all of them have to wait, it is `postponed` until the first may be asked.
 */
export async function takeSnapshot(
  ports: ClusterPorts,
  from: readonly CaptureFrom[],
  options: TakeOptions,
): Promise<TakeOutcome> {
  const { urgent, inVain, ticketFor } = options;
  const attempts: CaptureAttempt[] = [...(inVain ?? [])];
  const tried: TriedSource[] = [];
  let wait: Exclude<CapturePermit, { status: 'allowed' }> | undefined;
  for (const [i, { source: id, places }] of from.entries()) {
    const source = ports.sources.find((one) => one.id === id);
    if (source === undefined) continue;
    const { captures } = (await readRecord(ports)).record;
    // What others tried in vain goes on under the permit that it had: their attempt has just used the reserve.
    const isGoingOn = inVain !== undefined && i === 0;
    const permit = mayCapture(source, captures, ports.clock.now(), { urgent });
    if (!isGoingOn && permit.status !== 'allowed') {
      if (wait === undefined || permit.waitMs < wait.waitMs) wait = permit;
      continue;
    }
    const ticket = ticketFor?.(from.slice(i));
    const result = await captureFrom(ports, source, places, {
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
      ...(ticket === undefined ? {} : { ticket }),
    });
    if (result.status === 'asked') return { status: 'asked', reason: `others were asked, for ${id}` };
    if (result.status === 'captured') return { ...(await keepFresh(ports, result.snapshot)), source: id, tried };
    attempts.push(...result.attempts);
    const last = result.attempts.at(-1) ?? (isGoingOn ? inVain.at(-1) : undefined);
    tried.push({ source: id, kind: last?.kind ?? 'failed' });
  }
  if (wait !== undefined && tried.length === 0)
    return { status: 'postponed', reason: wait.reason, waitMs: wait.waitMs };
  return { status: 'refused', reason: refusalWords(ports, attempts), attempts, tried };
}

/** Asks one source, and notes what that has cost. */
async function captureFrom(
  ports: ClusterPorts,
  { id, source }: ConfiguredSource,
  places: readonly string[],
  options: CaptureOptions,
): Promise<CaptureResult> {
  const startedAt = ports.clock.now();
  const result = await source.capture(places, options);
  const { bytes, requests = 0 } = result;
  // What others do is noted when they answer.
  if (result.status !== 'asked') {
    await updateRecord(ports, (record) => withCost(record, { source: id, at: startedAt, bytes, requests }));
  }
  return result;
}

/** Keeps a fresh snapshot, unless it holds what the newest kept one does. */
export async function keepFresh(
  ports: RecordPorts & { readonly cluster: Pick<ClusterPorts['cluster'], 'id' | 'snapshot'> },
  fresh: Snapshot,
): Promise<{ readonly status: 'taken' | 'unchanged'; readonly snapshot: Snapshot }> {
  const { cluster, store } = ports;
  const { snapshot: latest } = await latestSnapshot(store, cluster.id);
  if (latest !== undefined && holdsTheSame(latest, fresh)) return { status: 'unchanged', snapshot: latest };
  const { record } = await readRecord(ports);
  const snapshot = await keepSnapshot(store, fresh, (record.machine.capture.snapshot ?? 0) + 1);
  await pruneSnapshots(store, cluster.id, cluster.snapshot.keep, liveSnapshots(record));
  return { status: 'taken', snapshot };
}

/** What could not be read counts as well: it decides what may be taken away. */
function holdsTheSame(a: Snapshot, b: Snapshot): boolean {
  return a.digest === b.digest && (a.unread ?? []).join(' ') === (b.unread ?? []).join(' ');
}

function refusalWords({ sources }: ClusterPorts, attempts: readonly CaptureAttempt[]): string {
  return attempts.map(({ place, evidence }) => `${place}: ${evidence}`).join('; ') || unusableWords(sources);
}

/** The same capture is noted once, whoever says it again. */
export function withCost(record: ClusterRecord, made: CaptureRecord): ClusterRecord {
  const isOther = ({ source, at }: CaptureRecord) =>
    at > made.at - hourMs && !(source === made.source && at === made.at);
  return { ...record, captures: [...record.captures.filter(isOther), made].slice(-maxCaptureRecords) };
}

function liveSnapshots(record: {
  readonly machine: { readonly standbys: Readonly<Record<string, { readonly snapshot: number | null }>> };
}): ReadonlySet<number> {
  return new Set(Object.values(record.machine.standbys).map((standby) => standby.snapshot ?? 0));
}

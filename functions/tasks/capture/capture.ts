// Takes a snapshot and keeps it: least interval and byte budget, then the source, then the store. It publishes nothing.
import type { CaptureEffect } from '../../decision/machine/effect.ts';
import type { ClusterEvent } from '../../decision/machine/event.ts';
import { formatEndpoint } from '../../lib/endpoint.ts';
import type { Endpoint } from '../../lib/network.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { type CaptureOptions, type CaptureRecord, type CaptureResult, mayCapture } from '../../snapshot/source.ts';
import type { ClusterPorts } from '../cluster/ports.ts';
import { readRecord, updateRecord } from '../cluster/record.ts';
import { keepSnapshot, latestSnapshot, pruneSnapshots } from './snapshots.ts';

const hourMs = 3_600_000;
const maxCaptureRecords = 4096;

export type TakeOutcome =
  | {
      readonly status: 'taken' | 'unchanged';
      readonly snapshot: Snapshot;
      readonly result: CaptureResult;
    }
  | { readonly status: 'refused'; readonly reason: string; readonly result: CaptureResult }
  | { readonly status: 'postponed'; readonly reason: string; readonly waitMs: number };

/** The capture that the machine asked for. */
export async function capture(ports: ClusterPorts, effect: CaptureEffect): Promise<ClusterEvent> {
  // A failback waits for a fresh capture: what it thaws with must not be put off.
  const { phase } = (await readRecord(ports)).record.machine;
  const outcome = await takeSnapshot(ports, effect.from, { urgent: effect.final || phase === 'recovering' });
  switch (outcome.status) {
    case 'taken':
    case 'unchanged':
      return { kind: 'captured', effect, snapshot: outcome.snapshot.number };
    case 'postponed':
      return { kind: 'capture-refused', effect, reason: outcome.reason, postponedMs: outcome.waitMs };
    case 'refused':
      return { kind: 'capture-refused', effect, reason: outcome.reason };
  }
}

/**
 * Captures from the first good one of `from` (ids like `10.0.0.10:53`) and keeps the result. When nothing has changed since the newest
 * kept snapshot, that one is given back as `unchanged` and nothing is stored. `urgent`: no least interval, the budget's reserve is open.
 */
export async function takeSnapshot(
  ports: ClusterPorts,
  from: readonly string[],
  options: { readonly urgent: boolean; readonly onProgress?: CaptureOptions['onProgress'] },
): Promise<TakeOutcome> {
  const { cluster, clock, store } = ports;
  const { record } = await readRecord(ports);
  const permit = mayCapture(record.captures, clock.now(), cluster.snapshot, { urgent: options.urgent });
  if (permit.status !== 'allowed') return { status: 'postponed', reason: permit.reason, waitMs: permit.waitMs };
  const servers = from.map((id) => serverOf(ports, id)).filter((server) => server !== undefined);
  const startedAt = clock.now();
  const result = await ports.source.capture(servers, {
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  });
  await noteCapture(ports, { at: startedAt, bytes: result.bytes });
  if (result.status === 'refused') return { status: 'refused', reason: refusalWords(result), result };
  const { snapshot: latest } = await latestSnapshot(store, cluster.id);
  if (latest !== undefined && holdsTheSame(latest, result.snapshot)) {
    return { status: 'unchanged', snapshot: latest, result };
  }
  const snapshot = await keepSnapshot(store, result.snapshot, (record.machine.capture.snapshot ?? 0) + 1);
  await pruneSnapshots(store, cluster.id, cluster.snapshot.keep, liveSnapshots(record));
  return { status: 'taken', snapshot, result };
}

/** What could not be read counts as well: it decides what may be taken away. */
function holdsTheSame(a: Snapshot, b: Snapshot): boolean {
  return a.digest === b.digest && (a.unread ?? []).join(' ') === (b.unread ?? []).join(' ');
}

function serverOf(ports: ClusterPorts, id: string): Endpoint | undefined {
  return ports.cluster.dns.servers.find((server) => formatEndpoint(server) === id);
}

function refusalWords(result: Extract<CaptureResult, { status: 'refused' }>): string {
  if (result.attempts.length === 0) return 'no CoreDNS replica is good enough to capture from';
  return result.attempts.map((attempt) => `${attempt.server}: ${attempt.evidence}`).join('; ');
}

async function noteCapture(ports: ClusterPorts, made: CaptureRecord): Promise<void> {
  await updateRecord(ports, (record) => {
    const recent = record.captures.filter((one) => one.at > made.at - hourMs);
    return { ...record, captures: [...recent, made].slice(-maxCaptureRecords) };
  });
}

function liveSnapshots(record: {
  readonly machine: { readonly standbys: Readonly<Record<string, { readonly snapshot: number | null }>> };
}): ReadonlySet<number> {
  return new Set(Object.values(record.machine.standbys).map((standby) => standby.snapshot ?? 0));
}

// What was broken on purpose, and what became of it: when Lifeboat saw it, as what, when somebody was paged and the standby was in force. It
// reads what Lifeboat said and what the pager got, and breaks nothing.
import type { WatchLine, WatchVerdict } from '../processes/lifeboat-process.ts';
import type { PagerDutyReceiver } from '../processes/pagerduty-receiver.ts';

/** Instants are ISO 8601; null where it did not come to that. */
export interface FaultReport {
  readonly name: string;
  readonly faultAt: string;
  /** The first verdict about the target that was not healthy. */
  readonly detectedAt: string | null;
  readonly detectionMs: number | null;
  readonly verdict: string | null;
  readonly reason: string | null;
  /** The first page about it, at the pager. */
  readonly pagedAt: string | null;
  /** The activation that covers it; one that was open before the fault counts. */
  readonly activeAt: string | null;
}

export interface Fault {
  readonly name: string;
  /** The targets whose verdict tells: their keys begin so. */
  readonly target: 'apiserver' | 'dns';
  readonly atMs: number;
  /** Clients of the cluster's own DNS may be affected. */
  readonly isOutage: boolean;
  /** The keys of its page begin so. */
  readonly page: string;
  /** What a verdict is to say; default: that the target is bad. */
  readonly conditions?: readonly string[];
  /** When it was healed, or the next one of this target came: what is seen later is not about it. */
  readonly untilMs?: number;
}

export interface Seen {
  readonly atMs: number;
  readonly verdict: WatchVerdict;
}

/** Unknown is not bad. */
export const bad: readonly string[] = ['degraded', 'stale', 'down'];

/** The first verdict about the fault's target that sees it. */
export function detection(
  { target, atMs, untilMs = Number.POSITIVE_INFINITY, conditions = bad }: Fault,
  lines: readonly WatchLine[],
): Seen | undefined {
  for (const line of lines) {
    if (line.at < atMs || line.at > untilMs) continue;
    const seen = Object.entries(line.verdicts ?? {}).find(
      ([key, { condition }]) => key.startsWith(target) && conditions.includes(condition),
    );
    if (seen !== undefined) return { atMs: line.at, verdict: seen[1] };
  }
  return undefined;
}

/** When the activation began that was in force after the fault. */
export function activationMs(
  { atMs, untilMs = Number.POSITIVE_INFINITY }: Fault,
  lines: readonly WatchLine[],
): number | undefined {
  const phases = lines.filter(({ phase }) => phase !== undefined);
  const before = phases.findLast(({ at }) => at < atMs);
  if (before?.phase === 'active' || before?.phase === 'recovering')
    return phases.findLast(({ phase, at }) => phase === 'active' && at < atMs)?.at;
  return phases.find(({ phase, at }) => phase === 'active' && at >= atMs && at <= untilMs)?.at;
}

/** When the pager got the first trigger about it. */
export function pagedMs(
  { page, atMs, untilMs = Number.POSITIVE_INFINITY }: Fault,
  pager: Pick<PagerDutyReceiver, 'events'>,
): number | undefined {
  return pager.events.find(
    ({ action, dedupKey, receivedAtMs }) =>
      action === 'trigger' && receivedAtMs >= atMs && receivedAtMs <= untilMs && dedupKey.startsWith(page),
  )?.receivedAtMs;
}

export function reportOf(
  fault: Fault,
  lines: readonly WatchLine[],
  pager: Pick<PagerDutyReceiver, 'events'>,
): FaultReport {
  const seen = detection(fault, lines);
  return {
    name: fault.name,
    faultAt: instant(fault.atMs),
    detectedAt: seen === undefined ? null : instant(seen.atMs),
    detectionMs: seen === undefined ? null : seen.atMs - fault.atMs,
    verdict: seen?.verdict.condition ?? null,
    reason: seen?.verdict.words ?? null,
    pagedAt: orNull(pagedMs(fault, pager)),
    activeAt: orNull(activationMs(fault, lines)),
  };
}

function orNull(ms: number | undefined): string | null {
  return ms === undefined ? null : instant(ms);
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

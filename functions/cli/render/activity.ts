// What the watch does, one line at a time, for people; and one JSON object a line, for machines. Pure.
import { noticeOf } from '../../alerts/catalogue/notice.ts';
import type { ClusterEvent } from '../../decision/machine/event.ts';
import { assertNever } from '../../lib/assert.ts';
import type { Activity } from '../../tasks/loop/dispatch.ts';
import type { Work } from '../../tasks/loop/execute.ts';

/** The lines for a person; none for what is not worth one (a calm round). */
export function activityLines(activity: Activity): readonly string[] {
  switch (activity.kind) {
    case 'stepped': {
      const { before, after, effects } = activity;
      const lines: string[] = [];
      if (before.phase !== after.phase) lines.push(`${before.phase} -> ${after.phase}: ${after.reason}`);
      for (const effect of effects) {
        if (effect.kind !== 'page' && effect.kind !== 'resolve') continue;
        const { severity, summary } = noticeOf(effect.telling);
        lines.push(effect.kind === 'page' ? `page (${severity}): ${summary}` : `resolved: ${summary}`);
      }
      return lines;
    }
    case 'started':
      return [];
    case 'finished':
      return [`${workWords(activity.work)}: ${outcomeWords(activity.outcome)} (${activity.tookMs} ms)`];
    default:
      return assertNever(activity, 'activity');
  }
}

/** The JSON object of `watch --json`; undefined for what would only repeat another one. */
export function activityObject(activity: Activity, at: number): object | undefined {
  switch (activity.kind) {
    case 'stepped': {
      const { event, before, after, effects } = activity;
      const pages = effects.flatMap((effect) =>
        effect.kind === 'page' || effect.kind === 'resolve' ? [{ kind: effect.kind, ...noticeOf(effect.telling) }] : [],
      );
      const verdicts = Object.fromEntries(
        Object.entries(after.verdicts)
          .filter(([key, verdict]) => before.verdicts[key]?.condition !== verdict.condition)
          .map(([key, { condition, reason, words, evidence }]) => [key, { condition, reason, words, evidence }]),
      );
      const changed =
        before.phase !== after.phase
          ? { from: before.phase, phase: after.phase, cause: after.cause, reason: after.reason }
          : {};
      if (pages.length === 0 && Object.keys(verdicts).length === 0 && Object.keys(changed).length === 0)
        return undefined;
      return {
        at,
        event: event.kind,
        ...changed,
        ...(Object.keys(verdicts).length > 0 ? { verdicts } : {}),
        ...(pages.length > 0 ? { pages } : {}),
      };
    }
    case 'started':
      return undefined;
    case 'finished':
      return { at, work: activity.work, outcome: withoutEffect(activity.outcome), tookMs: activity.tookMs };
    default:
      return assertNever(activity, 'activity');
  }
}

function withoutEffect(outcome: ClusterEvent): object {
  return 'effect' in outcome ? { ...outcome, effect: undefined } : outcome;
}

function workWords(work: Work): string {
  switch (work.kind) {
    case 'capture':
      return work.final ? 'last capture' : 'capture';
    case 'publish':
      if (work.intent.kind === 'activate' && work.read === 'zone')
        return `read ${work.standby} whole, for snapshot ${work.snapshot}`;
      return `publish snapshot ${work.snapshot} to ${work.standby}${work.intent.kind === 'publish' ? '' : ` (${work.intent.kind})`}`;
    case 'freeze':
      return `freeze ${work.standby}`;
    default:
      return assertNever(work, 'work');
  }
}

function outcomeWords(outcome: ClusterEvent): string {
  switch (outcome.kind) {
    case 'captured':
      return `snapshot ${outcome.snapshot}`;
    case 'capture-asked':
      return 'asked of a vantage';
    case 'published':
      return outcome.heldDeletes === 0 ? 'done' : `done, ${outcome.heldDeletes} changes held back`;
    case 'frozen':
      return 'done';
    case 'capture-refused':
    case 'freeze-failed':
      return outcome.reason;
    case 'publish-failed':
      return `${outcome.status}: ${outcome.reason}`;
    default:
      return outcome.kind;
  }
}
